import { pino } from 'pino'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { WorkerView } from '../../shared/schema/worker.ts'
import { minute, second } from '../../shared/units.ts'
import { TurnedClock } from '../clock.ts'
import { type SearchOptions, WorkerCache } from './cache.ts'
import { ocrDraft } from './test-network.ts'

const log = pino({ level: 'silent' })
let clock: TurnedClock
let answers: (WorkerView[] | Promise<WorkerView[]> | Error)[]
/** The same of those that stand elsewhere. */
let elsewhere: typeof answers
let asked: number
let cache: WorkerCache
/** Says that the directory knows more than its last answer. */
let tellOfMore: () => void
/** What turns out to be true of workers whose claims were made up. */
let corrections: Promise<WorkerView[]>

function worker(peerId: string, change: Partial<WorkerView> = {}): WorkerView {
  const now = clock.now()
  const record = { ...ocrDraft(), addresses: [], seq: 1, issuedAt: now, expiresAt: now + 5 * minute }
  const { load, queue, state } = record
  return { peerId, record, load, queue, state, updatedAt: now, expiresAt: record.expiresAt, ...change }
}

beforeEach(() => {
  clock = new TurnedClock()
  answers = []
  corrections = Promise.resolve([])
  asked = 0
  elsewhere = []
  const find = async (_service: string, _particulars: object, { onMore, elsewhere: others }: SearchOptions) => {
    asked++
    tellOfMore = onMore ?? tellOfMore
    const from = others === true ? elsewhere : answers
    const answer = from.length > 1 ? from.shift() : from[0]
    if (answer instanceof Error) throw answer
    return { workers: (await answer) ?? [], others: elsewhere.length > 0, check: () => corrections }
  }
  cache = new WorkerCache({ find, clock, log }, { cacheTtlMs: minute })
})

const idsOf = async () => (await cache.lookup('ocr')).workers.map(each => each.peerId)

describe('a lookup', () => {
  it('asks the directory the first time and the cache after that', async () => {
    answers = [[worker('a')]]
    expect((await cache.lookup('ocr')).source).toBe('dht')
    expect((await cache.lookup('ocr')).source).toBe('cache')
    expect(asked).toBe(1)
    expect(cache.statistics).toEqual({ hits: 1, misses: 1, dhtLookups: 1, size: 1 })
  })

  it('believes what is true of a worker once a claim about it has proven false', async () => {
    answers = [[worker('a', { state: 'paused' })]]
    corrections = Promise.resolve([worker('a'), worker('unheard-of')])
    expect((await cache.lookup('ocr')).workers).toMatchObject([{ state: 'paused' }])
    await vi.waitFor(async () => expect((await cache.lookup('ocr')).workers).toEqual([worker('a')]))
  })

  it('asks again in the background when the directory has more to say', async () => {
    answers = [[worker('a')], [worker('a'), worker('b')]]
    expect(await idsOf()).toEqual(['a'])
    tellOfMore()
    await vi.waitFor(async () => expect(await idsOf()).toEqual(['a', 'b']))
    expect(asked).toBe(2)
  })

  it('asks again after its answer where it was told of more before', async () => {
    const first = Promise.withResolvers<WorkerView[]>()
    answers = [first.promise, [worker('a'), worker('b')]]
    const looking = idsOf()
    tellOfMore()
    first.resolve([worker('a')])
    expect(await looking).toEqual(['a'])
    await vi.waitFor(async () => expect(await idsOf()).toEqual(['a', 'b']))
    expect(asked).toBe(2)
  })

  it('asks again once the time to live is over', async () => {
    answers = [[worker('a')]]
    await cache.lookup('ocr')
    clock.turn(minute)
    expect((await cache.lookup('ocr')).source).toBe('dht')
  })

  it('asks again when the clock is set back by more than that', async () => {
    answers = [[worker('a', { expiresAt: Number.MAX_SAFE_INTEGER })]]
    await cache.lookup('ocr')
    clock.turn(-10 * minute)
    expect((await cache.lookup('ocr')).source).toBe('dht')
  })

  it('asks the directory although it holds an answer where a fresh one is wanted, once a second at most', async () => {
    answers = [[worker('a')], [worker('b')]]
    await cache.lookup('ocr')
    clock.turn(0.9 * second)
    expect(await cache.lookup('ocr', { fresh: true })).toMatchObject({ workers: [{ peerId: 'a' }], source: 'cache' })
    clock.turn(0.1 * second)
    expect(await cache.lookup('ocr', { fresh: true })).toMatchObject({ workers: [{ peerId: 'b' }], source: 'dht' })
    expect(await idsOf()).toEqual(['b'])
  })

  it('holds the answers for 256 services, and forgets the oldest first', async () => {
    answers = [[worker('a')]]
    for (let service = 0; service <= 256; service++) await cache.lookup(`service-${service}`)
    expect(cache.statistics.size).toBe(256)
    expect((await cache.lookup('service-1')).source).toBe('cache')
    expect((await cache.lookup('service-0')).source).toBe('dht')
  })

  it('holds the workers that have a model apart from all that offer the service', async () => {
    answers = [[worker('a'), worker('b')], [worker('b')]]
    await cache.lookup('ocr')
    const narrow = { particulars: { model: 'llava:7b' } }
    expect(await cache.lookup('ocr', narrow)).toMatchObject({ workers: [{ peerId: 'b' }], source: 'dht' })
    expect((await cache.lookup('ocr', narrow)).source).toBe('cache')
    expect((await cache.lookup('ocr', { particulars: { model: 'other' } })).source).toBe('dht')
    expect(await idsOf()).toEqual(['a', 'b'])
    cache.remove('b')
    expect((await cache.lookup('ocr', narrow)).source).toBe('dht')
  })

  it('asks nobody in the background for what it no longer holds', async () => {
    answers = [[worker('a')]]
    await cache.lookup('ocr')
    cache.clear()
    tellOfMore()
    expect(asked).toBe(1)
  })

  it('asks the directory once for many at the same time', async () => {
    answers = [[worker('a')]]
    await Promise.all(Array.from({ length: 200 }, () => cache.lookup('ocr')))
    expect(asked).toBe(1)
  })

  it('does not remember that there was nobody', async () => {
    answers = [[], [worker('a', { expiresAt: Number.MAX_SAFE_INTEGER })]]
    expect(await idsOf()).toEqual([])
    expect(await idsOf()).toEqual(['a'])
  })

  it('never offers a worker whose record has expired', async () => {
    answers = [[worker('a', { expiresAt: clock.now() + second }), worker('b')]]
    await cache.lookup('ocr')
    clock.turn(2 * second)
    expect(await idsOf()).toEqual(['b'])
  })

  it('ends with the reason when its signal aborts, while the shared lookup goes on', async () => {
    answers = [[worker('a')]]
    const controller = new AbortController()
    const cancelled = cache.lookup('ocr', { signal: controller.signal })
    const other = cache.lookup('ocr')
    controller.abort(new Error('gone'))
    await expect(cancelled).rejects.toThrow('gone')
    expect((await other).workers).toHaveLength(1)
  })

  it('passes on that the directory could not be asked', async () => {
    answers = [new Error('no network')]
    await expect(cache.lookup('ocr')).rejects.toThrow('no network')
  })
})

describe('while most of those that are held are busy', () => {
  const busy = { load: 1 }
  /** Lets what goes on in the background end. */
  const settled = () => new Promise(setImmediate)

  it('looks for others elsewhere, again and again, and a request waits for none of it', async () => {
    answers = [[worker('a', busy), worker('b', busy), worker('c')]]
    elsewhere = [[worker('a', busy), worker('d', { state: 'paused' })], [worker('e')]]
    await cache.lookup('ocr')
    expect(await idsOf()).toEqual(['a', 'b', 'c'])
    await settled()
    expect(await idsOf()).toEqual(['a', 'b', 'c', 'd'])
    await settled()
    expect(asked).toBe(2)
    clock.turn(1 * second)
    expect(await idsOf()).toEqual(['a', 'b', 'c', 'd'])
    await settled()
    expect(await idsOf()).toEqual(['a', 'b', 'c', 'd', 'e'])
    clock.turn(1 * second)
    cache.heard('a', 0, 0)
    await idsOf()
    expect(asked).toBe(3)
  })

  it('holds four hundred at most', async () => {
    answers = [[worker('a', busy)]]
    elsewhere = [Array.from({ length: 500 }, (_, index) => worker(`b${index}`, busy)), [worker('c', busy)]]
    await cache.lookup('ocr')
    await cache.lookup('ocr')
    await settled()
    clock.turn(1 * second)
    expect(await idsOf()).toHaveLength(400)
    await settled()
    expect(elsewhere).toHaveLength(1)
    expect(asked).toBe(2)
  })

  it('looks for nobody where all there are were named', async () => {
    answers = [[worker('a', busy)]]
    for (let times = 0; times < 3; times++) await cache.lookup('ocr')
    expect(asked).toBe(1)
  })

  it('leaves twice as long a pause each time nobody new was named, or nobody answered', async () => {
    const leftAfter = async (ms: number) => {
      clock.turn(ms)
      for (let times = 0; times < 2; times++) await cache.lookup('ocr')
      await settled()
      return elsewhere.length
    }
    answers = [[worker('a', { ...busy, expiresAt: Number.MAX_SAFE_INTEGER })]]
    elsewhere = [[worker('a', busy)], new Error('nobody answers'), [worker('b', busy)], [worker('c', busy)], []]
    expect(await leftAfter(0)).toBe(4)
    expect(await leftAfter(1.9 * second)).toBe(4)
    expect(await leftAfter(0.1 * second)).toBe(3)
    expect(await leftAfter(3.9 * second)).toBe(3)
    expect(await leftAfter(0.1 * second)).toBe(2)
    expect(await leftAfter(1 * second)).toBe(1)
  })

  it('holds those that were found elsewhere for as long as they are heard of', async () => {
    answers = [[worker('a', busy)]]
    elsewhere = [[worker('b'), worker('c'), worker('d')]]
    await cache.lookup('ocr')
    await cache.lookup('ocr')
    await settled()
    expect(await idsOf()).toEqual(['a', 'b', 'c', 'd'])
    clock.turn(40 * second)
    cache.heard('b', 0.5, 0)
    cache.remove('d')
    clock.turn(20 * second)
    answers = [[worker('a')]]
    expect(await idsOf()).toEqual(['a', 'b'])
    clock.turn(minute)
    answers = [[worker('a')]]
    expect(await idsOf()).toEqual(['a'])
  })
})

describe('before an answer expires', () => {
  it('is refreshed in the background while the old one is given out', async () => {
    answers = [[worker('a')]]
    await cache.lookup('ocr')
    answers = [[worker('b')]]
    clock.turn(45 * second)
    expect(await idsOf()).toEqual(['a'])
    await Promise.resolve()
    expect(asked).toBe(2)
    expect(await idsOf()).toEqual(['b'])
  })

  it('is refreshed by one lookup at a time, however long that takes', async () => {
    answers = [[worker('a')]]
    await cache.lookup('ocr')
    corrections = new Promise(() => undefined)
    const slow = Promise.withResolvers<WorkerView[]>()
    answers = [slow.promise]
    clock.turn(45 * second)
    await cache.lookup('ocr')
    clock.turn(2 * second)
    await cache.lookup('ocr')
    expect(asked).toBe(2)
    slow.resolve([worker('b')])
    await vi.waitFor(async () => expect(await idsOf()).toEqual(['b']))
  })

  it('keeps the old answer when the refresh fails', async () => {
    answers = [[worker('a')]]
    await cache.lookup('ocr')
    answers = [new Error('no network')]
    clock.turn(45 * second)
    await cache.lookup('ocr')
    expect(await idsOf()).toEqual(['a'])
  })
})

describe('what is heard of a worker', () => {
  it('takes the place of the load in its record', async () => {
    answers = [[worker('a')]]
    await cache.lookup('ocr')
    cache.heard('a', 0.9, 3)
    const { workers } = await cache.lookup('ocr')
    expect(workers[0]).toMatchObject({ load: 0.9, queue: { waiting: 3 } })
  })

  it('changes nothing where that worker is not among those found', async () => {
    answers = [[worker('a')]]
    await cache.lookup('ocr')
    cache.heard('b', 0.9, 3)
    expect((await cache.lookup('ocr')).workers).toEqual([worker('a')])
  })

  it('outlives a refresh that brings an older load', async () => {
    const old = worker('a', { load: 0.1 })
    answers = [[old]]
    await cache.lookup('ocr')
    clock.turn(45 * second)
    cache.heard('a', 0.9, 3)
    await cache.lookup('ocr')
    await Promise.resolve()
    expect((await cache.lookup('ocr')).workers[0]?.load).toBe(0.9)
  })

  it('tells how many of its slots are taken, and a newer record how many there are', async () => {
    const busy = { running: 4, waiting: 2, slots: 4, bound: 16 }
    answers = [[worker('a', { load: 1, queue: busy })]]
    await cache.lookup('ocr')
    clock.turn(45 * second)
    cache.heard('a', 0, 0)
    const queueOf = async () => (await cache.lookup('ocr')).workers[0]?.queue
    expect(await queueOf()).toEqual({ ...busy, running: 0, waiting: 0 })
    answers = [[worker('a', { load: 1, queue: { ...busy, slots: 2 }, updatedAt: clock.now() - second })]]
    clock.turn(45 * second)
    await cache.lookup('ocr')
    await vi.waitFor(async () => expect(await queueOf()).toEqual({ ...busy, slots: 2, running: 0, waiting: 0 }))
  })

  it('is that it failed: it is not offered while the directory only repeats what it said before', async () => {
    const before = [worker('a'), worker('b')]
    answers = [before]
    await cache.lookup('ocr')
    clock.turn(second)
    cache.remove('a')
    expect(await idsOf()).toEqual(['b'])
    clock.turn(minute)
    expect(await idsOf()).toEqual(['b'])
    clock.turn(minute)
    answers = [[worker('a'), ...before.slice(1)]]
    expect(await idsOf()).toEqual(['a', 'b'])
  })

  it('is that it failed: by a clock that was set back since that counts no longer', async () => {
    answers = [[worker('a'), worker('b')]]
    expect(await idsOf()).toEqual(['a', 'b'])
    cache.remove('a')
    clock.set(-60 * minute)
    clock.turn(minute)
    answers = [[worker('a'), worker('b')]]
    expect(await idsOf()).toEqual(['a', 'b'])
  })

  it('is that it failed: the last thousand such are remembered', async () => {
    answers = [[worker('a'), worker('b'), worker('c')]]
    cache.remove('a')
    cache.remove('b')
    for (let other = 0; other < 999; other++) cache.remove(`other-${other}`)
    expect(await idsOf()).toEqual(['a', 'c'])
  })

  it('is that it failed: where nobody else is known it is offered all the same', async () => {
    answers = [[worker('a')]]
    await cache.lookup('ocr')
    clock.turn(second)
    cache.remove('a')
    expect(await idsOf()).toEqual(['a'])
  })
})
