import { parsePhoneNumberFromString } from 'libphonenumber-js/min'
import { type Entity, entityAt, sure } from './entity.ts'

// Bounded throughout: each place in the text is tried once, and gives up after so many characters.
const email =
  /(?<![\w.!#$%&'*+/=?^`{|}~@-])[a-z0-9][a-z0-9._%+'-]{0,63}@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.){1,8}[a-z]{2,24}(?![\w-]|\.\w|@)/gi
const dialled = /(?<![\p{L}\d£€$/.,:+-])(?:\+|\(\+?|00)?\(?\d[\d ().\u00a0-]{7,18}\d(?![\p{L}\d/]|[.,:-]\d)/gu
const fewestDigits = 10

/** E-mail addresses; the value is in lower case. */
export function findEmails(text: string): Entity[] {
  return [...text.matchAll(email)].map(match =>
    entityAt('email', match.index, match[0], match[0].toLowerCase(), sure.formed),
  )
}

/**
 * Phone numbers that could be dialled, those of the United Kingdom also in their national form; the value is E.164, as in
 * `+441134960182`.
 */
export function findPhones(text: string): Entity[] {
  return [...text.matchAll(dialled)].flatMap(match => {
    const [found] = match
    if (!/^[(+0]/.test(found) || found.replaceAll(/\D/g, '').length < fewestDigits) return []
    const number = parsePhoneNumberFromString(found, 'GB')
    if (!number?.isPossible()) return []
    return [entityAt('phone', match.index, found, number.number, number.isValid() ? sure.checked : sure.listed)]
  })
}
