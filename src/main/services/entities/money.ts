import { type Entity, entityAt, sure } from './entity.ts'

const currencies: Readonly<Record<string, string>> = { '£': 'GBP', '€': 'EUR', $: 'USD' }
const multiples: Readonly<Record<string, number>> = { k: 1e3, m: 1e6, million: 1e6, bn: 1e9, billion: 1e9 }

const number = String.raw`\d{1,3}(?:,\d{3}){1,5}(?:\.\d{1,2})?|\d{1,12}(?:\.\d{1,2})?`
const withSign = new RegExp(
  String.raw`(?<![\p{L}\d])(GBP|EUR|USD|[£€$]) ?(${number})(?![\d])(?: ?(k|m|bn|million|billion)(?![\p{L}]))?`,
  'gu',
)
const inWords = new RegExp(String.raw`(?<![\p{L}\d.,£€$])(${number}) (pounds|euros|dollars)(?!\p{L})`, 'gu')
const pence = /(?<![\p{L}\d.,£€$])(\d{1,3})p(?![\p{L}\d])/gu
const spoken: Readonly<Record<string, string>> = { pounds: 'GBP', euros: 'EUR', dollars: 'USD' }

/** Amounts of money; the value is the ISO 4217 currency and the amount with its decimals, as in `GBP 1482.50`. */
export function findMoney(text: string): Entity[] {
  return [
    ...[...text.matchAll(withSign)].map(match => {
      const [found, sign = '', amount = '', multiple] = match
      const value = amountOf(amount) * (multiples[multiple ?? ''] ?? 1)
      return entityAt('money', match.index, found, inCurrency(currencies[sign] ?? sign, value), sure.formed)
    }),
    ...[...text.matchAll(inWords)].map(match => {
      const [found, amount = '', currency = ''] = match
      return entityAt('money', match.index, found, inCurrency(spoken[currency] ?? '', amountOf(amount)), sure.formed)
    }),
    ...[...text.matchAll(pence)].map(match => {
      const [found, amount = ''] = match
      return entityAt('money', match.index, found, inCurrency('GBP', Number(amount) / 100), sure.named)
    }),
  ]
}

function amountOf(digits: string): number {
  return Number(digits.replaceAll(',', ''))
}

function inCurrency(currency: string, amount: number): string {
  return `${currency} ${amount.toFixed(2)}`
}
