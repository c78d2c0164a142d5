import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { TurnedClock } from '../main/clock.ts'
import { type CaKey, generateCaKey } from '../shared/membership/ca-key.ts'
import { networkId } from '../shared/membership/network-id.ts'
import { type EdgeHealth, edgeMetricsSchema } from '../shared/schema/edge-api.ts'
import { bootstrapSchema, type Seed } from '../shared/schema/seeds.ts'
import { hour, minute, second } from '../shared/units.ts'
import type { CoordinatorStore, ListCopy } from './coordinator-store.ts'
import type { CoordinatorList } from './coordinator-table.ts'
import { createEdgeApp, type EdgeApp } from './edge-app.ts'
import { memoryTable, storeOf } from './testing/memory-table.ts'
import { makeRegistration, makeSigner, networkName } from './testing/test-coordinator.ts'

const edgeUrl = 'https://edge.example.org'
const operatorToken = 'o'.repeat(64)

let ca: CaKey
let clock: TurnedClock
let storage: { works: boolean; lists: number; writes: number }
let kept: CoordinatorList | undefined
let store: CoordinatorStore
let edge: EdgeApp

beforeAll(async () => {
  ca = await generateCaKey()
})

beforeEach(() => {
  clock = new TurnedClock(Date.UTC(2026, 6, 1))
  storage = { works: true, lists: 0, writes: 0 }
  kept = undefined
  store = failing(storeOf(memoryTable(), () => clock.now()))
  edge = startIsolate()
})

/** The storage of all isolates; it can be broken. */
function failing(whole: CoordinatorStore): CoordinatorStore {
  const call = async <T>(work: () => Promise<T>): Promise<T> => {
    if (!storage.works) throw new Error('disk I/O error')
    return work()
  }
  return {
    list: () => {
      storage.lists++
      return call(() => whole.list())
    },
    register: (arrival, revocations) => call(() => whole.register(arrival, revocations)),
    count: counts => {
      storage.writes++
      return call(() => whole.count(counts))
    },
    counts: () => call(() => whole.counts()),
  }
}

/** Isolates share storage and cache, and nothing else. */
function startIsolate(): EdgeApp {
  const copy: ListCopy = {
    read: async () => kept,
    write: async list => {
      kept = structuredClone(list)
    },
  }
  const edgeClock = {
    now: () => clock.now(),
    delay: (ms: number) => new Promise<void>(resolve => clock.after(ms, resolve)),
  }
  const identity = { networkId: networkId(networkName, ca.publicKey), caPublicKey: ca.publicKey, operatorToken }
  return createEdgeApp({ store, copy, clock: edgeClock, report: () => undefined }, identity)
}

const context = { waitUntil: () => undefined, passThroughOnException: () => undefined, props: {} }
const get = (path: string, app = edge, headers = {}) => app.request(edgeUrl + path, { headers }, {}, context)

async function register(): Promise<Seed> {
  const { seed, registration } = await makeRegistration({ ca, signer: await makeSigner(), edgeUrl, now: clock.now() })
  const body = JSON.stringify({ registration })
  const response = await edge.request(`${edgeUrl}/api/coordinator/register`, { method: 'POST', body }, {}, context)
  expect(response.status).toBe(200)
  return seed
}

async function seeds(app = edge): Promise<Seed[]> {
  return bootstrapSchema.parse(await (await get('/api/dht/bootstrap', app)).json()).seeds
}

test('hands a coordinator out for 24 hours after it was last heard of', async () => {
  const seed = await register()
  clock.turn(24 * hour - second)
  expect(await seeds()).toEqual([seed])
  clock.turn(second)
  expect(await seeds()).toEqual([])
})

test('hands out at most 20, those heard of last', async () => {
  const all: Seed[] = []
  for (let index = 0; index < 25; index++) {
    all.unshift(await register())
    clock.turn(minute)
  }
  expect(await seeds()).toEqual(all.slice(0, 20))
})

test('counts the attempts of an IPv6 machine as one’s, whichever of its addresses they come from', async () => {
  const attempt = async (address: string) => {
    const init = { method: 'POST', body: '{}', headers: { 'cf-connecting-ip': address } }
    return (await edge.request(`${edgeUrl}/api/coordinator/register`, init, {}, context)).status
  }
  for (let host = 1; host <= 10; host++) expect(await attempt(`2001:db8::${host}`)).not.toBe(429)
  expect([await attempt('2001:db8::a:b'), await attempt('2001:db8:0:1::1')]).toEqual([429, 422])
})

describe('while the storage fails', () => {
  const break_ = () => {
    storage.works = false
    clock.turn(2 * minute)
  }

  test('answers from memory', async () => {
    const seed = await register()
    await seeds()
    break_()
    expect(await seeds()).toEqual([seed])
  })

  test('answers from the data centre’s cache where an isolate is new', async () => {
    const seed = await register()
    await seeds()
    break_()
    expect(await seeds(startIsolate())).toEqual([seed])
  })

  test('goes on for as long as the coordinators’ own word counts, and no longer', async () => {
    const seed = await register()
    await seeds()
    break_()
    clock.turn(47 * hour)
    expect(await seeds()).toEqual([seed])
    clock.turn(hour)
    expect(await seeds()).toEqual([])
  })

  test('leaves the storage alone for ten seconds after a failure, then asks again', async () => {
    await register()
    await seeds()
    break_()
    const before = storage.lists
    for (let round = 0; round < 5; round++) await seeds()
    expect(storage.lists).toBe(before + 1)
    storage.works = true
    clock.turn(10 * second)
    await seeds()
    expect(storage.lists).toBe(before + 2)
    expect(((await (await get('/health')).json()) as EdgeHealth).status).toBe('ok')
  })

  test('does not wait long for one that hangs', async () => {
    const seed = await register()
    await seeds()
    clock.turn(2 * minute)
    store.list = () => new Promise(() => undefined)
    const asking = seeds()
    await new Promise(resolve => setImmediate(resolve))
    clock.turn(3 * second)
    expect(await asking).toEqual([seed])
    expect(((await (await get('/health')).json()) as EdgeHealth).status).toBe('degraded')
  })

  test('loses no count of requests', async () => {
    await seeds()
    storage.works = false
    const answer = get('/api/admin/metrics', edge, { authorization: `Bearer ${operatorToken}` })
    expect((await answer).status).toBe(503)
    storage.works = true
    const metrics = await get('/api/admin/metrics', edge, { authorization: `Bearer ${operatorToken}` })
    expect(edgeMetricsSchema.parse(await metrics.json()).requests).toContainEqual({
      day: '2026-07-01',
      kind: 'bootstrap',
      count: 1,
    })
  })
})

test('writes the counts of a burst once, and asks the storage for coordinators once a minute', async () => {
  const works: Promise<unknown>[] = []
  const keeping = { ...context, waitUntil: (work: Promise<unknown>) => works.push(work) }
  for (let round = 0; round < 500; round++) {
    await edge.request(`${edgeUrl}/api/dht/bootstrap`, {}, {}, keeping)
  }
  expect(storage.lists).toBe(1)
  clock.turn(5 * second)
  await Promise.all(works)
  expect(storage.writes).toBe(1)
  expect(await store.counts()).toEqual([{ day: '2026-07-01', kind: 'bootstrap', count: 500 }])
})
