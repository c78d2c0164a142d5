import { expect, it } from 'vitest'
import { type LanguageChoice, pickLocale } from './language.ts'

it.each<[LanguageChoice, string[], string]>([
  ['system', ['en-US', 'de'], 'en-US'],
  ['system', ['fr-CH', 'de-CH', 'en-US'], 'de-CH'],
  ['system', ['fr'], 'en-GB'],
  ['system', [], 'en-GB'],
  ['system', ['den-CA', 'deu'], 'en-GB'],
  ['de', ['en-US', 'en'], 'de-DE'],
  ['de', ['en-US', 'de-AT'], 'de-AT'],
  ['en', ['de-DE', 'en-AU'], 'en-AU'],
])('a reader who chose %s and whose system speaks %j is spoken to in %s', (choice, preferred, locale) => {
  expect(pickLocale(choice, preferred)).toBe(locale)
})
