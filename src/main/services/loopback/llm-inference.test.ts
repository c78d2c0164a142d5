import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { MiB } from '../../../shared/units.ts'
import { systemClock } from '../../clock.ts'
import type { ServiceRequest } from '../../service-request.ts'
import type { ServiceHost } from '../service-host.ts'
import { chunksOf, failureOf, piecesOf, requestFor, testHost, textOf } from '../testing/test-host.ts'
import { llmInference } from './llm-inference.ts'
import { LoopbackEngines, type LoopbackEnginesInit } from './loopback-engines.ts'
import { StandInEngine } from './testing/stand-in-engine.ts'

let engine: StandInEngine
let engines: LoopbackEngines
let host: ServiceHost

async function setUp(init: Partial<LoopbackEnginesInit> = {}) {
  engines = new LoopbackEngines(
    { clock: systemClock, log: pino({ level: 'silent' }) },
    { places: [{ name: 'Tests', url: engine.url }], budgetMiB: () => 8_192, ...init },
  )
  host = testHost({
    definitions: [llmInference(engines, { maxTokens: 100 })],
    services: { 'llm-inference': { enabled: true } },
  })
  await engines.look()
}

beforeEach(async () => {
  engine = await StandInEngine.start()
  await setUp()
})
afterEach(async () => {
  await host.stop()
  engines.stop()
  await engine.stop()
})

const ask = (body: unknown, fields: Partial<ServiceRequest> = {}) =>
  host.run(requestFor(JSON.stringify(body), { service: 'llm-inference', contentType: 'application/json', ...fields }))
const answerOf = async (body: unknown) => JSON.parse(await textOf(await ask(body)))
const conversation = { messages: [{ role: 'user', content: 'Hello' }] }

describe('llm-inference', () => {
  it('answers a conversation, and says with which model and how many tokens', async () => {
    expect(await answerOf(conversation)).toEqual({
      text: 'Good morning.',
      model: 'tiny-1b',
      usage: { prompt_tokens: 5, completion_tokens: 3, total_tokens: 8 },
    })
    expect(engine.seen[0]).toMatchObject({
      path: '/v1/chat/completions',
      body: { messages: conversation.messages, model: 'tiny-1b', max_tokens: 100 },
    })
  })

  it('answers a question in plain text', async () => {
    const answer = await ask('', { body: chunksOf(Buffer.from('How are you?')), contentType: 'text/plain' })
    expect(JSON.parse(await textOf(answer))).toMatchObject({ text: 'Good morning.' })
    expect(engine.seen[0]?.body).toMatchObject({ messages: [{ role: 'user', content: 'How are you?' }] })
  })

  it('continues a prompt', async () => {
    expect(await answerOf({ prompt: 'Good' })).toMatchObject({ text: 'Good morning.' })
    expect(engine.seen[0]).toMatchObject({ path: '/v1/completions', body: { prompt: 'Good' } })
  })

  it('passes on what changes the words, bounds the tokens, and leaves out the rest', async () => {
    await answerOf({
      ...conversation,
      max_tokens: 5,
      temperature: 0.5,
      stop: ['.'],
      logit_bias: {},
      url: 'http://example.org',
    })
    await answerOf({ ...conversation, max_tokens: 100_000 })
    const [first, second] = engine.seen.map(({ body }) => body)
    expect(first).toMatchObject({ max_tokens: 5, temperature: 0.5, stop: ['.'] })
    expect(first).not.toHaveProperty('logit_bias')
    expect(first).not.toHaveProperty('url')
    expect(second).toMatchObject({ max_tokens: 100 })
  })

  it.each([
    ['"stream": true', { stream: true }, ''],
    ['its Accept header', {}, 'text/event-stream'],
  ])('streams words as they are written when asked by %s', async (_, fields, accept) => {
    engine.manner = { kind: 'well', words: ['Good', ' morning'], everyMs: 150 }
    const answer = await ask({ ...conversation, ...fields }, { accept })
    expect(answer.contentType).toBe('text/event-stream')
    const pieces = piecesOf(answer)
    expect((await pieces.next()).value).toBe('data: {"text":"Good"}\n\n')
    expect(engine.running).toBe(1)
    const rest: string[] = []
    for await (const piece of pieces) rest.push(piece)
    expect(rest[0]).toBe('data: {"text":" morning"}\n\n')
    expect(rest.at(-2)).toContain('"finish":"stop"')
    expect(rest.at(-1)).toBe('data: [DONE]\n\n')
  })

  it('stops the engine when the requester has gone, before the first word and after', async () => {
    engine.manner = { kind: 'silent' }
    const cancel = new AbortController()
    const outcome = failureOf(ask(conversation, { signal: cancel.signal }))
    await vi.waitFor(() => expect(engine.running).toBe(1))
    cancel.abort()
    expect(await outcome).toMatchObject({ code: 'CANCELLED' })
    await vi.waitFor(() => expect(engine.seen[0]?.aborted).toBe(true))

    engine.manner = { kind: 'well', words: Array.from({ length: 1_000 }, () => 'word '), everyMs: 20 }
    for await (const _ of piecesOf(await ask({ ...conversation, stream: true }))) break
    await vi.waitFor(() => expect(engine.seen[1]?.aborted).toBe(true))
    expect(engine.running).toBe(0)
  })

  it('sends an engine no more at once than it handles', async () => {
    engine.manner = { kind: 'well', words: ['a'], everyMs: 30 }
    await Promise.all(
      Array.from({ length: 20 }, (_, index) => ask(conversation, { requester: `r${index}` }).then(textOf)),
    )
    expect(engine.seen).toHaveLength(20)
    expect(engine.mostRunning).toBe(8)
  })

  it('is not held up by the caps on what the node itself computes', async () => {
    host.govern({ accepting: 'everybody', underWay: 'finish', jobs: 1, memoryMiB: 1, gpu: true })
    engine.manner = { kind: 'well', words: ['a'], everyMs: 30 }
    await Promise.all([1, 2, 3, 4].map(() => ask(conversation).then(textOf)))
    expect(engine.mostRunning).toBe(4)
    expect(host.capacity().queue.slots).toBe(8)
    host.govern({ accepting: 'everybody', underWay: 'finish', jobs: 1, memoryMiB: 1, gpu: false })
    expect(await failureOf(ask(conversation))).toMatchObject({ code: 'PAUSED' })
  })

  it.each([
    [{ kind: 'breaks', after: 0 }, 'ENGINE_FAILED', 'crash'],
    [{ kind: 'breaks', after: 3 }, 'ENGINE_FAILED', 'crash'],
    [{ kind: 'trails-off' }, 'ENGINE_FAILED', 'crash'],
    [{ kind: 'nonsense' }, 'ENGINE_FAILED', 'protocol'],
    [{ kind: 'reports-error' }, 'ENGINE_FAILED', 'error'],
    [{ kind: 'endless' }, 'ENGINE_FAILED', 'protocol'],
    [{ kind: 'status', status: 500 }, 'ENGINE_FAILED', 'error'],
    [{ kind: 'status', status: 302 }, 'ENGINE_FAILED', 'error'],
    [{ kind: 'status', status: 400 }, 'BAD_INPUT', undefined],
    [{ kind: 'status', status: 503 }, 'BUSY', undefined],
  ] as const)('fails with words of our own after %j, and serves the next', async (manner, code, reason) => {
    engine.manner = manner
    const error = await failureOf(ask(conversation))
    expect(error).toMatchObject({ code, details: reason === undefined ? {} : { reason } })
    expect(JSON.stringify(error.toBody())).not.toContain('/home/donor')
    engine.manner = { kind: 'well', words: ['ok'] }
    expect(await answerOf(conversation)).toMatchObject({ text: 'ok' })
  })

  it('breaks a stream off, instead of ending it, when the engine does', async () => {
    engine.manner = { kind: 'breaks', after: 2 }
    const answer = await ask({ ...conversation, stream: true })
    expect(await failureOf(textOf(answer))).toMatchObject({ code: 'ENGINE_FAILED' })
  })

  it('ends at its deadline', async () => {
    engine.manner = { kind: 'silent' }
    expect(await failureOf(ask(conversation, { deadlineAt: Date.now() + 200 }))).toMatchObject({ code: 'DEADLINE' })
    await vi.waitFor(() => expect(engine.running).toBe(0))
  })

  it.each([
    ['neither prompt nor messages', {}],
    ['both', { prompt: 'x', ...conversation }],
    ['a role nobody has', { messages: [{ role: 'tool', content: 'x' }] }],
    ['a temperature out of range', { prompt: 'x', temperature: 9 }],
  ])('refuses %s', async (_, body) => {
    expect(await failureOf(ask(body))).toMatchObject({ code: 'BAD_INPUT' })
    expect(engine.seen).toHaveLength(0)
  })

  it('takes the model that a request names, in its body or beside it, and says which there are', async () => {
    engine.models = [{ id: 'tiny-1b' }, { id: '/home/donor/models/small-3b.gguf' }]
    await engines.look()
    const named = async (model: string) => (await answerOf({ ...conversation, model })).model
    expect(await named('tiny-1b')).toBe('tiny-1b')
    expect(await named('small-3b.gguf')).toBe('small-3b.gguf')
    expect(engine.seen.at(-1)?.body.model).toBe('/home/donor/models/small-3b.gguf')
    const beside = await ask(conversation, { particulars: { model: 'tiny-1b' } })
    expect(JSON.parse(await textOf(beside))).toMatchObject({ model: 'tiny-1b' })
    engine.manner = { kind: 'silent' }
    expect(await failureOf(ask({ ...conversation, model: 'huge-400b' }))).toMatchObject({
      code: 'UNKNOWN_MODEL',
      message: 'expected one of the models tiny-1b, small-3b.gguf, or none; got another',
      details: { offered: ['tiny-1b', 'small-3b.gguf'] },
    })
    expect(engine.seen).toHaveLength(3)
    expect(host.status.get()[0]?.models).toEqual(['tiny-1b', 'small-3b.gguf'])
  })

  it.each([
    ['4 MiB', 'x'.repeat(4 * MiB + 1), 'TOO_LARGE'],
    ['a megabyte of nested brackets', '['.repeat(MiB), 'BAD_INPUT'],
  ])('refuses %s', async (_, body, code) => {
    const request = requestFor(body, { service: 'llm-inference', contentType: 'application/json' })
    expect(await failureOf(host.run(request))).toMatchObject({ code })
  })

  it('refuses what cannot fit into the model', async () => {
    engine.models = [{ id: 'tiny-1b', max_model_len: 100 }]
    await engines.look()
    expect(await failureOf(ask({ prompt: 'x'.repeat(2_000) }))).toMatchObject({ code: 'TOO_LARGE' })
  })
})

describe('what llm-inference needs', () => {
  const unavailable = () => host.status.get()[0]?.unavailable

  it('is an engine, which may come and go', async () => {
    expect(unavailable()).toBeUndefined()
    engine.models = []
    await engines.look()
    expect(unavailable()).toMatchObject({ kind: 'needs-model', engines: ['Tests'], pictures: false })
    await engine.stop()
    await engines.look()
    expect(unavailable()).toMatchObject({ kind: 'needs-engine', engines: ['Tests'] })
    expect(host.offers('llm-inference')).toBe(false)
    expect(await failureOf(ask(conversation))).toMatchObject({ code: 'PAUSED' })
    engine = await StandInEngine.start()
  })

  it('is a model that fits into memory', async () => {
    engines.stop()
    await host.stop()
    engine.models = [{ id: 'llama-70b', owned_by: 'library' }, { id: 'nomic-embed-text' }]
    await setUp({ places: [{ name: 'Ollama', url: engine.url }], budgetMiB: () => 8_192 })
    expect(unavailable()).toMatchObject({ kind: 'needs-model' })
  })

  it('is another one as soon as the donor chooses so, and only the model they choose', async () => {
    await engine.stop()
    engines.configure({ places: [] })
    await vi.waitFor(() => expect(unavailable()).toMatchObject({ kind: 'needs-engine', places: [] }))
    const other = await StandInEngine.start()
    try {
      const [model] = other.models
      engines.configure({ places: [{ name: 'Other', url: other.url }] })
      await vi.waitFor(() => expect(unavailable()).toBeUndefined())
      engines.configure({ places: [{ name: 'Other', url: other.url }], only: { words: 'no such model' } })
      expect(unavailable()).toMatchObject({ kind: 'needs-model', engines: ['Other'] })
      engines.configure({ places: [{ name: 'Other', url: other.url }], only: { words: model?.id } })
      expect(unavailable()).toBeUndefined()
    } finally {
      await other.stop()
    }
  })

  it('is looked for again at once when a request fails', async () => {
    await engine.stop()
    const outcome = await failureOf(ask(conversation))
    expect(outcome).toMatchObject({ code: 'ENGINE_FAILED' })
    await vi.waitFor(() => expect(unavailable()).toMatchObject({ kind: 'needs-engine' }))
    engine = await StandInEngine.start()
  })
})

describe('the memory of the graphics card', () => {
  const order = { accepting: 'everybody', underWay: 'finish', jobs: 4, memoryMiB: 8_192, gpu: true } as const

  it('is given back by Ollama when the owner pauses graphics cards, as far as it was taken for others', async () => {
    await setUp({ places: [{ name: 'Ollama', url: engine.url }] })
    host.govern(order)
    await answerOf(conversation)
    expect(engine.unloaded).toEqual([])
    host.govern({ ...order, gpu: false })
    await vi.waitFor(() => expect(engine.unloaded).toEqual(['tiny-1b']))
    // Nothing was taken since.
    host.govern(order)
    host.govern({ ...order, accepting: 'nobody', underWay: 'hand-back', gpu: false })
    await engines.giveMemoryBack()
    expect(engine.unloaded).toEqual(['tiny-1b'])
  })

  it('stays as it is in engines that hold what their owner started them with', async () => {
    await setUp({ places: [{ name: 'LM Studio', url: engine.url }] })
    host.govern(order)
    await answerOf(conversation)
    await engines.giveMemoryBack()
    expect(engine.unloaded).toEqual([])
  })
})
