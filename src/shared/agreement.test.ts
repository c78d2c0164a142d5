import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { agree, inCommon, isComparable } from './agreement.ts'

const page = (text: string) => ({
  contentType: 'application/json',
  text: JSON.stringify({ text, confidence: 0.9, pages: [{ text, words: [] }], milliseconds: 12 }),
})
const entity = (type: string, value: string) => ({ type, text: value, value, start: 0, end: 1, confidence: 1 })
const entities = (...list: object[]) => ({
  contentType: 'application/json; charset=utf-8',
  text: JSON.stringify({ entities: list }),
})
const letter = 'Dear Ms Whitfield, your appointment at the Leeds office is on Tuesday 4 June at half past nine.'

describe('two answers of ocr', () => {
  it('agree where one machine read a word or the line breaks otherwise', () => {
    expect(agree('ocr', page(letter), page(letter.replace('Whitfield', 'Whitfie1d').replaceAll(', ', ',\n')))).toBe(
      true,
    )
    expect(agree('ocr', page(''), page(' .\n'))).toBe(true)
  })

  it('differ where one was made up, is empty, or is none', () => {
    expect(agree('ocr', page(letter), page('Nothing of the kind was ever written there by anybody at all.'))).toBe(
      false,
    )
    expect(agree('ocr', page(letter), page(''))).toBe(false)
    expect(agree('ocr', page(letter), { contentType: 'application/json', text: '{"ok":true}' })).toBe(false)
  })

  it('are compared as plain text too, and not in forms that nobody compares', () => {
    const plain = { contentType: 'text/plain; charset=utf-8', text: letter }
    expect(agree('ocr', plain, plain)).toBe(true)
    expect(isComparable('ocr', 'application/json')).toBe(true)
    expect(isComparable('ocr', 'application/x-ndjson')).toBe(false)
    expect(isComparable('llm-inference', 'application/json')).toBe(false)
  })
})

it('two answers of ner-extraction agree where most of what they found is the same', () => {
  const found = [entity('person', 'Mary Jones'), entity('place', 'London'), entity('date', '2026-06-04')]
  expect(agree('ner-extraction', entities(...found), entities(...found.slice(0, 2)))).toBe(true)
  expect(agree('ner-extraction', entities(...found), entities())).toBe(false)
  expect(agree('ner-extraction', entities(), entities())).toBe(true)
})

it('what two have in common is the same from either side, all of it for equals, and from 0 to 1', () => {
  const items = fc.array(fc.constantFrom('a', 'b', 'c', 'd'))
  fc.assert(
    fc.property(items, items, (a, b) => {
      expect(inCommon(a, b)).toBe(inCommon(b, a))
      expect(inCommon(a, a.toReversed())).toBe(1)
      expect(inCommon(a, b)).toBeGreaterThanOrEqual(0)
      expect(inCommon(a, b)).toBeLessThanOrEqual(1)
    }),
  )
})

it('whatever a worker answers can be compared', () => {
  fc.assert(
    fc.property(fc.string(), fc.json(), (a, b) => {
      const [one, other] = [a, b].map(text => ({ contentType: 'application/json', text }))
      if (one !== undefined && other !== undefined) agree('ocr', one, other)
    }),
  )
})
