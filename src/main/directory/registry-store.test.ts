import { encode } from '@ipld/dag-cbor'
import { MemoryDatastore } from 'datastore-core'
import { Key } from 'interface-datastore'
import { pino } from 'pino'
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { minute, second } from '../../shared/units.ts'
import { TurnedClock } from '../clock.ts'
import { createLog, LogBuffer } from '../log.ts'
import { serviceKey, workerKey } from './keys.ts'
import { Registry } from './registry.ts'
import { RegistryStore } from './registry-store.ts'
import { type TestWorker, testNetworkId, testNow, testWorker } from './test-records.ts'

const ocr = serviceKey('ocr')
let alice: TestWorker
let bob: TestWorker
let datastore: MemoryDatastore
let clock: TurnedClock

beforeAll(async () => {
  ;[alice, bob] = (await Promise.all([testWorker(1), testWorker(2)])) as [TestWorker, TestWorker]
})

beforeEach(() => {
  datastore = new MemoryDatastore()
  clock = new TurnedClock(testNow)
})

async function start(log = pino({ level: 'silent' })) {
  const registry = new Registry({ hasRole: () => true }, { networkId: testNetworkId })
  const store = new RegistryStore({ registry, datastore, clock, log })
  await store.start()
  const announce = (worker: TestWorker, record: Uint8Array, group?: string) =>
    registry.announce(record, {
      keys: [ocr, workerKey(worker.peerId)],
      from: worker.peerId,
      now: clock.now(),
      ...(group === undefined ? {} : { group }),
    })
  const found = () => registry.find(ocr, { limit: 50, now: clock.now(), random: Math.random }).records
  return { registry, store, announce, found }
}

async function stored(): Promise<string[]> {
  const keys: string[] = []
  for await (const key of datastore.queryKeys({ prefix: '/directory/worker' })) keys.push(key.name())
  return keys.sort()
}

describe('a registry with a store', () => {
  it('keeps nothing of an entry whose keys cannot be read', async () => {
    const { registry } = await start()
    const entry = { record: await alice.record(), keys: [ocr, 'no key'], lastExpiresAt: clock.now() }
    expect(() => registry.restore(entry, clock.now())).toThrow('expected service:<type>')
    expect(registry.stored(alice.peerId)).toBeUndefined()
  })

  it('finds after a restart what it found before', async () => {
    const before = await start()
    const [a, b] = await Promise.all([alice.record(), bob.record()])
    before.announce(alice, a, '192.0.2.0/24')
    before.announce(bob, b)
    await before.store.stop()
    const after = await start()
    expect(after.found().sort(Buffer.compare)).toEqual([a, b].sort(Buffer.compare))
    expect(after.registry.stored(alice.peerId)).toEqual(before.registry.stored(alice.peerId))
  })

  it('writes behind, what changed meanwhile in one batch', async () => {
    const batches = vi.spyOn(datastore, 'batch')
    const { announce, store } = await start()
    announce(alice, await alice.record())
    announce(bob, await bob.record())
    expect(await stored()).toEqual([])
    clock.turn(5 * second)
    await store.flush()
    expect(await stored()).toEqual([alice.peerId, bob.peerId].sort())
    clock.turn(5 * second)
    await store.flush()
    expect(batches).toHaveBeenCalledTimes(1)
  })

  it('remembers after a restart that a worker has left', async () => {
    const before = await start()
    const record = await alice.record()
    before.announce(alice, record)
    const left = await alice.record({ seq: testNow + 1, state: 'left', expiresAt: testNow + second })
    before.announce(alice, left)
    await before.store.stop()
    clock.turn(2 * minute)
    const after = await start()
    after.registry.expire(clock.now())
    expect(after.found()).toEqual([])
    expect(after.announce(alice, record)).toEqual({ kind: 'stale', record: left })
  })

  it('drops from disk what it forgets, and what is of no use after a long stop', async () => {
    const before = await start()
    before.announce(alice, await alice.record())
    await before.store.flush()
    clock.turn(6 * minute)
    before.registry.expire(clock.now())
    await before.store.flush()
    expect(await stored()).toEqual([])

    before.announce(bob, await bob.record({ seq: testNow + 9, issuedAt: clock.now() }))
    await before.store.stop()
    expect(await stored()).toEqual([bob.peerId])
    clock.turn(7 * minute)
    const after = await start()
    expect(after.registry.size.workers).toBe(0)
    expect(await stored()).toEqual([])
  })

  it('takes back nothing that was altered on disk', async () => {
    const record = await alice.record()
    const put = (name: string, value: Uint8Array) => datastore.put(new Key(`/directory/worker/${name}`), value)
    const entry = { record, keys: [ocr], lastExpiresAt: testNow + minute }
    await put('a', Uint8Array.of(0xff))
    await put('b', encode({ ...entry, record: record.with(200, (record[200] ?? 0) ^ 1) }))
    await put('c', encode({ ...entry, keys: ['nonsense'] }))
    // Whole but for its signature.
    const other = await bob.record()
    await put('e', encode({ ...entry, record: other.with(other.length - 1, (other.at(-1) ?? 0) ^ 1) }))
    await put('d', encode({ ...entry, keys: 7 }))
    const { registry } = await start()
    expect(registry.find(ocr, { limit: 5, now: testNow, random: Math.random }).total).toBe(0)
    expect(await stored()).toEqual([])
  })

  it('keeps the newer record where one came before the disk was read', async () => {
    const before = await start()
    before.announce(alice, await alice.record())
    await before.store.stop()
    const registry = new Registry({ hasRole: () => true }, { networkId: testNetworkId })
    const newer = await alice.record({ seq: testNow + 1 })
    registry.announce(newer, { keys: [ocr], from: alice.peerId, now: testNow })
    await new RegistryStore({ registry, datastore, clock, log: pino({ level: 'silent' }) }).start()
    expect(registry.stored(alice.peerId)?.record).toEqual(newer)
  })

  it('goes on without its disk, says so once, and writes when it is back', async () => {
    const buffer = new LogBuffer()
    const lines: string[] = []
    const log = createLog({ level: 'warn', buffer, destinations: [{ write: line => lines.push(line) }] })
    const { announce, store, found } = await start(log)
    const full = vi.spyOn(datastore, 'batch').mockImplementation(() => {
      throw new Error('ENOSPC')
    })
    announce(alice, await alice.record())
    await store.flush()
    await store.flush()
    expect(lines).toHaveLength(1)
    expect(found()).toHaveLength(1)
    full.mockRestore()
    await store.flush()
    expect(await stored()).toEqual([alice.peerId])
  })

  it('starts without what cannot be read', async () => {
    const lines: string[] = []
    const log = createLog({
      level: 'warn',
      buffer: new LogBuffer(),
      destinations: [{ write: line => lines.push(line) }],
    })
    vi.spyOn(datastore, 'query').mockImplementation(() => {
      throw new Error('EIO')
    })
    await start(log)
    expect(lines).toHaveLength(1)
  })
})
