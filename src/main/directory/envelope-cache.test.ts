import { beforeAll, describe, expect, it } from 'vitest'
import { EnvelopeCache } from './envelope-cache.ts'
import { refusalOf, type TestWorker, testNetworkId, testWorker } from './test-records.ts'

let worker: TestWorker
let sealed: Uint8Array[]

beforeAll(async () => {
  worker = await testWorker()
  sealed = await Promise.all([1, 2, 3, 4].map(seq => worker.record({ seq })))
})

const first = () => sealed[0] ?? new Uint8Array()
const forged = () => first().with(first().length - 1, 0xff)

describe('an envelope cache', () => {
  it('gives the same verified record for the same bytes', () => {
    const cache = new EnvelopeCache({ networkId: testNetworkId })
    const record = cache.open(first())
    expect(record).toMatchObject({ verified: true, peerId: worker.peerId })
    expect(cache.open(first().slice())).toBe(record)
    expect(cache.read(first())).toBe(record)
  })

  it('reads without verifying, and verifies once when asked', () => {
    const cache = new EnvelopeCache({ networkId: testNetworkId })
    const read = cache.read(first())
    expect(read.verified).toBe(false)
    expect(cache.read(first())).toBe(read)
    const verified = cache.verify(read)
    expect(verified.verified).toBe(true)
    expect(cache.verify(read)).toBe(verified)
    expect(cache.verify(verified)).toBe(verified)
    expect(cache.read(first())).toBe(verified)
    expect(cache.count).toBe(1)
    expect(cache.bytes).toBe(first().length)
  })

  it('never takes a forged record for verified, however often it comes', async () => {
    const cache = new EnvelopeCache({ networkId: testNetworkId })
    for (let time = 0; time < 3; time++) expect(await refusalOf(() => cache.open(forged()))).toBe('bad-signature')
    expect(cache.read(forged()).verified).toBe(false)
    expect(await refusalOf(() => cache.open(Uint8Array.of(1)))).toBe('malformed')
  })

  it('keeps its own copy of the bytes', () => {
    const frame = Buffer.concat([Buffer.alloc(1_000), first()])
    const cache = new EnvelopeCache({ networkId: testNetworkId })
    const { bytes } = cache.open(frame.subarray(1_000))
    frame.fill(0)
    expect(bytes).toEqual(first())
    expect(bytes.buffer.byteLength).toBe(first().length)
  })

  it('forgets the least recently used beyond its count', () => {
    const cache = new EnvelopeCache({ networkId: testNetworkId, maxCount: 3 })
    const [kept, forgotten, last] = sealed.slice(0, 3).map(bytes => cache.open(bytes))
    cache.open(first())
    cache.open(sealed[3] ?? new Uint8Array())
    expect(cache.count).toBe(3)
    expect(cache.read(first())).toBe(kept)
    expect(cache.read(last?.bytes ?? new Uint8Array())).toBe(last)
    expect(cache.read(forgotten?.bytes ?? new Uint8Array()).verified).toBe(false)
  })

  it('forgets the least recently used beyond its bytes', () => {
    const cache = new EnvelopeCache({ networkId: testNetworkId, maxBytes: first().length * 2 })
    for (const bytes of sealed) cache.open(bytes)
    expect(cache.count).toBe(2)
    expect(cache.bytes).toBeLessThanOrEqual(first().length * 2)
  })
})
