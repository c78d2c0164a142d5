import fc from 'fast-check'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { minute, second } from '../../shared/units.ts'
import { coordinatorKey, coordinatorsKey, relaysKey, workerKey } from './keys.ts'
import { Registry } from './registry.ts'
import { refusalOf, type TestWorker, testNetworkId, testNow } from './test-records.ts'
import { by, findIn, llm, makeRegistry, makeWorkers, ner, ocr, peersIn } from './test-registry.ts'

let workers: TestWorker[]
let alice: TestWorker
let bob: TestWorker
let certified: Set<string>
let noDonors: Set<string>
let registry: Registry

beforeAll(async () => {
  workers = await makeWorkers(120)
  ;[alice, bob] = workers as [TestWorker, TestWorker]
})

beforeEach(() => {
  certified = new Set()
  noDonors = new Set()
  registry = makeRegistry(
    {},
    { hasRole: (peerId, role) => (role === 'donor' ? !noDonors.has(peerId) : certified.has(peerId)) },
  )
})

const find = (key: string, options: Parameters<typeof findIn>[2] = {}) => findIn(registry, key, options)
const peersUnder = (key: string, options: Parameters<typeof findIn>[2] = {}) => peersIn(registry, key, options)

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
        const registry = makeRegistry()
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
