import fc from 'fast-check'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { minute, second } from '../../shared/units.ts'
import { type KnownRecord, knownPrefixLength, maxFoundPayloadBytes } from './frames.ts'
import { coordinatorKey, coordinatorsKey, peerPosition, relaysKey, serviceKey, shardOf, workerKey } from './keys.ts'
import { openRecord, recordHash } from './record.ts'
import { type Announcement, Registry, type RegistryComponents, type RegistryInit } from './registry.ts'
import { refusalOf, seededRandom, type TestWorker, testNetworkId, testNow, testWorker } from './test-records.ts'

const ocr = serviceKey('ocr')
const ner = serviceKey('ner-extraction')
const llm = serviceKey('llm-inference')

let workers: TestWorker[]
let alice: TestWorker
let bob: TestWorker
let certified: Set<string>
let noDonors: Set<string>
let registry: Registry

beforeAll(async () => {
  workers = await Promise.all(Array.from({ length: 120 }, (_, index) => testWorker(index)))
  ;[alice, bob] = workers as [TestWorker, TestWorker]
})

beforeEach(() => {
  certified = new Set()
  noDonors = new Set()
  registry = make()
})

function make(init: Partial<RegistryInit> = {}, components: Partial<RegistryComponents> = {}): Registry {
  return new Registry(
    { hasRole: (peerId, role) => (role === 'donor' ? !noDonors.has(peerId) : certified.has(peerId)), ...components },
    { networkId: testNetworkId, announceBurst: 1_000, ...init },
  )
}

const by = (worker: TestWorker, keys = [ocr], more: Partial<Announcement> = {}): Announcement => ({
  keys,
  from: worker.peerId,
  now: testNow,
  ...more,
})

function find(key: string, options: Partial<Parameters<Registry['find']>[1]> = {}) {
  return registry.find(key, { limit: 50, now: testNow, random: seededRandom(1), ...options })
}

const peersUnder = (key: string, options = {}) =>
  find(key, options)
    .records.map(bytes => openRecord(bytes, testNetworkId).peerId)
    .sort()

const knows = (record: Uint8Array, seq: number): KnownRecord => [recordHash(record).slice(0, knownPrefixLength), seq]

describe('a registrar that others are closer than', () => {
  const far = [ner, llm]

  beforeEach(() => {
    registry = new Registry(
      { hasRole: () => true, keeps: key => !far.includes(key) },
      {
        networkId: testNetworkId,
      },
    )
  })

  it('declines the keys that are not its own, and keeps the record under the rest', async () => {
    const record = await alice.record({ services: ['ocr', 'ner-extraction'] })
    expect(registry.announce(record, by(alice, [ocr, ner]))).toEqual({
      kind: 'ok',
      declined: [{ key: ner, code: 'NOT_REGISTRAR' }],
      full: [],
    })
    expect(peersUnder(ocr)).toEqual([alice.peerId])
    expect(find(ner).total).toBe(0)
  })

  it('keeps nothing of a record that it declines for all of its keys', async () => {
    const services = ['ner-extraction', 'llm-inference']
    const declined = far.map(key => ({ key, code: 'NOT_REGISTRAR' }))
    expect(registry.announce(await alice.record({ services }), by(alice, [...far, ner]))).toEqual({
      kind: 'ok',
      declined,
      full: [],
    })
    expect(registry.size).toEqual({ workers: 0, keys: 0, bytes: 0 })
  })

  it('takes the last word of a worker it holds, whatever the keys', async () => {
    registry.announce(await alice.record({ services: ['ocr'], seq: 1 }), by(alice, [ocr]))
    registry.announce(await alice.record({ services: [], state: 'left', seq: 2 }), by(alice, far.slice(0, 0)))
    expect(find(ocr).total).toBe(0)
  })
})

describe('announcing', () => {
  it('puts a worker under the keys it asks for, and no others', async () => {
    const record = await alice.record({ services: ['ocr', 'ner-extraction'] })
    expect(registry.announce(record, by(alice, [ocr]))).toEqual({ kind: 'ok', declined: [], full: [] })
    expect(find(ocr)).toEqual({ records: [record], renewals: [], kept: [], total: 1, signers: [alice.peerId] })
    expect(find(ner).total).toBe(0)
    registry.announce(record, by(alice, [ner]))
    expect(peersUnder(ner)).toEqual([alice.peerId])
    expect(registry.size).toEqual({ workers: 1, keys: 2, bytes: record.length })
  })

  it('lets a worker be found by its own key', async () => {
    registry.announce(await alice.record(), by(alice, [workerKey(alice.peerId)]))
    expect(peersUnder(workerKey(alice.peerId))).toEqual([alice.peerId])
    expect(peersUnder(workerKey(bob.peerId))).toEqual([])
  })

  it('keeps all of 50 workers that announce themselves at once', async () => {
    await Promise.all(workers.slice(0, 50).map(async worker => registry.announce(await worker.record(), by(worker))))
    expect(peersUnder(ocr)).toEqual(
      workers
        .slice(0, 50)
        .map(({ peerId }) => peerId)
        .sort(),
    )
  })

  it('ends at the highest seq, whatever order records and renewals come in', async () => {
    const records = await Promise.all([1, 2, 3, 4, 5].map(seq => alice.record({ seq: testNow + 10 * seq })))
    const renewals = await Promise.all(
      records.map((record, index) => alice.renewal(record, { seq: testNow + 10 * (index + 1) + 5 })),
    )
    const said = [
      ...records.map(bytes => ({ bytes, renews: false })),
      ...renewals.map(bytes => ({ bytes, renews: true })),
    ]
    fc.assert(
      fc.property(fc.shuffledSubarray(said, { minLength: said.length }), order => {
        const registry = make()
        for (const { bytes, renews } of order) {
          try {
            if (renews) registry.renew(bytes, by(alice))
            else registry.announce(bytes, by(alice))
          } catch (error) {
            expect(error).toMatchObject({ code: 'NOT_FOUND' })
          }
        }
        const found = registry.find(ocr, { limit: 5, now: testNow, random: Math.random })
        expect(found.records).toEqual(records.slice(4))
        const lastRenewal = order.findIndex(({ bytes }) => bytes === renewals[4])
        const lastRecord = order.findIndex(({ bytes }) => bytes === records[4])
        expect(found.renewals).toEqual(lastRenewal > lastRecord ? renewals.slice(4) : [])
      }),
      { numRuns: 200 },
    )
  })

  it('answers a lower seq with what it holds', async () => {
    const newer = await alice.record({ seq: testNow + 10 })
    registry.announce(newer, by(alice))
    const older = await alice.record({ seq: testNow })
    expect(registry.announce(older, by(alice))).toEqual({ kind: 'stale', record: newer })
    const renewal = await alice.renewal(newer, { seq: testNow + 20 })
    registry.renew(renewal, by(alice))
    const between = await alice.record({ seq: testNow + 15 })
    expect(registry.announce(between, by(alice))).toEqual({ kind: 'stale', record: newer, renewal })
    expect(registry.renew(await alice.renewal(newer, { seq: testNow + 12 }), by(alice))).toMatchObject({
      kind: 'stale',
    })
  })

  it('refuses other bytes with the same seq, and takes the same bytes again', async () => {
    const record = await alice.record()
    registry.announce(record, by(alice))
    expect(await refusalOf(async () => registry.announce(await alice.record({ load: 0 }), by(alice)))).toBe('equal-seq')
    expect(registry.announce(record, by(alice))).toMatchObject({ kind: 'ok' })
    expect(find(ocr).records).toEqual([record])
  })

  it('refuses a record that another peer brings', async () => {
    const record = await alice.record()
    expect(await refusalOf(() => registry.announce(record, by(bob)))).toBe('foreign-key')
    expect(registry.size.workers).toBe(0)
  })

  it('refuses expired, future and forged records', async () => {
    const expired = await alice.record({ issuedAt: testNow - 6 * minute })
    expect(await refusalOf(() => registry.announce(expired, by(alice)))).toBe('expired')
    const future = await alice.record({ issuedAt: testNow + 2 * minute })
    expect(await refusalOf(() => registry.announce(future, by(alice)))).toBe('issued-in-future')
    const record = await alice.record()
    const forged = Buffer.from(record.with(record.length - 40, (record.at(-40) ?? 0) ^ 1))
    expect(await refusalOf(() => registry.announce(forged, by(alice)))).toBe('bad-signature')
    expect(registry.size.workers).toBe(0)
  })

  it('refuses keys the record does not entitle to', async () => {
    const record = await alice.record({ location: 'london' })
    certified.add(alice.peerId)
    for (const key of [ner, relaysKey, workerKey(bob.peerId), coordinatorKey(bob.peerId), coordinatorsKey('paris')])
      expect(await refusalOf(() => registry.announce(record, by(alice, [ocr, key])))).toBe('key-not-listed')
    expect(await refusalOf(() => registry.announce(record, by(alice, ['nonsense'])))).toBe('BAD_REQUEST')
    expect(registry.size.workers).toBe(0)
  })

  it('keeps only certified coordinators under the keys of coordinators', async () => {
    const keys = [coordinatorKey(alice.peerId), coordinatorsKey(), coordinatorsKey('london')]
    const record = await alice.record({ location: 'london' })
    expect(registry.announce(record, by(alice, [ocr, ...keys]))).toEqual({
      kind: 'ok',
      declined: keys.map(key => ({ key, code: 'FORBIDDEN' })),
      full: [],
    })
    certified.add(alice.peerId)
    expect(registry.announce(record, by(alice, keys))).toEqual({ kind: 'ok', declined: [], full: [] })
    for (const key of keys) expect(peersUnder(key)).toEqual([alice.peerId])
  })

  it('keeps only donors under the keys of services, and lets who is none be found by name', async () => {
    noDonors.add(alice.peerId)
    const record = await alice.record({ services: ['ocr', 'ner-extraction'] })
    const own = workerKey(alice.peerId)
    expect(registry.announce(record, by(alice, [ocr, ner, own]))).toEqual({
      kind: 'ok',
      declined: [ocr, ner].map(key => ({ key, code: 'FORBIDDEN' })),
      full: [],
    })
    expect(peersUnder(ocr)).toEqual([])
    expect(peersUnder(own)).toEqual([alice.peerId])
    noDonors.clear()
    expect(registry.announce(record, by(alice, [ocr]))).toEqual({ kind: 'ok', declined: [], full: [] })
    expect(peersUnder(ocr)).toEqual([alice.peerId])
  })

  it('takes who has lost the role out of its keys with their next record', async () => {
    registry.announce(await alice.record(), by(alice))
    noDonors.add(alice.peerId)
    registry.announce(await alice.record({ seq: testNow + 1 }), by(alice, []))
    expect(peersUnder(ocr)).toEqual([])
  })

  it('takes a worker out of the keys its new record dropped, and keeps it under the others', async () => {
    registry.announce(
      await alice.record({ services: ['ocr', 'ner-extraction', 'llm-inference'] }),
      by(alice, [ocr, ner, llm]),
    )
    registry.announce(await bob.record({ services: ['llm-inference'] }), by(bob, [llm]))
    registry.announce(await alice.record({ seq: testNow + 1, services: ['ner-extraction'] }), by(alice, []))
    expect([ocr, ner, llm].map(key => find(key).total)).toEqual([0, 1, 1])
    expect(registry.size.keys).toBe(2)
  })

  it('copies what it keeps', async () => {
    const record = await alice.record()
    const frame = Buffer.from(record)
    registry.announce(frame, by(alice))
    frame.fill(0)
    expect(find(ocr).records).toEqual([record])
  })
})

describe('leaving', () => {
  it('takes a worker out at once, everywhere', async () => {
    registry.announce(await alice.record({ services: ['ocr', 'ner-extraction'] }), by(alice, [ocr, ner]))
    registry.announce(await alice.record({ seq: testNow + 1, state: 'left' }), by(alice, [ocr]))
    expect([ocr, ner, workerKey(alice.peerId)].map(key => find(key).total)).toEqual([0, 0, 0])
    expect(registry.size).toMatchObject({ workers: 1, keys: 0 })
  })

  it('cannot be undone by an earlier record or any renewal', async () => {
    const before = await alice.record()
    const left = await alice.record({ seq: testNow + 1, state: 'left' })
    registry.announce(before, by(alice))
    registry.announce(left, by(alice))
    expect(registry.announce(before, by(alice))).toEqual({ kind: 'stale', record: left })
    for (const renewed of [before, left]) {
      const renewal = await alice.renewal(renewed, { seq: testNow + 2 })
      expect(await refusalOf(() => registry.renew(renewal, by(alice)))).toBe('left')
    }
    expect(find(ocr).total).toBe(0)
  })

  it('is remembered until no earlier record could be replayed', async () => {
    const longest = await alice.record({ expiresAt: testNow + 10 * minute })
    const left = await alice.record({ seq: testNow + 1, state: 'left', expiresAt: testNow + minute })
    registry.announce(longest, by(alice))
    registry.announce(left, by(alice))
    const last = testNow + 10 * minute + 60 * second
    registry.expire(last - 1)
    expect(registry.announce(longest, by(alice, [ocr], { now: testNow }))).toMatchObject({ kind: 'stale' })
    registry.expire(last)
    expect(registry.size).toEqual({ workers: 0, keys: 0, bytes: 0 })
  })

  it('ends with a newer record', async () => {
    registry.announce(await alice.record({ state: 'left' }), by(alice))
    registry.announce(await alice.record({ seq: testNow + 1 }), by(alice))
    expect(peersUnder(ocr)).toEqual([alice.peerId])
  })
})

describe('renewing', () => {
  it('changes load and state, and travels with the record', async () => {
    const record = await alice.record()
    registry.announce(record, by(alice))
    const renewal = await alice.renewal(record, { state: 'paused' })
    expect(registry.renew(renewal, by(alice))).toEqual({ kind: 'ok' })
    expect(registry.renew(renewal, by(alice))).toEqual({ kind: 'ok' })
    expect(find(ocr)).toMatchObject({ records: [record], renewals: [renewal] })
    expect(find(ocr, { filter: { states: ['donating'] } }).total).toBe(0)
    expect(registry.size.bytes).toBe(record.length + renewal.length)
  })

  it('does not prolong the record', async () => {
    const record = await alice.record()
    registry.announce(record, by(alice))
    const now = testNow + 5 * minute - 1
    registry.renew(await alice.renewal(record, { issuedAt: now }), by(alice, [], { now }))
    expect(find(ocr, { now }).total).toBe(1)
    expect(find(ocr, { now: now + 1 }).total).toBe(0)
    const late = await alice.renewal(record, { seq: testNow + 9 })
    expect(await refusalOf(() => registry.renew(late, by(alice, [], { now: now + 1 })))).toBe('NOT_FOUND')
  })

  it('asks for the whole record where it holds none, or another', async () => {
    const record = await alice.record()
    const renewal = await alice.renewal(record)
    expect(await refusalOf(() => registry.renew(renewal, by(alice)))).toBe('NOT_FOUND')
    registry.announce(record, by(alice))
    const next = await alice.record({ seq: testNow + 1 })
    const ofNext = await alice.renewal(next, { seq: testNow + 2 })
    expect(await refusalOf(() => registry.renew(ofNext, by(alice)))).toBe('NOT_FOUND')
  })

  it('is refused from others, from the future, with a used seq and with anything changed', async () => {
    const record = await alice.record()
    registry.announce(record, by(alice))
    registry.announce(await bob.record(), by(bob))
    const renewal = await alice.renewal(record)
    expect(await refusalOf(() => registry.renew(renewal, by(bob)))).toBe('NOT_FOUND')
    const future = await alice.renewal(record, { issuedAt: testNow + 2 * minute })
    expect(await refusalOf(() => registry.renew(future, by(alice)))).toBe('issued-in-future')
    const forged = renewal.with(renewal.length - 1, (renewal.at(-1) ?? 0) ^ 1)
    expect(await refusalOf(() => registry.renew(forged, by(alice)))).toBe('bad-signature')
    registry.renew(renewal, by(alice))
    const twin = await alice.renewal(record, { load: 0 })
    expect(await refusalOf(() => registry.renew(twin, by(alice)))).toBe('equal-seq')
  })
})

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
    const other = make({ maxWorkers: 200 })
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
    registry = make({ maxWorkers: 200 })
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

describe('quotas', () => {
  it('hold how often a peer may announce', async () => {
    registry = make({ announceBurst: 3, announcesPerSecond: 2 })
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
    registry = make({ maxWorkers: 3 })
    for (const worker of workers.slice(0, 3)) registry.announce(await worker.record(), by(worker))
    const fourth = workers[3] ?? alice
    expect(await refusalOf(async () => registry.announce(await fourth.record(), by(fourth)))).toBe('QUOTA_EXCEEDED')
    registry.announce(await alice.record({ seq: testNow + 1 }), by(alice))
    expect(registry.size.workers).toBe(3)

    const record = await alice.record()
    registry = make({ maxBytes: 2.5 * record.length })
    registry.announce(record, by(alice))
    registry.announce(await bob.record(), by(bob))
    const { bytes } = registry.size
    expect(await refusalOf(async () => registry.announce(await fourth.record(), by(fourth)))).toBe('QUOTA_EXCEEDED')
    const larger = await alice.record({ seq: testNow + 1, addresses: [`/${'x'.repeat(200)}`, `/${'x'.repeat(200)}`] })
    expect(await refusalOf(() => registry.announce(larger, by(alice)))).toBe('QUOTA_EXCEEDED')
    expect(registry.size.bytes).toBe(bytes)
  })

  it('hold workers under a key and keys, and say which keys were declined', async () => {
    registry = make({ maxWorkersPerKey: 2, maxKeys: 8 })
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
    registry = make({ maxWorkersPerKey: 1 })
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
    registry = make({ maxKeys: 8 })
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
    registry = make({ maxWorkers: 40, maxWorkersPerKey: 40 })
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
    registry = make({ maxWorkersPerKey: 8 }, { isCrowded: () => isCrowded })
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
    registry = make({ maxWorkersPerKey: 4 })
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
    registry = make({ maxWorkers: 2 })
    registry.announce(await alice.record(), by(alice))
    registry.announce(await bob.record({ state: 'left' }), by(bob))
    const third = workers[2] ?? alice
    registry.announce(await third.record(), by(third))
    expect(peersUnder(ocr)).toEqual([alice.peerId, third.peerId].sort())
  })
})
