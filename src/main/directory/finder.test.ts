import { pino } from 'pino'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { RmaError } from '../../shared/errors.ts'
import { minute } from '../../shared/units.ts'
import { TurnedClock } from '../clock.ts'
import type { Question } from './channel.ts'
import { EnvelopeCache } from './envelope-cache.ts'
import { Finder } from './finder.ts'
import type { AnswerFrame } from './frames.ts'
import { recordHash } from './record.ts'
import type { Registrar } from './registrars.ts'
import { type TestWorker, testNetworkId, testNow, testWorker } from './test-records.ts'

const log = pino({ level: 'silent' })
const key = 'service:ocr'

type Answer = Promise<AnswerFrame>

let clock: TurnedClock
let worker: TestWorker
let record: Uint8Array
/** What each registrar answers; asked in the order of their names. */
let answers: Record<string, () => Answer>
let asked: string[]
let questions: Question[]
let forgotten: string[]
let letGo: string[]
let refresh: (key: string) => Promise<boolean>
let finder: Finder

const registrarOf = (peerId: string): Registrar => ({
  peerId,
  group: peerId,
  position: new Uint8Array(32),
  connected: true,
})
const found = (records: Uint8Array[], renewals: Uint8Array[] = [], kept: number[] = []): Answer =>
  Promise.resolve({ kind: 'found', id: 0, records, renewals, kept, total: records.length })
const nobody = () => found([])
const silence = () => new Promise<never>(() => undefined)
const idsOf = (workers: readonly { peerId: string }[]) => workers.map(({ peerId }) => peerId)

beforeEach(async () => {
  clock = new TurnedClock(testNow)
  worker = await testWorker()
  record = await worker.record()
  answers = {}
  asked = []
  questions = []
  forgotten = []
  letGo = []
  refresh = async () => true
  const registrars = {
    self: { ...registrarOf('self'), party: 'self' },
    get others() {
      return Object.keys(answers).length
    },
    of: () =>
      Object.keys(answers)
        .filter(peerId => !forgotten.includes(peerId))
        .map(registrarOf),
    refresh: (key: string) => refresh(key),
    forget: (peerId: string) => void forgotten.push(peerId),
  }
  finder = new Finder({
    registrars,
    ask: (peerId, question) => {
      asked.push(peerId)
      questions.push(question)
      return answers[peerId]?.() ?? nobody()
    },
    letGo: peerId => void letGo.push(peerId),
    envelopes: new EnvelopeCache({ networkId: testNetworkId }),
    clock,
    log,
  })
})

describe('a lookup', () => {
  it('is answered by two registrars that name somebody, without waiting for the third', async () => {
    answers = { a: () => found([record]), b: () => found([record]), c: silence }
    expect(idsOf(await finder.find(key))).toEqual([worker.peerId])
  })

  it('waits 20 ms for a second one', async () => {
    answers = { a: () => found([record]), b: silence, c: silence }
    const finding = finder.find(key)
    await vi.waitFor(() => expect(asked).toHaveLength(3))
    // The answer has to have arrived before time goes on.
    await new Promise(setImmediate)
    clock.turn(20)
    expect(idsOf(await finding)).toEqual([worker.peerId])
  })

  it('waits longer where the first names nobody: it may be new, or lying', async () => {
    const late = Promise.withResolvers<AnswerFrame>()
    answers = { a: nobody, b: () => late.promise, c: silence }
    const finding = finder.find(key)
    await vi.waitFor(() => expect(asked).toHaveLength(3))
    await new Promise(setImmediate)
    clock.turn(99)
    late.resolve(await found([record]))
    await new Promise(setImmediate)
    clock.turn(20)
    expect(idsOf(await finding)).toEqual([worker.peerId])
  })

  it('asks the others where the first three name nobody or fail, and forgets those that failed', async () => {
    const fails = () => Promise.reject(new RmaError('DEADLINE', 'no answer'))
    answers = { a: fails, b: nobody, c: nobody, d: nobody, e: nobody }
    await finder.find(key)
    expect([...new Set(asked)].sort()).toEqual(['a', 'b', 'c', 'd', 'e'])
    expect(forgotten).toContain('a')
  })

  it('has all registrars draw by one seed, and by another after ten minutes', async () => {
    const seeds = () => [...new Set(questions.map(question => (question.kind === 'find' ? question.seed : undefined)))]
    answers = { a: () => found([record]), b: () => found([record]), c: () => found([record]) }
    await finder.find(key)
    await finder.find(key)
    const first = seeds()
    expect(first).toEqual([expect.any(Number)])
    clock.turn(10 * minute)
    await finder.find(key)
    expect(seeds()).toEqual([...first, expect.any(Number)])
  })

  it('lets the registrars of a full key go, for it looks into a shard next', async () => {
    const room = () => found([record])
    const full = async () => ({ ...(await room()), full: true }) as AnswerFrame
    answers = { a: room, b: room, c: room }
    await finder.findService('ocr')
    await new Promise(setImmediate)
    expect(letGo).toEqual([])
    answers = { a: full, b: full, c: full }
    await finder.findService('ocr')
    await vi.waitFor(() => expect(letGo).toEqual(['a', 'b', 'c']))
    await finder.findService('ocr')
    const keys = questions.map(question => (question.kind === 'find' ? question.key : question.kind))
    expect(keys).toContainEqual(expect.stringMatching(/^service:ocr\/[0-9a-f]$/))
  })

  it('tells at once that a shard is to be asked as well, and goes on there whatever is wanted of the workers', async () => {
    const full = async () => ({ ...(await nobody()), full: true }) as AnswerFrame
    let more = 0
    const options = { filter: { model: 'llava:7b' }, onMore: () => void more++ }
    answers = { a: full, b: full, c: full }
    await finder.findService('ocr', options)
    expect(more).toBe(1)
    answers = { a: () => found([record]), b: () => found([record]), c: () => found([record]) }
    questions = []
    await finder.findService('ocr', options)
    expect(questions[0]).toMatchObject({
      key: expect.stringMatching(/^service:ocr\/[0-9a-f]$/),
      filter: options.filter,
    })
    expect(more).toBe(1)
  })

  it('asks by another seed and along another place where others are wanted, and keeps to its own otherwise', async () => {
    const full = async () => ({ ...(await found([record])), full: true }) as AnswerFrame
    const asked = async (options: { elsewhere?: boolean }) => {
      questions = []
      const { others } = await finder.findServiceClaims('ocr', options)
      const { key, seed } = questions[0] as Extract<Question, { kind: 'find' }>
      return { key, seed, others }
    }
    answers = { a: full, b: full, c: full }
    expect((await asked({})).others).toBe(true)
    for (let digits = 1; digits <= 3; digits++) await finder.findService('ocr')
    const own = await asked({})
    const another = await asked({ elsewhere: true })
    expect(another.key).toMatch(/^service:ocr\/[0-9a-f]{4}$/)
    expect(another.key).not.toBe(own.key)
    expect(another.seed).not.toBe(own.seed)
    expect(await asked({})).toEqual(own)
  })

  it('says whether there are others: none where all have been named', async () => {
    const all = () => found([record])
    answers = { a: all, b: all, c: all }
    expect((await finder.findServiceClaims('ocr', { limit: 2 })).others).toBe(false)
    expect((await finder.findServiceClaims('ocr', { limit: 1 })).others).toBe(true)
  })

  it('finds those of the service’s own key where hardly anybody stands under the shards any more', async () => {
    let isFull = true
    const others = [await testWorker(2), await testWorker(3)]
    const records = [record, ...(await Promise.all(others.map(other => other.record())))]
    const answerOf = async () => {
      const { key } = questions.at(-1) as Extract<Question, { kind: 'find' }>
      if (key === 'service:ocr') return { ...(await found(records)), full: isFull } as AnswerFrame
      return isFull ? ({ ...(await found([record])), full: true } as AnswerFrame) : nobody()
    }
    answers = { a: answerOf, b: answerOf, c: answerOf }
    for (let digits = 0; digits <= 3; digits++) await finder.findService('ocr')
    isFull = false
    questions = []
    expect(await finder.findService('ocr')).toHaveLength(3)
    const lengths = new Set(questions.map(question => (question.kind === 'find' ? question.key.length : 0)))
    expect([...lengths].map(length => length - 'service:ocr'.length)).toEqual([5, 4, 3, 2, 0])
    await finder.findService('ocr')
    expect(questions.at(-1)).toMatchObject({ key: 'service:ocr' })
  })

  it('stays with a shard where only those have room for the service’s own key that may be none of its registrars', async () => {
    const full = async () => ({ ...(await found([record])), full: true }) as AnswerFrame
    const few = () => found([record])
    answers = { a: full, b: full, c: full }
    await finder.findService('ocr')
    answers = { a: few, b: few, c: few }
    clock.turn(2 * minute)
    record = await worker.record({ issuedAt: clock.now(), expiresAt: clock.now() + 5 * minute, seq: 2 })
    refresh = async key => key !== 'service:ocr' || (await silence())
    await finder.findService('ocr')
    questions = []
    await finder.findService('ocr')
    expect(questions[0]).toMatchObject({ key: expect.stringMatching(/^service:ocr\/[0-9a-f]$/) })
  })

  it('looks into a shard where no registrar of the service answers: they may have no room for so many askers', async () => {
    const fails = () => Promise.reject(new RmaError('DEADLINE', 'no answer'))
    answers = Object.fromEntries([...'abcdefghijklmnop'].map(name => [name, fails]))
    await finder.findService('ocr')
    const keys = questions.map(question => (question.kind === 'find' ? question.key : question.kind))
    expect(keys[0]).toBe('service:ocr')
    expect(keys.at(-1)).toMatch(/^service:ocr\/[0-9a-f]$/)
  })

  it('ends when it is cancelled, and blames no registrar for that', async () => {
    answers = { a: silence, b: silence }
    const life = new AbortController()
    const finding = finder.find(key, { signal: life.signal })
    await vi.waitFor(() => expect(asked).toHaveLength(2))
    life.abort(new RmaError('CANCELLED', 'enough'))
    await expect(finding).rejects.toThrow('enough')
    await expect(finder.find(key, { signal: life.signal })).rejects.toThrow('enough')
    expect(forgotten).toEqual([])
  })

  it('is blamed on no registrar where the asker gave up and its question failed for that', async () => {
    const life = new AbortController()
    const failed = Promise.withResolvers<never>()
    answers = { a: () => failed.promise }
    const finding = finder.find(key, { signal: life.signal })
    await vi.waitFor(() => expect(asked).toHaveLength(1))
    life.abort(new RmaError('CANCELLED', 'enough'))
    failed.reject(life.signal.reason)
    await expect(finding).rejects.toThrow('enough')
    expect(forgotten).toEqual([])
  })

  it('passes on which workers are wanted', async () => {
    answers = { a: nobody }
    const filter = { gpu: true, location: 'london' }
    await finder.find(key, { filter, limit: 7 })
    expect(questions[0]).toMatchObject({ kind: 'find', key, filter, limit: 7 })
  })

  it('takes an answer to another question for none', async () => {
    answers = { a: async () => ({ kind: 'ok', id: 0 }), b: () => found([record]) }
    expect(idsOf(await finder.find(key))).toEqual([worker.peerId])
  })

  it('leaves out workers whose records do not hold', async () => {
    const expired = await (await testWorker(2)).record({ issuedAt: testNow - 2 * minute, expiresAt: testNow })
    answers = { a: () => found([expired, record]), b: () => found([record, expired]) }
    expect(idsOf(await finder.find(key))).toEqual([worker.peerId])
  })

  it('says what it knows of the last 128 keys it was asked for', async () => {
    answers = { a: () => found([record]) }
    const knows = async (service: string) => {
      questions = []
      await finder.findService(service)
      return questions[0] !== undefined && 'known' in questions[0]
    }
    const other = await worker.record({ services: Array.from({ length: 60 }, (_, index) => `service-${index}`) })
    await finder.find(key)
    expect(await knows('ocr')).toBe(true)
    answers = { a: () => found([other]) }
    for (let index = 0; index < 127; index++) await finder.findService(`service-${index}`)
    answers = { a: () => found([record]) }
    expect(await knows('ocr')).toBe(true)
    for (let index = 0; index < 128; index++) await finder.findService(`service-${index}`)
    expect(await knows('ocr')).toBe(false)
  })

  it('asks again once it is known who keeps the key, where nobody was found before', async () => {
    answers = { a: nobody }
    refresh = async () => {
      answers = { a: nobody, b: () => found([record]) }
      return true
    }
    expect(idsOf(await finder.find(key))).toEqual([worker.peerId])
  })

  it('does without knowing better who keeps the key', async () => {
    answers = { a: () => found([record]) }
    refresh = () => Promise.reject(new Error('nobody answers'))
    expect(idsOf(await finder.find(key))).toEqual([worker.peerId])
  })

  it('says when asking again may find more', async () => {
    answers = { a: () => found([record]), b: () => found([record]) }
    const known = Promise.withResolvers<boolean>()
    refresh = () => known.promise
    const onMore = vi.fn()
    await finder.find(key, { onMore })
    expect(onMore).not.toHaveBeenCalled()
    known.resolve(true)
    await vi.waitFor(() => expect(onMore).toHaveBeenCalledOnce())
  })

  it('finds as many as were asked for, those that claim the most free capacity first', async () => {
    const other = await testWorker(2)
    const both = [record, await other.record({ load: 0.1 })]
    answers = { a: () => found(both), b: () => found(both) }
    expect(idsOf(await finder.find(key))).toEqual([other.peerId, worker.peerId])
    expect(idsOf(await finder.find(key, { limit: 1 }))).toEqual([other.peerId])
    expect(finder.finds).toBe(2)
  })

  it('takes nothing back for an answer that is older than what it has heard', async () => {
    const renewal = await worker.renewal(record, { seq: testNow + 5, state: 'paused' })
    answers = { a: () => found([record], [renewal]) }
    expect(await finder.find(key)).toMatchObject([{ state: 'paused' }])
    answers = { a: () => found([record]) }
    expect(await finder.find(key)).toMatchObject([{ state: 'paused' }])
    const newer = await worker.record({ seq: testNow + 9 })
    answers = { a: () => found([newer]) }
    clock.turn(minute)
    expect(await finder.find(key)).toMatchObject([{ state: 'donating', record: { seq: testNow + 9 } }])
    answers = { a: () => found([record]) }
    expect(await finder.find(key)).toMatchObject([{ record: { seq: testNow + 9 } }])
  })
})

describe('claims that all registrars agree on', () => {
  it('are handed over at once, and corrected when they prove made up: by what was known before them', async () => {
    const true1 = await worker.renewal(record, { seq: testNow + 5, state: 'draining' })
    answers = { a: () => found([record], [true1]) }
    await finder.find(key)
    const forged = (await worker.renewal(record, { seq: testNow + 9, state: 'paused' })).map((byte, index, all) =>
      index === all.length - 1 ? byte ^ 1 : byte,
    )
    answers = { a: () => found([], [forged], [0]) }
    const { workers, check } = await finder.findClaims(key)
    expect(workers).toMatchObject([{ state: 'paused' }])
    expect(await check()).toMatchObject([{ peerId: worker.peerId, state: 'draining' }])
    expect(await finder.find(key)).toMatchObject([{ state: 'draining' }])
  })

  it('name nobody where the record has expired by the time they prove made up', async () => {
    const forged = await (await testWorker(3)).renewal(record, { recordHash: recordHash(record), state: 'paused' })
    answers = { a: () => found([record], [forged]) }
    const { check } = await finder.findClaims(key)
    clock.turn(10 * minute)
    expect(await check()).toEqual([])
  })

  it('are checked before they are returned by a plain lookup', async () => {
    const forged = await (await testWorker(3)).renewal(record, { recordHash: recordHash(record), state: 'paused' })
    answers = { a: () => found([record], [forged]) }
    expect(await finder.find(key)).toMatchObject([{ state: 'donating' }])
  })
})
