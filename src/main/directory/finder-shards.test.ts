import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { RmaError } from '../../shared/errors.ts'
import { minute } from '../../shared/units.ts'
import type { Question } from './channel.ts'
import type { AnswerFrame } from './frames.ts'
import { peerPosition, shardOf } from './keys.ts'
import { FinderOfTests, found, nobody, silence } from './test-finder.ts'
import { type TestWorker, testWorker } from './test-records.ts'

let net: FinderOfTests
let worker: TestWorker
let record: Uint8Array

beforeEach(async () => {
  net = new FinderOfTests()
  worker = await testWorker()
  record = await worker.record()
})

afterEach(() => vi.restoreAllMocks())

describe('looking a service up', () => {
  it('lets the registrars of a full key go, for it looks into a shard next', async () => {
    const room = () => found([record])
    const full = async () => ({ ...(await room()), full: true }) as AnswerFrame
    net.answers = { a: room, b: room, c: room }
    await net.finder.findService('ocr')
    await new Promise(setImmediate)
    expect(net.letGo).toEqual([])
    net.answers = { a: full, b: full, c: full }
    await net.finder.findService('ocr')
    await vi.waitFor(() => expect(net.letGo).toEqual(['a', 'b', 'c']))
    await net.finder.findService('ocr')
    const keys = net.questions.map(question => (question.kind === 'find' ? question.key : question.kind))
    expect(keys).toContainEqual(expect.stringMatching(/^service:ocr\/[0-9a-f]$/))
  })

  it('tells at once that a shard is to be asked as well, and goes on there whatever is wanted of the workers', async () => {
    const full = async () => ({ ...(await nobody()), full: true }) as AnswerFrame
    let more = 0
    const options = { filter: { model: 'llava:7b' }, onMore: () => void more++ }
    net.answers = { a: full, b: full, c: full }
    await net.finder.findService('ocr', options)
    expect(more).toBe(1)
    net.answers = { a: () => found([record]), b: () => found([record]), c: () => found([record]) }
    net.questions = []
    await net.finder.findService('ocr', options)
    expect(net.questions[0]).toMatchObject({
      key: expect.stringMatching(/^service:ocr\/[0-9a-f]$/),
      filter: options.filter,
    })
  })

  it('asks by another seed and along another place where others are wanted, and keeps to its own otherwise', async () => {
    const full = async () => ({ ...(await found([record])), full: true }) as AnswerFrame
    const first = async (options: { elsewhere?: boolean }) => {
      net.questions = []
      const { others } = await net.finder.findServiceClaims('ocr', options)
      const { key, seed } = net.questions[0] as Extract<Question, { kind: 'find' }>
      return { key, seed, others }
    }
    net.answers = { a: full, b: full, c: full }
    expect((await first({})).others).toBe(true)
    for (let digits = 1; digits <= 3; digits++) await net.finder.findService('ocr')
    const own = await first({})
    const another = await first({ elsewhere: true })
    expect(another.key).toMatch(/^service:ocr\/[0-9a-f]{4}$/)
    expect(another.key).not.toBe(own.key)
    expect(another.seed).not.toBe(own.seed)
    expect(await first({})).toEqual(own)
  })

  it('says whether there are others: none where all have been named', async () => {
    const all = () => found([record])
    net.answers = { a: all, b: all, c: all }
    expect((await net.finder.findServiceClaims('ocr', { limit: 2 })).others).toBe(false)
    expect((await net.finder.findServiceClaims('ocr', { limit: 1 })).others).toBe(true)
  })

  it('finds those of the service’s own key where hardly anybody stands under the shards any more', async () => {
    let isFull = true
    const others = [await testWorker(2), await testWorker(3)]
    const records = [record, ...(await Promise.all(others.map(other => other.record())))]
    const answerOf = async () => {
      const { key } = net.questions.at(-1) as Extract<Question, { kind: 'find' }>
      if (key === 'service:ocr') return { ...(await found(records)), full: isFull } as AnswerFrame
      return isFull ? ({ ...(await found([record])), full: true } as AnswerFrame) : nobody()
    }
    net.answers = { a: answerOf, b: answerOf, c: answerOf }
    for (let digits = 0; digits <= 3; digits++) await net.finder.findService('ocr')
    isFull = false
    net.questions = []
    expect(await net.finder.findService('ocr')).toHaveLength(3)
    const lengths = new Set(net.questions.map(question => (question.kind === 'find' ? question.key.length : 0)))
    expect([...lengths].map(length => length - 'service:ocr'.length)).toEqual([5, 4, 3, 2, 0])
    await net.finder.findService('ocr')
    expect(net.questions.at(-1)).toMatchObject({ key: 'service:ocr' })
  })

  it('names those that stand in the shard only beside those of the service’s own key, where few there fit', async () => {
    const digitOf = ({ peerId }: TestWorker) => shardOf(peerPosition(peerId), 1)
    const others = await Promise.all(Array.from({ length: 40 }, (_, index) => testWorker(index + 2)))
    const digit = digitOf(others[0] ?? worker)
    vi.spyOn(Math, 'random').mockReturnValue(Number.parseInt(digit, 16) / 16)
    const inShard = others.filter(other => digitOf(other) === digit).slice(0, 2)
    const records = await Promise.all(inShard.map(other => other.record()))
    const answerOf = async () => {
      const { key } = net.questions.at(-1) as Extract<Question, { kind: 'find' }>
      if (key !== 'service:ocr') return found(records)
      return { ...(await found([record, ...records.slice(1)])), full: true } as AnswerFrame
    }
    net.answers = { a: answerOf, b: answerOf, c: answerOf }
    await net.finder.findService('ocr')
    const named = (await net.finder.findService('ocr')).map(({ peerId }) => peerId)
    expect(named.slice(0, 2).toSorted()).toEqual(inShard.map(({ peerId }) => peerId).toSorted())
    expect(named.slice(2)).toEqual([worker.peerId])
    net.questions = []
    expect(await net.finder.findService('ocr', { limit: 2 })).toHaveLength(2)
    expect(net.questions.every(question => question.kind === 'find' && question.key !== 'service:ocr')).toBe(true)
  })

  it('stays with the service’s own key where one registrar alone says that it is full', async () => {
    const room = () => found([record])
    const liar = async () => ({ ...(await room()), full: true }) as AnswerFrame
    net.answers = { a: room, b: room, c: liar }
    for (let finds = 0; finds < 5; finds++) await net.finder.findService('ocr')
    expect(net.asked).toContain('c')
    expect(net.questions.map(question => question.kind === 'find' && question.key)).toEqual(
      net.questions.map(() => 'service:ocr'),
    )
  })

  it('stays with a shard where only those have room for the service’s own key that may be none of its registrars', async () => {
    const full = async () => ({ ...(await found([record])), full: true }) as AnswerFrame
    const few = () => found([record])
    net.answers = { a: full, b: full, c: full }
    await net.finder.findService('ocr')
    net.answers = { a: few, b: few, c: few }
    net.clock.turn(2 * minute)
    record = await worker.record({ issuedAt: net.clock.now(), expiresAt: net.clock.now() + 5 * minute, seq: 2 })
    net.refresh = async key => key !== 'service:ocr' || (await silence())
    await net.finder.findService('ocr')
    net.questions = []
    await net.finder.findService('ocr')
    expect(net.questions[0]).toMatchObject({ key: expect.stringMatching(/^service:ocr\/[0-9a-f]$/) })
  })

  it('looks into a shard where no registrar of the service answers: they may have no room for so many askers', async () => {
    const fails = () => Promise.reject(new RmaError('DEADLINE', 'no answer'))
    net.answers = Object.fromEntries([...'abcdefghijklmnop'].map(name => [name, fails]))
    await net.finder.findService('ocr')
    const keys = net.questions.map(question => (question.kind === 'find' ? question.key : question.kind))
    expect(keys[0]).toBe('service:ocr')
    expect(keys.at(-1)).toMatch(/^service:ocr\/[0-9a-f]$/)
  })
})
