import { beforeAll, describe, expect, it } from 'vitest'
import { openRecord, type VerifiedRecord } from './record.ts'
import { RenewalCache } from './renewal-cache.ts'
import { refusalOf, type TestWorker, testNetworkId, testNow, testWorker } from './test-records.ts'

let worker: TestWorker
let record: VerifiedRecord
let sealed: Uint8Array
let forged: Uint8Array

beforeAll(async () => {
  worker = await testWorker()
  record = openRecord(await worker.record(), testNetworkId)
  sealed = await worker.renewal(record.bytes, { seq: testNow + 1 })
  forged = sealed.with(sealed.length - 1, Number(sealed.at(-1)) ^ 1)
})

describe('a renewal cache', () => {
  it('gives the same object for the same bytes, and keeps a copy of its own', () => {
    const cache = new RenewalCache({ networkId: testNetworkId })
    const frame = Buffer.concat([Buffer.alloc(100), sealed])
    const renewal = cache.read(frame.subarray(100))
    frame.fill(0)
    expect(renewal.bytes).toEqual(sealed)
    expect(renewal.bytes.buffer.byteLength).toBe(sealed.length)
    expect(cache.read(sealed)).toBe(renewal)
    expect(cache.count).toBe(1)
  })

  it('checks a signature once, at once or on another thread', async () => {
    const cache = new RenewalCache({ networkId: testNetworkId })
    const renewal = cache.read(sealed)
    expect(cache.outcomeOf(renewal)).toBeUndefined()
    expect(await cache.holdsAside(renewal, record)).toBe(true)
    expect(cache.outcomeOf(renewal)).toBe(true)
    expect(cache.holds(renewal, record)).toBe(true)
    expect(await cache.holdsAside(renewal, record)).toBe(true)
  })

  it('refuses from then on to read one that proved false', async () => {
    for (const check of ['holds', 'holdsAside'] as const) {
      const cache = new RenewalCache({ networkId: testNetworkId })
      expect(await cache[check](cache.read(forged), record)).toBe(false)
      expect(await refusalOf(() => cache.read(forged))).toBe('bad-signature')
    }
  })

  it('does not take a renewal for one of another record', async () => {
    const other = openRecord(await worker.record({ seq: testNow + 2 }), testNetworkId)
    for (const check of ['holds', 'holdsAside'] as const) {
      const cache = new RenewalCache({ networkId: testNetworkId })
      expect(await cache[check](cache.read(sealed), other)).toBe(false)
    }
  })

  it('forgets the least recently used beyond its count', async () => {
    const cache = new RenewalCache({ networkId: testNetworkId, maxCount: 2 })
    const [first, second, third] = await Promise.all(
      [1, 2, 3].map(later => worker.renewal(record.bytes, { seq: testNow + later })),
    )
    if (first === undefined || second === undefined || third === undefined) throw new Error('expected three renewals')
    const [one, two] = [cache.read(first), cache.read(second)]
    cache.read(first)
    cache.read(third)
    expect(cache.count).toBe(2)
    expect(cache.read(first)).toBe(one)
    expect(cache.read(second)).not.toBe(two)
  })
})
