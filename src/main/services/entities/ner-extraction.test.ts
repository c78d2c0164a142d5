import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { entityAnswerSchema } from '../../../shared/schema/entity.ts'
import { MiB } from '../../../shared/units.ts'
import { engineEntries } from '../engine-launcher.ts'
import type { ServiceHost } from '../service-host.ts'
import { failureOf, requestFor, testHost, textOf } from '../testing/test-host.ts'
import { nerExtraction } from './ner-extraction.ts'
import { labelledLetters } from './testing/labelled-letters.ts'

let host: ServiceHost
beforeAll(() => {
  const entries = engineEntries(import.meta.url, new URL('../engine-launcher.ts', import.meta.url).href)
  host = testHost({ entries, definitions: [nerExtraction], services: { 'ner-extraction': { enabled: true } } })
})
afterAll(() => host.stop())

const ask = (body: string | Uint8Array, contentType = 'text/plain; charset=utf-8') =>
  host.run(requestFor(body, { service: 'ner-extraction', contentType }))

async function entitiesOf(body: string, contentType?: string) {
  const answer = await ask(body, contentType)
  expect(answer.contentType).toBe('application/json')
  return entityAnswerSchema.parse(JSON.parse(await textOf(answer))).entities
}

const letter = 'Dear Ms Whitfield, please pay £35 by 1 May 2026.'
const expected = [
  { type: 'person', text: 'Whitfield', start: 8, end: 17, value: 'Whitfield' },
  { type: 'money', text: '£35', start: 30, end: 33, value: 'GBP 35.00' },
  { type: 'date', text: '1 May 2026', start: 37, end: 47, value: '2026-05-01' },
]

describe('ner-extraction', () => {
  it('finds the entities of plain text, and of text in JSON', async () => {
    expect(await entitiesOf(letter)).toMatchObject(expected)
    expect(await entitiesOf(JSON.stringify({ text: letter }), 'application/json')).toMatchObject(expected)
  })

  it('answers with an empty list where there are none', async () => {
    expect(await entitiesOf('nothing to see here')).toEqual([])
  })

  it('reads a document of the largest size, and goes on with the next', async () => {
    const letters = labelledLetters('a').map(({ text }) => text)
    const text = letters
      .join('\n')
      .repeat(80)
      .slice(0, MiB - 10_000)
    expect((await entitiesOf(text)).length).toBeGreaterThan(10_000)
    expect(await entitiesOf(letter)).toHaveLength(3)
  })

  it.each([
    ['bytes that are no UTF-8', new Uint8Array([0x41, 0xff, 0xfe]), 'text/plain', 'BAD_INPUT'],
    ['JSON of another form', '{"document": "x"}', 'application/json', 'BAD_INPUT'],
    ['a megabyte of nested brackets', '['.repeat(MiB), 'application/json', 'BAD_INPUT'],
    ['more than a megabyte', 'a'.repeat(MiB + 1), 'text/plain', 'TOO_LARGE'],
    ['a picture', new Uint8Array([1]), 'image/png', 'UNSUPPORTED_TYPE'],
  ])('refuses %s', async (_, body, contentType, code) => {
    expect(await failureOf(ask(body, contentType))).toMatchObject({ code })
  })
})
