import { beforeEach, describe, expect, it, vi } from 'vitest'
import { RmaError } from '../../shared/errors.ts'
import { minute } from '../../shared/units.ts'
import type { AnswerFrame } from './frames.ts'
import { recordHash } from './record.ts'
import { FinderOfTests, found, nobody, silence } from './test-finder.ts'
import { type TestWorker, testNow, testWorker } from './test-records.ts'

const key = 'service:ocr'
const idsOf = (workers: readonly { peerId: string }[]) => workers.map(({ peerId }) => peerId)

let net: FinderOfTests
let worker: TestWorker
let record: Uint8Array

beforeEach(async () => {
  net = new FinderOfTests()
  worker = await testWorker()
  record = await worker.record()
})

describe('a lookup', () => {
  it('is answered by two registrars that name somebody, without waiting for the third', async () => {
    net.answers = { a: () => found([record]), b: () => found([record]), c: silence }
    expect(idsOf(await net.finder.find(key))).toEqual([worker.peerId])
  })

  it('waits 20 ms for a second one', async () => {
    net.answers = { a: () => found([record]), b: silence, c: silence }
    const finding = net.finder.find(key)
    await vi.waitFor(() => expect(net.asked).toHaveLength(3))
    // The answer has to have arrived before time goes on.
    await new Promise(setImmediate)
    net.clock.turn(20)
    expect(idsOf(await finding)).toEqual([worker.peerId])
  })

  it('waits longer where the first names nobody: it may be new, or lying', async () => {
    const late = Promise.withResolvers<AnswerFrame>()
    net.answers = { a: nobody, b: () => late.promise, c: silence }
    const finding = net.finder.find(key)
    await vi.waitFor(() => expect(net.asked).toHaveLength(3))
    await new Promise(setImmediate)
    net.clock.turn(99)
    late.resolve(await found([record]))
    await new Promise(setImmediate)
    net.clock.turn(20)
    expect(idsOf(await finding)).toEqual([worker.peerId])
  })

  it('waits longer where the first leaves out a worker that it knew: registrars of others cannot hide it by answering sooner', async () => {
    const both = [record, await (await testWorker(2)).record()]
    net.answers = { a: () => found(both), b: () => found(both), c: silence }
    await net.finder.find(key)
    const late = Promise.withResolvers<AnswerFrame>()
    net.answers = { a: () => found([record]), b: () => found([record]), c: () => late.promise }
    const finding = net.finder.find(key)
    await vi.waitFor(() => expect(net.asked).toHaveLength(6))
    await new Promise(setImmediate)
    net.clock.turn(99)
    late.resolve(await found(both))
    expect(await finding).toHaveLength(2)
  })

  it('waits no longer for a worker that it knew and that has left or expired, nor for a made-up one', async () => {
    const gone = await (await testWorker(2)).record({ state: 'left' })
    const dying = await (await testWorker(3)).record({ expiresAt: testNow + minute })
    const madeUp = (await (await testWorker(4)).record()).map((byte, index, all) =>
      index === all.length - 1 ? byte ^ 1 : byte,
    )
    const all = [record, gone, dying, madeUp]
    net.answers = { a: () => found(all), b: () => found(all), c: silence }
    expect(await net.finder.find(key)).toHaveLength(2)
    net.clock.turn(minute)
    net.answers = { a: () => found([record]), b: () => found([record]), c: silence }
    expect(idsOf(await net.finder.find(key))).toEqual([worker.peerId])
  })

  it('asks the others where the first three name nobody or fail, and forgets those that failed', async () => {
    const fails = () => Promise.reject(new RmaError('DEADLINE', 'no answer'))
    net.answers = { a: fails, b: nobody, c: nobody, d: nobody, e: nobody }
    await net.finder.find(key)
    expect([...new Set(net.asked)].sort()).toEqual(['a', 'b', 'c', 'd', 'e'])
    expect(net.forgotten).toContain('a')
  })

  it('has all registrars draw by one seed, and by another after ten minutes', async () => {
    const seeds = () => [
      ...new Set(net.questions.map(question => (question.kind === 'find' ? question.seed : undefined))),
    ]
    net.answers = { a: () => found([record]), b: () => found([record]), c: () => found([record]) }
    await net.finder.find(key)
    await net.finder.find(key)
    const first = seeds()
    expect(first).toEqual([expect.any(Number)])
    net.clock.turn(10 * minute)
    await net.finder.find(key)
    expect(seeds()).toEqual([...first, expect.any(Number)])
  })

  it('ends when it is cancelled, and blames no registrar for that', async () => {
    net.answers = { a: silence, b: silence }
    const life = new AbortController()
    const finding = net.finder.find(key, { signal: life.signal })
    await vi.waitFor(() => expect(net.asked).toHaveLength(2))
    life.abort(new RmaError('CANCELLED', 'enough'))
    await expect(finding).rejects.toThrow('enough')
    await expect(net.finder.find(key, { signal: life.signal })).rejects.toThrow('enough')
    expect(net.forgotten).toEqual([])
  })

  it('is blamed on no registrar where the asker gave up and its question failed for that', async () => {
    const life = new AbortController()
    const failed = Promise.withResolvers<never>()
    net.answers = { a: () => failed.promise }
    const finding = net.finder.find(key, { signal: life.signal })
    await vi.waitFor(() => expect(net.asked).toHaveLength(1))
    life.abort(new RmaError('CANCELLED', 'enough'))
    failed.reject(life.signal.reason)
    await expect(finding).rejects.toThrow('enough')
    expect(net.forgotten).toEqual([])
  })

  it('passes on which workers are wanted', async () => {
    net.answers = { a: nobody }
    const filter = { gpu: true, location: 'london' }
    await net.finder.find(key, { filter, limit: 7 })
    expect(net.questions[0]).toMatchObject({ kind: 'find', key, filter, limit: 7 })
  })

  it('takes an answer to another question for none', async () => {
    net.answers = { a: async () => ({ kind: 'ok', id: 0 }), b: () => found([record]) }
    expect(idsOf(await net.finder.find(key))).toEqual([worker.peerId])
  })

  it('leaves out workers whose records do not hold', async () => {
    const expired = await (await testWorker(2)).record({ issuedAt: testNow - 2 * minute, expiresAt: testNow })
    net.answers = { a: () => found([expired, record]), b: () => found([record, expired]) }
    expect(idsOf(await net.finder.find(key))).toEqual([worker.peerId])
  })

  it('says what it knows of the last 128 keys it was asked for', async () => {
    net.answers = { a: () => found([record]) }
    const knows = async (service: string) => {
      net.questions = []
      await net.finder.findService(service)
      return net.questions[0] !== undefined && 'known' in net.questions[0]
    }
    const other = await worker.record({ services: Array.from({ length: 60 }, (_, index) => `service-${index}`) })
    await net.finder.find(key)
    expect(await knows('ocr')).toBe(true)
    net.answers = { a: () => found([other]) }
    for (let index = 0; index < 127; index++) await net.finder.findService(`service-${index}`)
    net.answers = { a: () => found([record]) }
    expect(await knows('ocr')).toBe(true)
    for (let index = 0; index < 128; index++) await net.finder.findService(`service-${index}`)
    expect(await knows('ocr')).toBe(false)
  })

  it('asks again once it is known who keeps the key, where nobody was found before', async () => {
    net.answers = { a: nobody }
    net.refresh = async () => {
      net.answers = { a: nobody, b: () => found([record]) }
      return true
    }
    expect(idsOf(await net.finder.find(key))).toEqual([worker.peerId])
  })

  it('does without knowing better who keeps the key', async () => {
    net.answers = { a: () => found([record]) }
    net.refresh = () => Promise.reject(new Error('nobody answers'))
    expect(idsOf(await net.finder.find(key))).toEqual([worker.peerId])
  })

  it('says when asking again may find more', async () => {
    net.answers = { a: () => found([record]), b: () => found([record]) }
    const known = Promise.withResolvers<boolean>()
    net.refresh = () => known.promise
    const onMore = vi.fn()
    await net.finder.find(key, { onMore })
    expect(onMore).not.toHaveBeenCalled()
    known.resolve(true)
    await vi.waitFor(() => expect(onMore).toHaveBeenCalledOnce())
  })

  it('finds as many as were asked for, those that claim the most free capacity first', async () => {
    const other = await testWorker(2)
    const both = [record, await other.record({ load: 0.1 })]
    net.answers = { a: () => found(both), b: () => found(both) }
    expect(idsOf(await net.finder.find(key))).toEqual([other.peerId, worker.peerId])
    expect(idsOf(await net.finder.find(key, { limit: 1 }))).toEqual([other.peerId])
    expect(net.finder.finds).toBe(2)
  })

  it('takes nothing back for an answer that is older than what it has heard', async () => {
    const renewal = await worker.renewal(record, { seq: testNow + 5, state: 'paused' })
    net.answers = { a: () => found([record], [renewal]) }
    expect(await net.finder.find(key)).toMatchObject([{ state: 'paused' }])
    net.answers = { a: () => found([record]) }
    expect(await net.finder.find(key)).toMatchObject([{ state: 'paused' }])
    const newer = await worker.record({ seq: testNow + 9 })
    net.answers = { a: () => found([newer]) }
    net.clock.turn(minute)
    expect(await net.finder.find(key)).toMatchObject([{ state: 'donating', record: { seq: testNow + 9 } }])
    net.answers = { a: () => found([record]) }
    expect(await net.finder.find(key)).toMatchObject([{ record: { seq: testNow + 9 } }])
  })
})

describe('claims that all registrars agree on', () => {
  it('are handed over at once, and corrected when they prove made up: by what was known before them', async () => {
    const true1 = await worker.renewal(record, { seq: testNow + 5, state: 'draining' })
    net.answers = { a: () => found([record], [true1]) }
    await net.finder.find(key)
    const forged = (await worker.renewal(record, { seq: testNow + 9, state: 'paused' })).map((byte, index, all) =>
      index === all.length - 1 ? byte ^ 1 : byte,
    )
    net.answers = { a: () => found([], [forged], [0]) }
    const { workers, check } = await net.finder.findClaims(key)
    expect(workers).toMatchObject([{ state: 'paused' }])
    expect(await check()).toMatchObject([{ peerId: worker.peerId, state: 'draining' }])
    expect(await net.finder.find(key)).toMatchObject([{ state: 'draining' }])
  })

  it('name nobody where the record has expired by the time they prove made up', async () => {
    const forged = await (await testWorker(3)).renewal(record, { recordHash: recordHash(record), state: 'paused' })
    net.answers = { a: () => found([record], [forged]) }
    const { check } = await net.finder.findClaims(key)
    net.clock.turn(10 * minute)
    expect(await check()).toEqual([])
  })

  it('are checked before they are returned by a plain lookup', async () => {
    const forged = await (await testWorker(3)).renewal(record, { recordHash: recordHash(record), state: 'paused' })
    net.answers = { a: () => found([record], [forged]) }
    expect(await net.finder.find(key)).toMatchObject([{ state: 'donating' }])
  })
})
