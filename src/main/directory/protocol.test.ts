import { readFileSync } from 'node:fs'
import { encode } from '@ipld/dag-cbor'
import fc from 'fast-check'
import { toString as toText } from 'uint8arrays/to-string'
import { describe, expect, it } from 'vitest'
import type { z } from 'zod'
import { errorCatalogue } from '../../shared/errors.ts'
import { workerRecordSchema } from '../../shared/schema/worker.ts'
import {
  decodeNeighboursAnswer,
  decodeNeighboursAsk,
  neighbourSchema,
  neighboursAnswerSchema,
  neighboursAskSchema,
} from '../dht/neighbours-frames.ts'
import { decodeMembershipAnswer, decodeMembershipAsk } from '../membership/membership-frames.ts'
import {
  answerFrameSchema,
  closerPeerSchema,
  decodeAnswer,
  decodeRequest,
  findFilterSchema,
  maxFrameBytes,
  requestFrameSchema,
} from './frames.ts'
import { decodeHello, decodeHelloAnswer, helloAnswerSchema, helloSchema } from './hello-frames.ts'
import { maxRecordBytes } from './record.ts'
import { refusalReasons } from './refusal.ts'
import { maxRenewalBytes, readRenewal } from './renewal.ts'
import { Cddl } from './test-cddl.ts'

const document = readFileSync(new URL('../../../docs/protocol.md', import.meta.url), 'utf8')
const grammar = new Cddl([...document.matchAll(/```cddl\n([\s\S]*?)```/g)].map(block => block[1]).join('\n'))

/** Values of rules that say less in CDDL than in the code: a URL has to be one, for instance. */
const made = {
  'tunnel-url': fc.webUrl({ validSchemes: ['https', 'wss'], size: '-1' }).filter(url => url.length <= 256),
  'peer-id': fc
    .uint8Array({ minLength: 32, maxLength: 32 })
    .map(key => toText(Uint8Array.from([0x00, 0x24, 0x08, 0x01, 0x12, 0x20, ...key]), 'base58btc')),
  location: fc.constantFrom('london', 'eu-west-2', '7'),
  roles: fc.subarray(['donor', 'requester', 'coordinator', 'trusted'], { minLength: 1 }),
  'raw-key': fc.uint8Array({ minLength: 32, maxLength: 32 }).map(key => toText(key, 'base64url')),
}

/** Each message: its rule, and the code that reads it, which throws for what it does not take. */
const messages: [string, (value: unknown) => unknown][] = [
  ['request', value => decodeRequest(encode(value))],
  ['answer', value => decodeAnswer(encode(value))],
  ['hello', value => decodeHello(encode(value))],
  ['hello-answer', value => decodeHelloAnswer(encode(value))],
  ['membership-ask', value => decodeMembershipAsk(encode(value))],
  ['membership-answer', value => decodeMembershipAnswer(encode(value))],
  ['neighbours-ask', value => decodeNeighboursAsk(encode(value))],
  ['neighbours-answer', value => decodeNeighboursAnswer(encode(value))],
  ['renewal', value => readRenewal(encode(value))],
  ['worker-record', value => workerRecordSchema.parse(value)],
]

function accepts(read: (value: unknown) => unknown, value: unknown): boolean {
  try {
    read(value)
    return true
  } catch {
    return false
  }
}

const anything = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    -1,
    0,
    1,
    0.5,
    1.5,
    2 ** 32,
    2 ** 53 - 1,
    '',
    'x',
    'left',
    'paused',
    'service:ocr',
  ),
  fc.integer(),
  fc.string({ maxLength: 300 }),
  fc.uint8Array({ maxLength: 300 }),
  fc.array(fc.constantFrom<unknown>(0, 'ocr', null), { maxLength: 80 }),
  fc.constant({}),
)

/** Where a value can be changed: the path of each field and element in it. */
function placesIn(value: unknown): (string | number)[][] {
  if (Array.isArray(value))
    return value.flatMap((item, index) => [[index], ...placesIn(item).map(path => [index, ...path])])
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return []
  return Object.entries(value).flatMap(([key, item]) => [[key], ...placesIn(item).map(path => [key, ...path])])
}

function changed(value: unknown, [place, ...rest]: (string | number)[], change: Change): unknown {
  if (place === undefined) return value
  const copy: Record<string | number, unknown> = structuredClone(value) as Record<string, unknown>
  if (rest.length > 0) copy[place] = changed(copy[place], rest, change)
  else if (change.kind === 'replace') copy[place] = change.by
  else if (Array.isArray(copy)) copy.splice(Number(place), 1)
  else delete copy[place]
  return copy
}

type Change = { kind: 'replace'; by: unknown } | { kind: 'remove' }
const anyChange: fc.Arbitrary<Change> = fc.oneof(
  { weight: 3, arbitrary: anything.map(by => ({ kind: 'replace' as const, by })) },
  fc.constant({ kind: 'remove' as const }),
)

describe('docs/protocol.md', () => {
  it('defines every rule once and uses each', () => {
    for (const name of grammar.ruleNames) expect(document.split(new RegExp(`\\b${name}\\b`)).length).toBeGreaterThan(2)
  })

  it.each(messages)('%s: all that the grammar allows is read', (rule, read) => {
    fc.assert(
      fc.property(grammar.valuesOf(rule, made), value => {
        expect(grammar.allows(rule, value)).toBe(true)
        read(value)
      }),
      { numRuns: 300 },
    )
  })

  it.each(messages)('%s: what is changed is read where the grammar allows it, and only there', (rule, read) => {
    let refused = 0
    fc.assert(
      fc.property(grammar.valuesOf(rule, made), fc.nat(), anyChange, (value, seed, change) => {
        const places = placesIn(value)
        const place = places[seed % places.length]
        fc.pre(place !== undefined)
        const other = changed(value, place, change)
        const allowed = grammar.allows(rule, other)
        if (!allowed) refused++
        expect(accepts(read, other), JSON.stringify({ other, allowed })).toBe(allowed)
      }),
      { numRuns: 1_500 },
    )
    expect(refused).toBeGreaterThan(100)
  })

  it.each([...messages.slice(0, 6)])('%s: fields it does not know are ignored', (rule, read) => {
    fc.assert(
      fc.property(grammar.valuesOf(rule, made), value => {
        expect(read({ ...(value as object), newer: [1] })).toEqual(read(value))
      }),
      { numRuns: 50 },
    )
  })

  it('names the fields that the code has, and no others', () => {
    const frames = [...requestFrameSchema.options, ...answerFrameSchema.options]
    for (const schema of frames) {
      const [kind = ''] = schema.shape.kind.values
      expect(grammar.fieldsOf(kind).sort()).toEqual(Object.keys(schema.shape).sort())
    }
    const others: [string, z.ZodObject][] = [
      ['hello', helloSchema],
      ['hello-answer', helloAnswerSchema],
      ['neighbours-ask', neighboursAskSchema],
      ['neighbours-answer', neighboursAnswerSchema],
      ['neighbour', neighbourSchema],
      ['find-filter', findFilterSchema],
      ['closer-peer', closerPeerSchema],
      ['worker-record', workerRecordSchema],
      ['capabilities', workerRecordSchema.shape.capabilities],
      ['queue', workerRecordSchema.shape.queue],
      ['gpu', workerRecordSchema.shape.capabilities.shape.gpus.element],
    ]
    for (const [rule, schema] of others) expect(grammar.fieldsOf(rule).sort()).toEqual(Object.keys(schema.shape).sort())
    expect(frames).toHaveLength(Object.keys(maxFrameBytes).length)
  })

  it('has the sizes of the code', () => {
    const sizes = [...document.matchAll(/^\| ([a-z]+) +\| (\d+) +\|$/gm)].map(([, kind, bytes]) => [
      kind,
      Number(bytes),
    ])
    expect(Object.fromEntries(sizes)).toEqual(maxFrameBytes)
    const bytes = (length: number) => new Uint8Array(length)
    for (const [rule, max] of [
      ['sealed-record', maxRecordBytes],
      ['sealed-renewal', maxRenewalBytes],
    ] as const) {
      expect(grammar.allows(rule, bytes(max))).toBe(true)
      expect(grammar.allows(rule, bytes(max + 1))).toBe(false)
    }
  })

  it('allows every reason and error code there is', () => {
    const error = { kind: 'error', id: 1, message: '' }
    for (const code of Object.keys(errorCatalogue)) expect(grammar.allows('error', { ...error, code })).toBe(true)
    for (const reason of refusalReasons)
      expect(grammar.allows('error', { ...error, code: 'RECORD_REFUSED', reason })).toBe(true)
  })
})
