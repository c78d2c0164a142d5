import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { minute, second } from '../../shared/units.ts'
import { type KnownRecord, knownPrefixLength, maxFoundPayloadBytes } from './frames.ts'
import { openRecord, recordHash } from './record.ts'
import type { Registry } from './registry.ts'
import { refusalOf, seededRandom, type TestWorker, testNetworkId, testNow } from './test-records.ts'
import { by, findIn, makeRegistry, makeWorkers, ocr, peersIn } from './test-registry.ts'

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
const knows = (record: Uint8Array, seq: number): KnownRecord => [recordHash(record).slice(0, knownPrefixLength), seq]

describe('finding', () => {
  it('leaves out what has expired, before it is swept and after', async () => {
    registry.announce(await alice.record(), by(alice))
    const now = testNow + 5 * minute
    expect(find(ocr, { now: now - 1 }).total).toBe(1)
    expect(find(ocr, { now }).total).toBe(0)
    registry.expire(now)
    expect(registry.size).toMatchObject({ workers: 1, keys: 0 })
    registry.announce(await alice.record({ seq: testNow + 1, issuedAt: now }), by(alice, [ocr], { now }))
    expect(find(ocr, { now }).total).toBe(1)
  })

  it('notices a record that expires sooner than the one before', async () => {
    registry.announce(await alice.record(), by(alice))
    registry.announce(await bob.record(), by(bob))
    expect(find(ocr).total).toBe(2)
    registry.announce(await bob.record({ seq: testNow + 1, expiresAt: testNow + second }), by(bob))
    expect(peersUnder(ocr, { now: testNow + second })).toEqual([alice.peerId])
    expect(find(ocr, { now: testNow + 5 * minute }).total).toBe(0)
    expect(find(ocr, { now: testNow + 5 * minute }).total).toBe(0)
  })

  it('filters by state, GPU and location', async () => {
    const [, , carol] = workers as [TestWorker, TestWorker, TestWorker]
    registry.announce(await alice.record({ location: 'london' }), by(alice))
    const noGpu = { workerType: 'desktop', cpuThreads: 4, memoryMiB: 8_192, gpus: [] } as const
    registry.announce(await bob.record({ location: 'paris', capabilities: { ...noGpu, gpus: [] } }), by(bob))
    registry.announce(await carol.record({ state: 'draining' }), by(carol))
    const who = (filter: object) => peersUnder(ocr, { filter })
    expect(who({ gpu: false })).toEqual([bob.peerId])
    expect(who({ gpu: true })).toEqual([alice.peerId, carol.peerId].sort())
    expect(who({ location: 'paris' })).toEqual([bob.peerId])
    expect(who({ states: ['draining', 'paused'] })).toEqual([carol.peerId])
    expect(who({ gpu: true, location: 'london', states: ['donating'] })).toEqual([alice.peerId])
    expect(who({})).toHaveLength(3)
  })

  it('filters by model and by languages, for the service of the key alone', async () => {
    const [, , carol] = workers as [TestWorker, TestWorker, TestWorker]
    const readsGerman = { service: 'ocr', languages: ['deu', 'eng'] }
    const sees = { service: 'vision-ocr', models: ['llava:7b'] }
    registry.announce(await alice.record({ choices: [readsGerman, sees] }), by(alice))
    registry.announce(await bob.record({ choices: [{ service: 'ocr', models: ['llava:7b', 'tiny:latest'] }] }), by(bob))
    registry.announce(await carol.record(), by(carol))
    const who = (filter: object) => peersUnder(ocr, { filter })
    expect(who({ model: 'llava:7b' })).toEqual([bob.peerId])
    expect(who({ model: 'tiny' })).toEqual([bob.peerId])
    expect(who({ model: 'LLAVA:7b' })).toEqual([])
    expect(who({ languages: ['eng', 'deu'] })).toEqual([alice.peerId])
    expect(who({ languages: ['eng'] })).toHaveLength(3)
    expect(who({ model: 'llava:7b', languages: ['deu'] })).toEqual([])
    registry.announce(await bob.record({ seq: testNow + 1 }), by(bob))
    expect(who({ model: 'llava:7b' })).toEqual([])
  })

  it('sends only what the asker does not know', async () => {
    const [, , carol] = workers as [TestWorker, TestWorker, TestWorker]
    const [a, b, c] = await Promise.all([alice.record(), bob.record(), carol.record()])
    registry.announce(a, by(alice))
    registry.announce(b, by(bob))
    registry.announce(c, by(carol))
    const renewal = await bob.renewal(b, { seq: testNow + 7 })
    registry.renew(renewal, by(bob))
    const unheardOf: KnownRecord = ['x'.repeat(knownPrefixLength), 1]
    const known = [unheardOf, knows(a, testNow), knows(b, testNow)]
    const answer = find(ocr, { known })
    expect(answer.records).toEqual([c])
    expect(answer.renewals).toEqual([renewal])
    expect(answer.kept.sort()).toEqual([1, 2])
    expect(answer.total).toBe(3)
    expect(find(ocr, { known: [knows(b, testNow + 7)] }).renewals).toEqual([])
  })

  it('returns a sample when more workers fit than were asked for, the idle ones more often', async () => {
    for (const [index, worker] of workers.entries())
      registry.announce(await worker.record({ load: index < 60 ? 0 : 0.9 }), by(worker))
    const random = seededRandom(5)
    let idle = 0
    for (let round = 0; round < 200; round++) {
      const { records, total } = find(ocr, { limit: 10, random })
      expect(records).toHaveLength(10)
      expect(total).toBe(120)
      idle += records.filter(bytes => openRecord(bytes, testNetworkId).record.load === 0).length
    }
    // Ten to one by weight: of 10 drawn about 9 are idle.
    expect(idle / 200).toBeGreaterThan(8.7)
    expect(idle / 200).toBeLessThan(9.4)
  })

  it('names the same workers for the same seed, as another registrar does', async () => {
    const other = makeRegistry({ maxWorkers: 200 })
    for (const worker of workers) {
      const bytes = await worker.record({ load: 0 })
      registry.announce(bytes, by(worker))
      other.announce(bytes, by(worker))
    }
    const named = (of: Registry, seed: number) =>
      of.find(ocr, { limit: 10, seed, now: testNow, random: Math.random }).signers
    expect(named(other, 1)).toEqual(named(registry, 1))
    expect(named(registry, 2)).not.toEqual(named(registry, 1))
  })

  it('draws paused and full workers least, but does draw them', async () => {
    for (const [index, worker] of workers.slice(0, 20).entries())
      registry.announce(await worker.record(index < 10 ? { load: 1 } : { state: 'paused', load: 0 }), by(worker))
    registry.announce(await alice.record({ seq: testNow + 1, load: 0 }), by(alice))
    const random = seededRandom(5)
    const drawn = Array.from({ length: 100 }, () => peersUnder(ocr, { limit: 1, random })[0])
    const others = drawn.filter(peerId => peerId !== alice.peerId)
    expect(others.length).toBeGreaterThan(2)
    expect(others.length).toBeLessThan(40)
  })

  it('keeps an answer within its size', async () => {
    registry = makeRegistry({ maxWorkers: 200 })
    const long = Array.from({ length: 14 }, (_, index) => `/dns4/${'x'.repeat(230)}/tcp/${index}`)
    for (const worker of workers) registry.announce(await worker.record({ addresses: long }), by(worker))
    const { records, total } = find(ocr, { limit: 256 })
    const bytes = records.reduce((sum, record) => sum + record.length, 0)
    expect(bytes).toBeLessThanOrEqual(maxFoundPayloadBytes)
    expect(bytes).toBeGreaterThan(maxFoundPayloadBytes - 4_096)
    expect(total).toBe(120)
  })

  it('refuses what is no key', async () => {
    expect(await refusalOf(() => find('nonsense'))).toBe('BAD_REQUEST')
  })
})
