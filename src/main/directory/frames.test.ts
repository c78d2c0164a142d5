import { encode } from '@ipld/dag-cbor'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RmaError } from '../../shared/errors.ts'
import { oddAddresses } from '../dht/test-odd-host.ts'
import {
  type AnswerFrame,
  decodeAnswer,
  decodeRequest,
  encodeFrame,
  errorFrame,
  errorOf,
  maxAnswerFrameBytes,
  maxFrameBytes,
  maxRequestFrameBytes,
  type RequestFrame,
} from './frames.ts'
import { decodeHello, decodeHelloAnswer, encodeHello, maxHelloBytes } from './hello-frames.ts'
import { coordinatorKey, coordinatorsKey, serviceKey, workerKey } from './keys.ts'
import { maxRecordBytes } from './record.ts'
import { refused } from './refusal.ts'
import { maxRenewalBytes } from './renewal.ts'
import { refusalOf, testNow } from './test-records.ts'

const bytes = (length: number) => new Uint8Array(length).fill(7)
const requests: RequestFrame[] = [
  { kind: 'announce', id: 1, record: bytes(500), keys: ['service:ocr', 'coordinators'] },
  { kind: 'renew', id: 2 ** 32 - 1, renewal: bytes(150) },
  { kind: 'find', id: 0, key: 'service:ocr', limit: 50 },
  {
    kind: 'find',
    id: 3,
    key: 'service:ocr',
    limit: 1,
    filter: { states: ['donating'], gpu: true, location: 'london', model: 'llava:7b', languages: ['deu'] },
    known: [['abcdefghijkl', testNow]],
  },
]
const answers: AnswerFrame[] = [
  { kind: 'ok', id: 1 },
  { kind: 'ok', id: 1, declined: [{ key: 'service:ocr', code: 'QUOTA_EXCEEDED' }] },
  { kind: 'stale', id: 2, record: bytes(500), renewal: bytes(150) },
  { kind: 'found', id: 3, records: [bytes(500)], renewals: [bytes(150)], kept: [0, 511], total: 3 },
  { kind: 'found', id: 3, records: [], renewals: [], kept: [], total: 0, certificates: ['a.b.c'] },
  { kind: 'error', id: 4, code: 'RECORD_REFUSED', message: 'no', reason: 'expired' },
]

describe('frames', () => {
  it.each(requests)('of a request are read back as they were: $kind', frame => {
    expect(decodeRequest(encodeFrame(frame))).toEqual(frame)
  })

  it.each(answers)('of an answer are read back as they were: $kind', frame => {
    expect(decodeAnswer(encodeFrame(frame))).toEqual(frame)
  })

  it.each([
    serviceKey('x'.repeat(32)),
    serviceKey('ner-extraction'),
    workerKey('1'.repeat(62)),
    coordinatorKey('1'.repeat(62)),
    coordinatorsKey(),
    coordinatorsKey('x'.repeat(32)),
  ])('carry the key %s', key => {
    const find: RequestFrame = { kind: 'find', id: 0, key, limit: 50 }
    expect(decodeRequest(encodeFrame(find))).toEqual(find)
  })

  it('have room for the most that may travel', () => {
    const keys = Array.from({ length: 68 }, () => coordinatorKey('1'.repeat(62)))
    const known = Array.from({ length: 512 }, (): [string, number] => ['abcdefghijkl', Number.MAX_SAFE_INTEGER])
    const largest: RequestFrame[] = [
      { kind: 'announce', id: 2 ** 32 - 1, record: bytes(maxRecordBytes), keys },
      { kind: 'renew', id: 2 ** 32 - 1, renewal: bytes(maxRenewalBytes) },
      {
        kind: 'find',
        id: 2 ** 32 - 1,
        key: coordinatorKey('1'.repeat(62)),
        limit: 256,
        filter: {
          states: ['donating', 'paused', 'draining'],
          gpu: true,
          location: 'x'.repeat(32),
          model: 'x'.repeat(96),
          languages: Array.from({ length: 6 }, () => 'chi_simp_vert'),
        },
        known,
      },
    ]
    for (const frame of largest) expect(decodeRequest(encodeFrame(frame))).toEqual(frame)
    const declined = keys.map(key => ({ key, code: 'X'.repeat(32) }))
    expect(decodeAnswer(encodeFrame({ kind: 'ok', id: 2 ** 32 - 1, declined })).kind).toBe('ok')
    const stale: AnswerFrame = { kind: 'stale', id: 1, record: bytes(maxRecordBytes), renewal: bytes(maxRenewalBytes) }
    expect(decodeAnswer(encodeFrame(stale))).toEqual(stale)
    const kept = Array.from({ length: 256 }, () => 511)
    const records = Array.from({ length: 64 }, () => bytes(maxRecordBytes))
    const found: AnswerFrame = { kind: 'found', id: 1, records, renewals: [], kept, total: Number.MAX_SAFE_INTEGER }
    expect(decodeAnswer(encodeFrame(found))).toEqual(found)
    const addresses = Array.from({ length: 8 }, () => `/${'x'.repeat(255)}`)
    const peers = Array.from({ length: 16 }, () => ({ peer: '1'.repeat(62), addresses }))
    const closer: AnswerFrame = { kind: 'closer', id: 2 ** 32 - 1, peers }
    expect(decodeAnswer(encodeFrame(closer))).toEqual(closer)
    const error: AnswerFrame = { kind: 'error', id: 1, code: 'X'.repeat(32), message: '\u20ac'.repeat(256) }
    expect(decodeAnswer(encodeFrame(error))).toEqual(error)
  })

  it('that name a peer at something that is no address are read without that', () => {
    const good = ['/ip4/192.0.2.1/tcp/1', '/dns4/example.org/tcp/1']
    const named = (addresses: string[]): AnswerFrame => ({
      kind: 'closer',
      id: 1,
      peers: [{ peer: '1'.repeat(52), addresses }],
    })
    expect(decodeAnswer(encodeFrame(named([...oddAddresses, ...good, 'no address'])))).toEqual(named(good))
  })

  it('of one direction are not read in the other', async () => {
    for (const frame of requests) expect(await refusalOf(() => decodeAnswer(encodeFrame(frame)))).toBe('PROTOCOL')
    for (const frame of answers) expect(await refusalOf(() => decodeRequest(encodeFrame(frame)))).toBe('PROTOCOL')
  })

  it('over the size of their direction are refused before they are decoded', async () => {
    expect(await refusalOf(() => decodeRequest(bytes(maxRequestFrameBytes + 1)))).toBe('TOO_LARGE')
    expect(await refusalOf(() => decodeAnswer(bytes(maxAnswerFrameBytes + 1)))).toBe('TOO_LARGE')
    expect(await refusalOf(() => decodeHello(bytes(maxHelloBytes + 1)))).toBe('TOO_LARGE')
  })

  it('over the size of their kind are refused, by the sender too', async () => {
    const padded = encode({ ...requests[1], padding: bytes(maxFrameBytes.renew) })
    expect(await refusalOf(() => decodeRequest(padded))).toBe('TOO_LARGE')
    const records = Array.from({ length: 100 }, () => bytes(4_000))
    const large: AnswerFrame = { kind: 'found', id: 1, records, renewals: [], kept: [], total: 1 }
    expect(await refusalOf(() => encodeFrame(large))).toBe('TOO_LARGE')
  })

  it('carry an error with its code and reason', () => {
    const error = errorOf(errorFrame(7, refused('expired', 'too late', { secret: 'x' })))
    expect(error).toMatchObject({ code: 'RECORD_REFUSED', message: 'too late', details: { reason: 'expired' } })
    expect(error.details).toEqual({ reason: 'expired' })
    expect(errorFrame(7, new RmaError('NOT_FOUND', 'x'.repeat(1_000)))).toEqual({
      kind: 'error',
      id: 7,
      code: 'NOT_FOUND',
      message: 'x'.repeat(256),
    })
    expect(errorFrame(7, new RmaError('BUSY', '', { reason: 'NOT A REASON' }))).not.toHaveProperty('reason')
  })

  it('with an error code of a later version stand for a broken protocol', () => {
    const error = errorOf({ kind: 'error', id: 1, code: 'MOON_FULL', message: 'later' })
    expect(error).toMatchObject({ code: 'PROTOCOL', message: 'later' })
  })

  it('of any bytes whatever throw nothing but PROTOCOL and TOO_LARGE', () => {
    const decoders = [decodeRequest, decodeAnswer, decodeHello, decodeHelloAnswer]
    const onlyRefuses = (bytes: Uint8Array) => {
      for (const decode of decoders) {
        try {
          decode(bytes)
        } catch (error) {
          expect(error).toBeInstanceOf(RmaError)
          expect(['PROTOCOL', 'TOO_LARGE']).toContain((error as RmaError).code)
        }
      }
    }
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), onlyRefuses), { numRuns: 1_000 })
    const valid = [...requests, ...answers].map(encodeFrame)
    const mutation = fc.tuple(fc.nat(), fc.nat(255))
    fc.assert(
      fc.property(fc.constantFrom(...valid), fc.array(mutation, { maxLength: 8 }), fc.nat(), (frame, changes, cut) => {
        const bytes = new Uint8Array(frame)
        for (const [at, value] of changes) bytes[at % bytes.length] = value
        onlyRefuses(cut % 3 === 0 ? bytes.subarray(0, cut % bytes.length) : bytes)
      }),
      { numRuns: 3_000 },
    )
  })

  it.each([
    ['arrays nested as deep as a frame allows', bytes(maxAnswerFrameBytes).fill(0x81)],
    ['maps nested as deep as a frame allows', Buffer.alloc(maxAnswerFrameBytes, 'a16161', 'hex')],
    ['tags nested as deep as a frame allows', bytes(maxAnswerFrameBytes).fill(0xc1)],
    ['an array that claims 2^32 elements', Uint8Array.of(0x9a, 0xff, 0xff, 0xff, 0xff, 0)],
    ['a byte string that claims 2^53 bytes', Uint8Array.of(0x5b, 0, 0x1f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff)],
    ['a map with a key twice', Buffer.from('a26269640062696401', 'hex')],
    ['a map with __proto__ for a key', Buffer.from('a1695f5f70726f746f5f5fa0', 'hex')],
  ])('refuse %s', async (_, frame) => {
    expect(await refusalOf(() => decodeAnswer(frame))).toBe('PROTOCOL')
  })
})

describe('a hello', () => {
  it('is read back as it was', () => {
    const hello = { membership: 'a.b.c', revocationsVersion: 7, now: testNow }
    expect(decodeHello(encodeHello(hello))).toEqual(hello)
    expect(decodeHelloAnswer(encodeHello({ ...hello, revocations: 'd.e.f' }))).toEqual({
      ...hello,
      revocations: 'd.e.f',
    })
    expect(decodeHello(encodeHello({ revocationsVersion: 0, now: 0 }))).toEqual({ revocationsVersion: 0, now: 0 })
  })

  it('needs a time and a version', async () => {
    expect(await refusalOf(() => decodeHello(encode({ revocationsVersion: 0 })))).toBe('PROTOCOL')
    expect(await refusalOf(() => decodeHello(encode({ now: 0 })))).toBe('PROTOCOL')
  })
})
