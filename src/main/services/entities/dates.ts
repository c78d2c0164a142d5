import { type Entity, entityAt, sure } from './entity.ts'

const monthNames = [
  'january',
  'february',
  'march',
  'april',
  'may',
  'june',
  'july',
  'august',
  'september',
  'october',
  'november',
  'december',
]
const longestMonth = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

const month =
  '(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)(?![\\p{L}\\d])\\.?'
const weekday = '(?:(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|Mon|Tue|Wed|Thu|Fri|Sat|Sun)'
const before = String.raw`(?<![\p{L}\d/.£-])`
const day = String.raw`(\d{1,2})(?:st|nd|rd|th)?`

const spelled = new RegExp(
  String.raw`${before}(?:${weekday},? (?:the )?)?(?:${day}(?: ?[-–] ?| (?:and|to) ))?${day}(?: of)? (${month})(?:,? ([12]\d{3})(?!\d))?`,
  'giu',
)
const american = new RegExp(String.raw`${before}(${month}) ${day}, ([12]\d{3})(?!\d)`, 'giu')
const monthOfYear = new RegExp(
  String.raw`${before}(?<!\d(?:st|nd|rd|th)?(?: of)? )(${month})(?: of)?,? ([12]\d{3})(?!\d)`,
  'giu',
)
const numeric =
  /(?<![\p{L}\d/.£-])(?:(\d{4})-(\d{2})-(\d{2})|(\d{1,2})([/.-])(\d{1,2})\5(\d{4}|\d{2}))(?![\p{L}\d/-]|\.\d)/gu
const monthAlone = new RegExp(
  String.raw`(?<=(?<!\p{L})(?:in|since|until|till|by|before|after|from|during|last|next|this|of|to) )(${month})`,
  'gu',
)
const yearAlone =
  /(?<=(?<!\p{L})(?:[Ii]n|[Ss]ince|[Uu]ntil|[Bb]efore|[Aa]fter|[Ff]rom|[Dd]uring) )(?:19|20)\d\d(?![\d\p{L}/,-])/gu
const weekdayAlone =
  /(?<=(?<!\p{L})(?:on|by|until|before|last|next|this|every) )(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day(?![\p{L}\d])/gu

/**
 * Dates. The value is ISO 8601, as far as the text says: `2026-03-14`, `2026-03`, `2019`; `--03-14` and `--03` where the
 * year is missing; two of them with a slash for a range; a day of the week by its name. Days come before months, as is
 * usual in the United Kingdom. What no calendar has, such as 31 June, is no date.
 */
export function findDates(text: string): Entity[] {
  return [
    ...each(text, spelled, ([, first, last = '', name = '', year]) => {
      const end = isoDate(year, monthOf(name), Number(last))
      const start = first === undefined ? undefined : isoDate(year, monthOf(name), Number(first))
      return first === undefined || end === undefined ? end : start && `${start}/${end}`
    }),
    ...each(text, american, ([, name = '', number = '', year]) => isoDate(year, monthOf(name), Number(number))),
    ...each(text, monthOfYear, ([, name = '', year]) => `${year}-${two(monthOf(name))}`),
    ...each(text, numeric, ([, year, isoMonth, isoDay, first, , second, last = '']) =>
      year === undefined
        ? isoDate(last.length === 2 ? century(last) : last, Number(second), Number(first))
        : isoDate(year, Number(isoMonth), Number(isoDay)),
    ),
    ...each(text, monthAlone, ([, name = '']) => `--${two(monthOf(name))}`, sure.listed),
    ...each(text, yearAlone, ([year]) => year, sure.listed),
    ...each(text, weekdayAlone, ([name]) => name, sure.listed),
  ]
}

type ValueOf = (match: RegExpMatchArray) => string | undefined

function each(text: string, pattern: RegExp, isoOf: ValueOf, confidence: number = sure.formed): Entity[] {
  return [...text.matchAll(pattern)].flatMap(match => {
    const value = isoOf(match)
    return value === undefined ? [] : [entityAt('date', match.index, match[0].replace(/\.$/, ''), value, confidence)]
  })
}

/** 1 to 12. */
function monthOf(name: string): number {
  const start = name.slice(0, 3).toLowerCase()
  return monthNames.findIndex(full => full.startsWith(start)) + 1
}

/** Two digits mean the years up to ten from 2026 on, and those before. */
function century(digits: string): string {
  return `${Number(digits) <= 36 ? '20' : '19'}${digits}`
}

function isoDate(year: string | undefined, month: number, day: number): string | undefined {
  const longest = longestMonth[month - 1]
  if (longest === undefined || day < 1 || day > longest) return undefined
  if (month === 2 && day === 29 && year !== undefined && !isLeap(Number(year))) return undefined
  return `${year ?? '-'}-${two(month)}-${two(day)}`
}

function isLeap(year: number): boolean {
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
}

function two(value: number): string {
  return String(value).padStart(2, '0')
}
