import { encode } from '@ipld/dag-cbor'
import { RecordEnvelope } from '@libp2p/peer-record'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import type { WorkerRecord } from '../../shared/schema/worker.ts'
import { minute, second } from '../../shared/units.ts'
import { sealEnvelope } from './envelope.ts'
import { checkTimes, maxRecordBytes, openRecord, readRecord, recordHash, sealRecord, verifyRecord } from './record.ts'
import { refusalOf, type TestWorker, testNetworkId, testNow, testWorker, workerRecord } from './test-records.ts'

const payloadType = Buffer.from('/rma/worker-record')
const domain = `rma/${testNetworkId}/worker-record`
let worker: TestWorker
let sealed: Uint8Array

beforeAll(async () => {
  worker = await testWorker()
  sealed = await worker.record()
})

/** Seals any payload the way a record is sealed, valid or not. */
function sealPayload(payload: Uint8Array, type: Uint8Array = payloadType): Promise<Uint8Array> {
  return sealEnvelope(worker.privateKey, domain, type, payload)
}

const serviceType = fc.stringMatching(/^[a-z][a-z0-9]{0,9}(-[a-z0-9]{1,9})?$/)
const anyRecord: fc.Arbitrary<WorkerRecord> = fc
  .record({
    seq: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
    issuedAt: fc.integer({ min: 0, max: testNow }),
    load: fc.double({ min: 0, max: 1, noNaN: true }).map(load => load + 0),
    services: fc.array(serviceType, { maxLength: 10 }),
    state: fc.constantFrom('donating', 'paused', 'draining', 'left'),
    addresses: fc.array(fc.stringMatching(/^\/[!-~]{0,40}$/), { maxLength: 8 }),
  })
  .map(fields => workerRecord(fields as Partial<WorkerRecord>))

describe('a sealed record', () => {
  it('is read back as it was, by its signer, with the hash of its bytes', async () => {
    const opened = openRecord(sealed, testNetworkId)
    expect(opened).toMatchObject({ verified: true, peerId: worker.peerId, record: workerRecord() })
    expect(opened.hash).toBe(recordHash(sealed))
    expect(Buffer.from(opened.hash, 'base64url')).toHaveLength(32)
  })

  it('is read back whatever a worker says', async () => {
    await fc.assert(
      fc.asyncProperty(anyRecord, async record => {
        expect(openRecord(await worker.record(record), testNetworkId).record).toEqual(record)
      }),
      { numRuns: 60 },
    )
  })

  it('is a libp2p signed envelope that others can open', async () => {
    const envelope = await RecordEnvelope.openAndCertify(sealed, domain)
    expect(envelope.publicKey.toString()).toBe(worker.peerId)
    expect(Buffer.from(envelope.payloadType)).toEqual(payloadType)
    expect(Buffer.from(envelope.payload)).toEqual(Buffer.from(encode(workerRecord())))
  })

  it('may come from any libp2p implementation', async () => {
    const payload = encode(workerRecord({ load: 1 }))
    const record = { domain, codec: payloadType, marshal: () => payload, equals: () => false }
    const envelope = await RecordEnvelope.seal(record, worker.privateKey)
    expect(openRecord(envelope.marshal(), testNetworkId).record.load).toBe(1)
  })

  it('means nothing in another network', async () => {
    expect(await refusalOf(() => openRecord(sealed, 'fedcba9876543210'))).toBe('bad-signature')
  })

  it('is refused with any single bit flipped', () => {
    const accepted: number[] = []
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const flipped = sealed.slice()
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      try {
        openRecord(flipped, testNetworkId)
        accepted.push(bit)
      } catch (error) {
        expect(error).toMatchObject({ code: 'RECORD_REFUSED' })
      }
    }
    expect(accepted).toEqual([])
  })

  it('is refused with any field changed and the signature kept', async () => {
    const { payload, signature } = await RecordEnvelope.openAndCertify(sealed, domain)
    expect(payload).toHaveLength(encode(workerRecord()).length)
    const changes: Partial<WorkerRecord>[] = [
      { seq: testNow + 1 },
      { issuedAt: testNow + 1, expiresAt: testNow + 5 * minute },
      { expiresAt: testNow + 6 * minute },
      { services: ['llm-inference'] },
      { capabilities: { ...workerRecord().capabilities, gpus: [] } },
      { load: 0 },
      { queue: { running: 0, waiting: 0, slots: 4, bound: 16 } },
      { state: 'left' },
      { addresses: [] },
      { vpnIp: '10.42.1.6' },
      { tunnelUrl: 'https://evil.example' },
      { location: 'paris' },
      { choices: [{ service: 'ocr', languages: ['deu'] }] },
      { relays: true },
    ]
    for (const change of changes) {
      const changed = await worker.record(change)
      expect(changed).not.toEqual(sealed)
      const forged = changed.slice()
      forged.set(signature, forged.length - 64)
      expect(await refusalOf(() => openRecord(forged, testNetworkId)), JSON.stringify(change)).toBe('bad-signature')
    }
  })

  it('is refused with the key of somebody else in it', async () => {
    const other = await testWorker(2)
    const forged = sealed.slice()
    forged.set(other.privateKey.publicKey.raw, 6)
    expect(readRecord(forged).claims.peerId).toBe(other.peerId)
    expect(await refusalOf(() => openRecord(forged, testNetworkId))).toBe('bad-signature')
  })

  it('is refused cut off or with anything after it', async () => {
    for (let length = 0; length < sealed.length; length++)
      expect(await refusalOf(() => openRecord(sealed.subarray(0, length), testNetworkId))).toBe('malformed')
    expect(await refusalOf(() => openRecord(Buffer.concat([sealed, Uint8Array.of(0)]), testNetworkId))).toBe(
      'malformed',
    )
  })
})

describe('reading a record', () => {
  it('refuses one over 4 KiB before looking into it', async () => {
    expect(await refusalOf(() => readRecord(new Uint8Array(maxRecordBytes + 1)))).toBe('too-large')
    expect(await refusalOf(() => readRecord(new Uint8Array(maxRecordBytes)))).toBe('malformed')
    const long = Array.from({ length: 16 }, (_, index) => `/dns4/${'x'.repeat(240)}/tcp/${index}`)
    expect(await refusalOf(() => worker.record({ addresses: long, services: Array(40).fill('s'.repeat(32)) }))).toBe(
      'too-large',
    )
  })

  it('refuses an envelope of something else', async () => {
    expect(await refusalOf(async () => readRecord(await sealPayload(encode(workerRecord()), Buffer.from('/x'))))).toBe(
      'malformed',
    )
  })

  it('refuses a payload that is no dag-cbor', async () => {
    const bytes = await sealPayload(Uint8Array.of(0xff, 0xff))
    expect(await refusalOf(() => readRecord(bytes))).toBe('malformed')
  })

  it('refuses fields in another order, padded numbers and padded lengths, though signed', async () => {
    const canonical = encode(workerRecord({ load: 1 }))
    const { seq, load, ...rest } = workerRecord({ load: 1 })
    // The two shortest keys swapped: `load` before `seq`.
    const entry = (key: string, value: unknown) => [encode(key), encode(value)]
    const reordered = Buffer.concat([
      canonical.subarray(0, 1),
      ...entry('load', load),
      ...entry('seq', seq),
      encode(rest).subarray(1),
    ])
    expect(reordered).toHaveLength(canonical.length)
    expect(await refusalOf(async () => readRecord(await sealPayload(reordered)))).toBe('not-canonical')
    const at = Buffer.from(canonical).indexOf(Buffer.concat(entry('load', 1)))
    const float = Uint8Array.of(0xfb, 0x3f, 0xf0, 0, 0, 0, 0, 0, 0)
    const padded = Buffer.concat([canonical.subarray(0, at + 5), float, canonical.subarray(at + 6)])
    expect(await refusalOf(async () => readRecord(await sealPayload(padded)))).toBe('not-canonical')
  })

  it('refuses a length that is not in its shortest form', async () => {
    const lengthAt = 38 + 2 + payloadType.length + 1
    const longer = Buffer.concat([
      sealed.subarray(0, lengthAt + 1),
      Uint8Array.of((sealed[lengthAt + 1] ?? 0) | 0x80, 0),
      sealed.subarray(lengthAt + 2),
    ])
    expect(await refusalOf(() => readRecord(longer))).toBe('not-canonical')
    const endless = sealed.slice()
    endless.fill(0xff, lengthAt, lengthAt + 4)
    expect(await refusalOf(() => readRecord(endless))).toBe('malformed')
  })

  it.each([
    ['a field missing', ({ state: _, ...rest }: WorkerRecord) => rest],
    ['an unknown field', (record: WorkerRecord) => ({ ...record, admin: true })],
    ['a load above 1', (record: WorkerRecord) => ({ ...record, load: 1.5 })],
    ['a negative queue', (record: WorkerRecord) => ({ ...record, queue: { ...record.queue, waiting: -1 } })],
    ['a seq beyond 2^53', (record: WorkerRecord) => ({ ...record, seq: 2n ** 60n })],
    ['another kind of URL', (record: WorkerRecord) => ({ ...record, tunnelUrl: 'javascript:alert(1)' })],
    ['text that turns around', (record: WorkerRecord) => ({ ...record, location: 'lon\u202edon' })],
    ['no map at all', () => [1, 2, 3]],
  ])('refuses %s, though signed', async (_, change) => {
    const bytes = await sealPayload(encode(change(workerRecord())))
    expect(await refusalOf(() => readRecord(bytes))).toBe('bad-schema')
  })

  it('does not seal what nobody would accept', async () => {
    expect(await refusalOf(() => sealRecord(worker.privateKey, testNetworkId, workerRecord({ load: 2 })))).toBe(
      'bad-schema',
    )
  })

  it('gives what is claimed before the signature is checked', async () => {
    const read = readRecord(sealed)
    expect(read).toMatchObject({ verified: false, claims: { peerId: worker.peerId, record: { seq: testNow } } })
    expect(verifyRecord(read, testNetworkId)).toEqual(openRecord(sealed, testNetworkId))
  })

  it('throws nothing but refusals, whatever bytes come', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(sealed.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 }),
        fc.nat(sealed.length),
        (changes, cut) => {
          const bytes = sealed.slice(0, cut < 40 ? sealed.length : cut)
          for (const [at, value] of changes) bytes[at] = value
          expect(() => openRecord(bytes, testNetworkId)).toSatisfy(refusesOrAccepts)
        },
      ),
      { numRuns: 2_000 },
    )
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), bytes => {
        expect(() => openRecord(bytes, testNetworkId)).toThrow(expect.objectContaining({ code: 'RECORD_REFUSED' }))
      }),
    )
  })
})

function refusesOrAccepts(action: () => unknown): boolean {
  try {
    action()
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'RECORD_REFUSED'
  }
}

describe('the times of a record', () => {
  const times = (issuedAt: number, expiresAt: number) => ({
    issuedAt: testNow + issuedAt,
    expiresAt: testNow + expiresAt,
  })
  it.each([
    ['issued a minute ahead of the reader', times(60 * second, 5 * minute), undefined],
    ['issued more than a minute ahead', times(60 * second + 1, 5 * minute), 'issued-in-future'],
    ['living for ten minutes', times(0, 10 * minute), undefined],
    ['living longer', times(0, 10 * minute + 1), 'lives-too-long'],
    ['expiring when it was issued', times(1, 1), 'expires-before-issue'],
    ['expiring before it was issued', times(1, 0), 'expires-before-issue'],
    ['expiring in a millisecond', times(-minute, 1), undefined],
    ['expiring now', times(-minute, 0), 'expired'],
  ])('%s: %o → %s', async (_, claimed, reason) => {
    expect(await refusalOf(() => checkTimes(claimed, testNow))).toBe(reason)
  })
})
