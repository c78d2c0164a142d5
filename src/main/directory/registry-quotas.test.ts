import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { minute } from '../../shared/units.ts'
import { peerPosition, serviceKey, shardOf, workerKey } from './keys.ts'
import type { Registry } from './registry.ts'
import { refusalOf, type TestWorker, testNow } from './test-records.ts'
import { by, findIn, llm, makeRegistry, makeWorkers, ner, ocr, peersIn } from './test-registry.ts'

let workers: TestWorker[]
let alice: TestWorker
let bob: TestWorker
let registry: Registry

beforeAll(async () => {
  workers = await makeWorkers(120)
  ;[alice, bob] = workers as [TestWorker, TestWorker]
})

beforeEach(() => {
  registry = makeRegistry()
})

const find = (key: string, options: Parameters<typeof findIn>[2] = {}) => findIn(registry, key, options)
const peersUnder = (key: string, options: Parameters<typeof findIn>[2] = {}) => peersIn(registry, key, options)

describe('quotas', () => {
  it('hold how often a peer may announce', async () => {
    registry = makeRegistry({ announceBurst: 3, announcesPerSecond: 2 })
    const record = await alice.record()
    for (let time = 0; time < 3; time++) registry.announce(record, by(alice))
    const tooOften = () => registry.announce(record, by(alice))
    expect(tooOften).toThrow(expect.objectContaining({ code: 'QUOTA_EXCEEDED', details: { retryAfterMs: 500 } }))
    expect(() => registry.renew(new Uint8Array(9), by(alice))).toThrow(
      expect.objectContaining({ code: 'QUOTA_EXCEEDED' }),
    )
    registry.announce(await bob.record(), by(bob))
    registry.announce(record, by(alice, [ocr], { now: testNow + 500 }))
  })

  it('hold workers and bytes', async () => {
    registry = makeRegistry({ maxWorkers: 3 })
    for (const worker of workers.slice(0, 3)) registry.announce(await worker.record(), by(worker))
    const fourth = workers[3] ?? alice
    expect(await refusalOf(async () => registry.announce(await fourth.record(), by(fourth)))).toBe('QUOTA_EXCEEDED')
    registry.announce(await alice.record({ seq: testNow + 1 }), by(alice))
    expect(registry.size.workers).toBe(3)

    const record = await alice.record()
    registry = makeRegistry({ maxBytes: 2.5 * record.length })
    registry.announce(record, by(alice))
    registry.announce(await bob.record(), by(bob))
    const { bytes } = registry.size
    expect(await refusalOf(async () => registry.announce(await fourth.record(), by(fourth)))).toBe('QUOTA_EXCEEDED')
    const larger = await alice.record({ seq: testNow + 1, addresses: [`/${'x'.repeat(200)}`, `/${'x'.repeat(200)}`] })
    expect(await refusalOf(() => registry.announce(larger, by(alice)))).toBe('QUOTA_EXCEEDED')
    expect(registry.size.bytes).toBe(bytes)
  })

  it('hold workers under a key and keys, and say which keys were declined', async () => {
    registry = makeRegistry({ maxWorkersPerKey: 2, maxKeys: 8 })
    registry.announce(await alice.record({ services: ['ocr', 'ner-extraction'] }), by(alice, [ocr, ner]))
    registry.announce(await bob.record(), by(bob))
    const third = workers[2] ?? alice
    const record = await third.record({ services: ['ocr', 'ner-extraction', 'llm-inference'] })
    expect(registry.announce(record, by(third, [ocr, ner, llm, ner, workerKey(third.peerId)]))).toEqual({
      kind: 'ok',
      declined: [
        { key: ocr, code: 'QUOTA_EXCEEDED' },
        { key: llm, code: 'QUOTA_EXCEEDED' },
      ],
      full: [ner],
    })
    expect([ocr, ner, llm].map(key => find(key).total)).toEqual([2, 2, 0])
  })

  it('keep nothing of a worker that there is room for under none of its keys, and tell those who ask', async () => {
    registry = makeRegistry({ maxWorkersPerKey: 1 })
    registry.announce(await alice.record(), by(alice))
    registry.announce(await bob.record(), by(bob))
    expect(registry.size.workers).toBe(1)
    expect(find(ocr)).toMatchObject({ total: 1, full: true })
    expect(find(ner).full).toBeUndefined()
    const shard = serviceKey('ocr', shardOf(peerPosition(bob.peerId), 1))
    expect(registry.announce(await bob.record(), by(bob, [ocr, shard]))).toEqual({
      kind: 'ok',
      declined: [{ key: ocr, code: 'QUOTA_EXCEEDED' }],
      full: [shard],
    })
    expect(find(shard).total).toBe(1)
  })

  it('keep workers under the shards of their own place alone', async () => {
    const digit = shardOf(peerPosition(alice.peerId), 1)
    const other = digit === '0' ? '1' : '0'
    registry.announce(await alice.record(), by(alice, [serviceKey('ocr', digit)]))
    const foreign = by(alice, [serviceKey('ocr', other)])
    const record = await alice.record({ seq: testNow + 1 })
    expect(await refusalOf(() => registry.announce(record, foreign))).toBe('key-not-listed')
  })

  it('leave keys to other address groups', async () => {
    registry = makeRegistry({ maxKeys: 8 })
    const services = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i']
    const keys = services.map(service => serviceKey(service))
    const declined = (worker: TestWorker, record: Uint8Array, group: string) => {
      const result = registry.announce(record, by(worker, keys, { group }))
      return result.kind === 'ok' ? result.declined.length : 'stale'
    }
    expect(declined(alice, await alice.record({ services }), 'flood')).toBe(7)
    expect(declined(bob, await bob.record({ services }), 'home')).toBe(5)
    const others = workers.slice(2, 5)
    const rest = await Promise.all(
      others.map(async (worker, index) => declined(worker, await worker.record({ services }), `${index}`)),
    )
    expect(rest).toEqual([3, 1, 1])
    expect(registry.size.keys).toBe(8)
    registry.expire(testNow + 10 * minute)
    expect(registry.size).toEqual({ workers: 0, keys: 0, bytes: 0 })
    const later = { issuedAt: testNow + 10 * minute, seq: testNow + 1, services }
    const again = registry.announce(await alice.record(later), by(alice, keys, { group: 'flood', now: later.issuedAt }))
    expect(again).toMatchObject({ declined: { length: 7 } })
  })

  it('share a full registrar fairly among address groups', async () => {
    registry = makeRegistry({ maxWorkers: 40, maxWorkersPerKey: 40 })
    for (const worker of workers.slice(0, 40))
      registry.announce(await worker.record(), by(worker, [ocr], { group: 'flood' }))
    const honest = workers.slice(40, 50)
    for (const [index, worker] of honest.entries())
      registry.announce(await worker.record(), by(worker, [ocr], { group: `home-${index}` }))
    expect(registry.size.workers).toBe(40)
    const found = peersUnder(ocr)
    for (const { peerId } of honest) expect(found).toContain(peerId)
    const flooder = workers[60] ?? alice
    expect(
      await refusalOf(async () => registry.announce(await flooder.record(), by(flooder, [ocr], { group: 'flood' }))),
    ).toBe('QUOTA_EXCEEDED')
  })

  it('call a key full, to who stands under it and to who asks, from seven eighths on, and a quarter without room for connections', async () => {
    let isCrowded = false
    registry = makeRegistry({ maxWorkersPerKey: 8 }, { isCrowded: () => isCrowded })
    const fullSince = async (count: number) => {
      const [worker = alice] = workers.slice(count - 1)
      const result = registry.announce(await worker.record(), by(worker, [ocr]))
      const told = result.kind === 'ok' && result.full.includes(ocr)
      expect(find(ocr).full ?? false).toBe(told)
      return told
    }
    expect(await fullSince(1)).toBe(false)
    isCrowded = true
    expect(await fullSince(1)).toBe(false)
    expect(await fullSince(2)).toBe(true)
    isCrowded = false
    for (const count of [2, 3, 4, 5, 6]) expect(await fullSince(count)).toBe(false)
    expect(await fullSince(7)).toBe(true)
  })

  it('share a full key fairly among address groups', async () => {
    registry = makeRegistry({ maxWorkersPerKey: 4 })
    for (const worker of workers.slice(0, 4))
      registry.announce(await worker.record(), by(worker, [ocr], { group: 'flood' }))
    const honest = workers[10] ?? alice
    expect(registry.announce(await honest.record(), by(honest, [ocr], { group: 'home' }))).toEqual({
      kind: 'ok',
      declined: [],
      full: [ocr],
    })
    expect(peersUnder(ocr)).toContain(honest.peerId)
    expect(find(ocr).total).toBe(4)
    expect(registry.size.workers).toBe(5)
  })

  it('let those kept only against replay give way first', async () => {
    registry = makeRegistry({ maxWorkers: 2 })
    registry.announce(await alice.record(), by(alice))
    registry.announce(await bob.record({ state: 'left' }), by(bob))
    const third = workers[2] ?? alice
    registry.announce(await third.record(), by(third))
    expect(peersUnder(ocr)).toEqual([alice.peerId, third.peerId].sort())
  })
})
