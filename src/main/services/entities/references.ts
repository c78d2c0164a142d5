import { type Entity, entityAt, sure } from './entity.ts'

/** HMRC's manual NIM39110: two letters, six digits, A to D; some letters and pairs were never given out. */
const nationalInsurance =
  /(?<![A-Za-z0-9])(?!BG|GB|KN|NK|NT|TN|ZZ)([A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z])[ -]?(\d\d)[ -]?(\d\d)[ -]?(\d\d)[ -]?([A-D])(?![A-Za-z0-9])/g

/** A sort code in its written form or after its name, and not far behind it the account's eight digits. */
const bankAccount =
  /(?<![\d-])(?:(\d\d)([ –-])(\d\d)\2(\d\d)|(?<=[Ss]ort [Cc]ode:? )(\d{6}))(?![\d-])(\D{1,60})(\d{8}|\d{4} \d{4})(?![\d-])/gu

const gap = String.raw`(?:[ :.,#]|is|was|number|no|ref|reference|account|under|=|\n){1,12}`
const councilTax = new RegExp(
  String.raw`(?<!\p{L})(?:council tax|account|reference for council tax)(?: account)?(?: (?:reference|ref|number|no)\.?)*${gap}(\d[\d-]{5,13}[A-Z]?\d?)(?![\p{L}\d])`,
  'giu',
)
const aboutCouncilTax = /council tax/iu
/** What a council's arrears of it are collected by: rent is not. */
const collected = /(?<!\p{L})(?:bailiffs?|enforcement agents?|liability order)(?!\p{L})/iu
const aboutCouncil = /(?<!\p{L})council(?!\p{L})/iu

/** Neutral citations, and the forms of the courts and tribunals of England, Wales and Scotland. */
const citation =
  /\[(?:19|20)\d\d\] (?:UKSC|UKPC|UKUT|UKFTT|EWCA|EWHC|EWFC|EWCOP|EAT|CSIH|CSOH|NICA)(?: (?:Civ|Crim))? \d{1,5}(?: \([A-Za-z]{2,8}\))?/g
const tribunal =
  /(?<![\w/])(?:[A-Z]{1,2}\/\d{4,7}\/\d{4}|[A-Z]{2}\d{3}\/\d\d\/\d{4,6}|(?:S\/)?\d{6,7}\/(?:19|20)\d\d|[A-Z]{2}-(?:19|20)\d\d-\d{6})(?![\w/])/g
const afterItsName =
  /(?<!\p{L})(?:claim|case|court|tribunal|appeal|URN|ref|reference)(?: (?:number|no|reference|ref)\b)?[.:]{0,2}(?: is)? {1,2}((?=[A-Z0-9/-]{0,7}\d)[A-Z0-9][A-Z0-9/-]{5,18}[A-Z0-9])(?![\p{L}\d/])/giu

/** A form that only courts use: letters among the digits. */
const courtForm =
  /^(?:[A-Z]\d{2}[A-Z]{2}\d{3}|[A-Z]\d[A-Z]{2}\d{4}|[A-Z]\d{2}[A-Z]{2}\d{3,4}|[A-Z]{2}\d{2}[A-Z]\d{5}|\d{2}[A-Z]{2}\d{7}|[ATSU]20\d{6})$/

/** National Insurance numbers; the value is written as on a payslip, `AB 12 34 56 C`. */
export function findNationalInsurance(text: string): Entity[] {
  return [...text.matchAll(nationalInsurance)].map(match =>
    entityAt('national-insurance-number', match.index, match[0], match.slice(1).join(' '), sure.checked),
  )
}

/** Sort codes with account numbers; the value is `12-34-56 12345678`. */
export function findBankAccounts(text: string): Entity[] {
  return [...text.matchAll(bankAccount)].map(match => {
    const [found, first, , second, third, plain = '', , account = ''] = match
    const sortCode = first === undefined ? plain.match(/../g)?.join('-') : `${first}-${second}-${third}`
    return entityAt('bank-account', match.index, found, `${sortCode} ${account.replace(' ', '')}`, sure.formed)
  })
}

/** Accounts of council tax, by the words before them; the value is without separators. */
export function findCouncilTaxReferences(text: string): Entity[] {
  if (!aboutCouncilTax.test(text) && !(aboutCouncil.test(text) && collected.test(text))) return []
  return [...text.matchAll(councilTax)].flatMap(match => {
    const [found, reference = ''] = match
    const value = reference.replaceAll('-', '')
    if (value.length < 6) return []
    return [
      entityAt('council-tax-reference', match.index + found.length - reference.length, reference, value, sure.named),
    ]
  })
}

/** Claim, case and appeal numbers, and neutral citations; the value is as written. */
export function findCourtReferences(text: string): Entity[] {
  const formed = [citation, tribunal].flatMap(pattern =>
    [...text.matchAll(pattern)].map(match => entityAt('court-reference', match.index, match[0], match[0], sure.formed)),
  )
  const named = [...text.matchAll(afterItsName)].flatMap(match => {
    const [found, reference = ''] = match
    if (!courtForm.test(reference)) return []
    return [
      entityAt('court-reference', match.index + found.length - reference.length, reference, reference, sure.formed),
    ]
  })
  return [...formed, ...named]
}
