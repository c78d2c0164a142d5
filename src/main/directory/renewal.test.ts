import { decode, encode } from '@ipld/dag-cbor'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { second } from '../../shared/units.ts'
import { openRecord, recordHash, type VerifiedRecord } from './record.ts'
import {
  checkRenewalTime,
  maxRenewalBytes,
  type RenewalFields,
  readRenewal,
  sealRenewal,
  verifyRenewal,
} from './renewal.ts'
import { refusalOf, type TestWorker, testNetworkId, testNow, testWorker } from './test-records.ts'

let worker: TestWorker
let record: VerifiedRecord
let sealed: Uint8Array

beforeAll(async () => {
  worker = await testWorker()
  record = openRecord(await worker.record(), testNetworkId)
  sealed = await worker.renewal(record.bytes)
})

const open = (bytes: Uint8Array) => verifyRenewal(readRenewal(bytes), record, testNetworkId)

describe('a renewal', () => {
  it('is read back as it was', () => {
    expect(open(sealed)).toEqual({
      verified: true,
      recordHash: record.hash,
      seq: testNow + 1,
      load: 0.5,
      queue: { running: 2, waiting: 0, slots: 4, bound: 16 },
      state: 'donating',
      issuedAt: testNow + 1,
      bytes: sealed,
    })
  })

  it('stays below 200 bytes with the largest values', async () => {
    const most = 100_000
    const bytes = await worker.renewal(record.bytes, {
      seq: Number.MAX_SAFE_INTEGER,
      load: 0.123_456_789,
      queue: { running: most, waiting: most, slots: most, bound: most },
      issuedAt: 8_640_000_000_000_000,
    })
    expect(bytes.length).toBeLessThanOrEqual(maxRenewalBytes)
    expect(open(bytes).queue.bound).toBe(most)
  })

  it('is refused with any single bit flipped', async () => {
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const flipped = sealed.slice()
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      expect(await refusalOf(() => open(flipped)), `bit ${bit}`).toBeDefined()
    }
  })

  it('is refused with any field changed and the signature kept', async () => {
    const parts = decode<unknown[]>(sealed)
    const changes: unknown[] = [
      Buffer.from(recordHash(Uint8Array.of(1)), 'base64url'),
      testNow + 2,
      0.75,
      [3, 0, 4, 16],
      'paused',
      testNow + 2,
    ]
    for (const [index, change] of changes.entries()) {
      const forged = encode(parts.with(index, change))
      expect(await refusalOf(() => open(forged))).toBe(index === 0 ? 'other-record' : 'bad-signature')
    }
  })

  it('is refused when signed by somebody else or for another network', async () => {
    const other = await testWorker(2)
    expect(await refusalOf(async () => open(await other.renewal(record.bytes)))).toBe('bad-signature')
    const elsewhere = await testWorker(1, 'fedcba9876543210')
    expect(await refusalOf(async () => open(await elsewhere.renewal(record.bytes)))).toBe('bad-signature')
  })

  it('has to be later than its record', async () => {
    expect(await refusalOf(async () => open(await worker.renewal(record.bytes, { seq: testNow })))).toBe('equal-seq')
    expect(await refusalOf(async () => open(await worker.renewal(record.bytes, { seq: 1 })))).toBe('equal-seq')
  })

  it('cannot bring back a worker that has left, nor say that it leaves', async () => {
    const left = openRecord(await worker.record({ state: 'left' }), testNetworkId)
    const renewal = readRenewal(await worker.renewal(left.bytes))
    expect(await refusalOf(() => verifyRenewal(renewal, left, testNetworkId))).toBe('left')
    const leaving = { ...renewal.claims, state: 'left' } as unknown as RenewalFields
    expect(await refusalOf(() => sealRenewal(worker.privateKey, testNetworkId, leaving))).toBe('bad-schema')
  })

  it('may be issued at most a minute ahead of the reader', async () => {
    const { claims } = readRenewal(sealed)
    checkRenewalTime(claims, claims.issuedAt - 60 * second)
    expect(await refusalOf(() => checkRenewalTime(claims, claims.issuedAt - 60 * second - 1))).toBe('issued-in-future')
  })

  it.each([
    ['over 200 bytes', () => new Uint8Array(201), 'too-large'],
    ['that are no dag-cbor', () => Uint8Array.of(0xff), 'malformed'],
    ['of a map', () => encode({ seq: 1 }), 'malformed'],
    ['of an empty array', () => encode([]), 'bad-schema'],
    ['with a field too many', () => encode([1, ...decode<unknown[]>(sealed)]), 'bad-schema'],
    ['with a short signature', () => encode(decode<unknown[]>(sealed).with(6, new Uint8Array(63))), 'bad-schema'],
    ['with a short hash', () => encode(decode<unknown[]>(sealed).with(0, new Uint8Array(31))), 'bad-schema'],
    ['with a float of another width', () => shortenLoad(sealed), 'not-canonical'],
  ])('bytes %s are refused', async (_, bytes, reason) => {
    expect(await refusalOf(() => readRenewal(bytes()))).toBe(reason)
  })

  it('throws nothing but refusals, whatever bytes come', () => {
    const onlyRefuses = (bytes: Uint8Array) => {
      try {
        open(bytes)
      } catch (error) {
        expect(error).toMatchObject({ code: 'RECORD_REFUSED' })
      }
    }
    fc.assert(fc.property(fc.uint8Array({ maxLength: 220 }), onlyRefuses), { numRuns: 1_000 })
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(sealed.length - 1), fc.nat(255)), { maxLength: 6 }), changes => {
        const bytes = sealed.slice()
        for (const [at, value] of changes) bytes[at] = value
        onlyRefuses(bytes)
      }),
      { numRuns: 1_000 },
    )
  })
})

/** Says the load of 0.5 in a half-precision float of 3 bytes instead of 9. */
function shortenLoad(bytes: Uint8Array): Uint8Array {
  const load = Uint8Array.of(0xfb, 0x3f, 0xe0, 0, 0, 0, 0, 0, 0)
  const at = Buffer.from(bytes).indexOf(load)
  return Buffer.concat([bytes.subarray(0, at), Uint8Array.of(0xf9, 0x38, 0x00), bytes.subarray(at + load.length)])
}
