import { describe, expect, it, vi } from 'vitest'
import { RmaError } from '../../shared/errors.ts'
import { lacking } from '../../shared/particulars.ts'
import type { WorkerView } from '../../shared/schema/worker.ts'
import { TurnedClock } from '../clock.ts'
import { JobLog } from '../ledger/job-log.ts'
import { createLog, LogBuffer } from '../log.ts'
import type { LocalServices, ServiceAnswer, ServiceRequest } from '../service-request.ts'
import type { CoordinatorGateway } from './coordinator-gateway.ts'
import type { Forward, ForwardOutcome } from './forwarder.ts'
import { LocalWorker } from './local-worker.ts'
import { heldBytes } from './request-body.ts'
import { Router } from './router.ts'
import { RoutingCounters } from './statistics.ts'
import { WorkerExperience } from './worker-experience.ts'

const clock = new TurnedClock()
const llm = 'llm-inference'
const me = '12D3KooWQYhTNQdmr3ArTeUHRYzFg94BKyTkoWBDWez9kSCVe2Xo'

interface Scene {
  coordinator?: CoordinatorGateway
  hedging?: boolean

  /** What each worker does with a request, by id. */
  workers?: Record<string, (forward: Forward) => ForwardOutcome | Promise<ForwardOutcome>>
  /** Models that workers announce. */
  models?: Record<string, string[]>
  /** Workers that only a fresh lookup names. */
  onlyFresh?: string[]
  idempotent?: boolean
  here?: (request: ServiceRequest) => Promise<ServiceAnswer>
}

function setUp({
  workers = {},
  onlyFresh = [],
  models = {},
  idempotent = true,
  here,
  coordinator,
  hedging = false,
}: Scene) {
  const asked: string[] = []
  const removed: string[] = []
  const jobs = new JobLog({ clock })
  const counters = new RoutingCounters()
  const services: LocalServices = {
    offers: () => here !== undefined,
    isIdempotent: () => idempotent,
    maxBytes: () => undefined,
    capacity: () => ({ load: 0, queue: { running: 0, waiting: 0, slots: 1, bound: 1 } }),
    run: request => here?.(request) ?? Promise.reject(new RmaError('PAUSED', 'nothing here')),
  }
  const router = new Router(
    {
      local: new LocalWorker({ services, jobs, clock, selfId: me }),
      services,
      workers: {
        lookup: async (service, { fresh = false, particulars = {} }) => ({
          workers: Object.keys(workers)
            .filter(id => fresh || !onlyFresh.includes(id))
            .map(id => view(id, models[id]))
            .filter(({ record }) => lacking(record.choices, service, particulars) === undefined),
          source: fresh ? 'dht' : 'cache',
        }),
        remove: peerId => removed.push(peerId),
        heard: () => undefined,
      },
      forwarder: {
        send: async forward => {
          asked.push(forward.to.peerId)
          const answer = workers[forward.to.peerId]
          if (answer === undefined) throw new Error('nobody of that name')
          return answer(forward)
        },
      },
      experience: new WorkerExperience({ clock }),
      counters,
      jobs,
      clock,
      ...(coordinator === undefined ? {} : { coordinator }),
      log: createLog({ level: 'error', buffer: new LogBuffer() }),
    },
    { hedging: () => hedging },
  )
  const route = (body: Uint8Array = Buffer.from('a page'), service = 'ocr', fields: Partial<ServiceRequest> = {}) =>
    router.route({
      id: 'request-0001',
      service,
      requester: me,
      contentType: '',
      accept: '',
      body: chunks(body),
      deadlineAt: clock.now() + 60_000,
      signal: new AbortController().signal,
      ...fields,
    })
  return { route, asked, removed, jobs, counters }
}

async function* chunks(body: Uint8Array) {
  for (let at = 0; at < body.length; at += 1 << 20) yield body.subarray(at, at + (1 << 20))
}

function view(peerId: string, models?: string[]): WorkerView {
  const queue = { running: 0, waiting: 0, slots: 4, bound: 4 }
  const expiresAt = clock.now() + 60_000
  const capabilities = { workerType: 'headless' as const, cpuThreads: 1, memoryMiB: 1, gpus: [] }
  const state = 'donating' as const
  const common = { load: 0, queue, state, expiresAt }
  const record = { ...common, seq: 1, issuedAt: 0, services: ['ocr', 'mind-reading', llm], capabilities, addresses: [] }
  const choices = models === undefined ? {} : { choices: [{ service: llm, models }] }
  return { peerId, record: { ...record, ...choices }, ...common, updatedAt: 0 }
}

const answers = ({ to, body }: Forward): ForwardOutcome => ({
  kind: 'answered',
  answer: { worker: to.peerId, path: 'direct', contentType: 'text/plain', body: body.read(), load: 0, queue: 0 },
})
const refuses = (code: 'BUSY' | 'BAD_INPUT' | 'ENGINE_FAILED') => (): ForwardOutcome => ({
  kind: 'refused',
  error: new RmaError(code, code.toLowerCase()),
})
const isLost =
  (sent: boolean, more = {}) =>
  (): ForwardOutcome => ({ kind: 'lost', error: new RmaError('WORKER_LOST', 'gone', { sent, ...more }) })

async function text(answer: { body: Uint8Array | AsyncIterable<Uint8Array> }): Promise<string> {
  const parts: Uint8Array[] = []
  if (answer.body instanceof Uint8Array) parts.push(answer.body)
  else for await (const part of answer.body) parts.push(part)
  return Buffer.concat(parts).toString()
}

describe('routing', () => {
  it('serves a request here when it can, and asks nobody', async () => {
    const { route, asked, counters } = setUp({
      here: async () => ({ contentType: 'text/plain', body: Buffer.from('read here') }),
      workers: { a: answers },
    })
    expect(await text(await route())).toBe('read here')
    expect(asked).toEqual([])
    expect(counters.snapshot(0).localRequests).toBe(1)
  })

  it('sends a request on when this node is busy itself', async () => {
    const { route } = setUp({ here: () => Promise.reject(new RmaError('BUSY', 'full')), workers: { a: answers } })
    expect(await text(await route())).toBe('a page')
  })

  it('does not send on what this node found to be bad', async () => {
    const here = () => Promise.reject(new RmaError('BAD_INPUT', 'no picture'))
    const { route, asked } = setUp({ here, workers: { a: answers } })
    await expect(route()).rejects.toMatchObject({ code: 'BAD_INPUT' })
    expect(asked).toEqual([])
  })

  it('asks up to three workers when an idempotent request is lost, and names them all', async () => {
    const gone = isLost(true)
    const { route, asked, removed } = setUp({ workers: { a: gone, b: gone, c: gone, d: gone } })
    const error = await route().catch(each => each)
    expect(error).toMatchObject({ code: 'NO_WORKER', details: { service: 'ocr' } })
    expect(error.details.tried.map((attempt: { worker: string }) => attempt.worker)).toEqual([...asked, 'coordinator'])
    expect(error.message).toMatch(/; coordinator: none is configured$/)
    expect(new Set(asked).size).toBe(3)
    expect(removed).toEqual(asked)
  })

  it('goes on past workers that are gone and refuse at once, up to a dozen, whose records live on', async () => {
    const workers = Object.fromEntries(Array.from({ length: 11 }, (_, index) => [`gone${index}`, isLost(false)]))
    const { route } = setUp({ workers: { ...workers, here: answers } })
    expect(await text(await route())).toBe('a page')
    const none = setUp({ workers: { ...workers, twelfth: isLost(false), thirteenth: isLost(false) } })
    await expect(none.route()).rejects.toMatchObject({ code: 'NO_WORKER' })
    expect(none.asked).toHaveLength(12)
  })

  it('asks those again whose connections broke, where there is nobody else: they may have broken here', async () => {
    let left = 2
    const breaks = (forward: Forward) => (left-- > 0 ? isLost(true)() : answers(forward))
    const two = setUp({ workers: { a: breaks, b: breaks } })
    expect(await text(await two.route())).toBe('a page')
    expect(two.asked).toHaveLength(3)
    expect(two.asked[2]).toBe(two.asked[0])
    left = 1
    const one = setUp({ workers: { a: breaks } })
    expect(await text(await one.route())).toBe('a page')
    left = 1
    const silent = setUp({
      workers: { a: forward => (left-- > 0 ? isLost(true, { silent: true })() : answers(forward)) },
    })
    await expect(silent.route()).rejects.toMatchObject({ code: 'NO_WORKER' })
  })

  it('never asks twice for what must not run twice, once it may have begun', async () => {
    const { route, asked } = setUp({ idempotent: false, workers: { a: isLost(true), b: isLost(true) } })
    await expect(route()).rejects.toMatchObject({ code: 'WORKER_LOST' })
    expect(asked).toHaveLength(1)
  })

  it('asks another for what must not run twice while it cannot have begun', async () => {
    const { route, asked } = setUp({ idempotent: false, workers: { a: isLost(false), b: refuses('BUSY') } })
    await expect(route()).rejects.toMatchObject({ code: 'NO_WORKER' })
    expect(asked.sort()).toEqual(['a', 'b'])
  })

  it('goes back to the same worker when what must not run twice is asked for again by its id', async () => {
    let connected = false
    const lostOnce = (forward: Forward) => (connected ? answers(forward) : isLost(true)())
    const { route, asked } = setUp({ idempotent: false, workers: { a: lostOnce, b: lostOnce, c: lostOnce } })
    await expect(route()).rejects.toMatchObject({ code: 'WORKER_LOST' })
    connected = true
    for (let time = 0; time < 20; time++) expect(await text(await route())).toBe('a page')
    expect(new Set(asked).size).toBe(1)
  })

  it('goes elsewhere when that worker cannot have begun on it', async () => {
    const { route, asked } = setUp({ idempotent: false, workers: { a: isLost(false), b: answers } })
    await route()
    await route()
    expect(asked.slice(-2)).toEqual(['b', 'b'])
  })

  it('asks another when an engine fails on an idempotent request, not when the input is bad', async () => {
    const failing = setUp({ workers: { a: refuses('ENGINE_FAILED'), b: refuses('ENGINE_FAILED') } })
    await expect(failing.route()).rejects.toMatchObject({ code: 'NO_WORKER' })
    expect(failing.asked).toHaveLength(2)
    const bad = setUp({ workers: { a: refuses('BAD_INPUT'), b: refuses('BAD_INPUT') } })
    await expect(bad.route()).rejects.toMatchObject({ code: 'BAD_INPUT' })
    expect(bad.asked).toHaveLength(1)
  })

  it('asks the network again when everybody it knew is gone', async () => {
    const { route, asked, counters } = setUp({ workers: { old: isLost(false), fresh: answers }, onlyFresh: ['fresh'] })
    expect(await text(await route())).toBe('a page')
    expect(asked).toEqual(['old', 'fresh'])
    expect(counters.snapshot(0)).toMatchObject({ cacheHits: 1, dhtLookups: 1, forwardedRequests: 1 })
  })

  it('sends a body too large to hold to one worker only', async () => {
    const large = Buffer.alloc(heldBytes + 1)
    const streaming = setUp({ workers: { a: answers } })
    expect((await text(await streaming.route(large))).length).toBe(large.length)
    const midway = (forward: Forward): ForwardOutcome => {
      forward.body.read()
      return isLost(true)()
    }
    const losing = setUp({ workers: { a: midway, b: midway } })
    await expect(losing.route(large)).rejects.toMatchObject({ code: 'WORKER_LOST' })
    expect(losing.asked).toHaveLength(1)
    // As long as nothing of it was taken, it can go to another.
    const refused = setUp({ workers: { a: refuses('BUSY'), b: refuses('BUSY') } })
    await expect(refused.route(large)).rejects.toMatchObject({ code: 'NO_WORKER' })
    expect(refused.asked).toHaveLength(2)
  })

  it('ends with the request while its body is still to come', async () => {
    async function* stalled() {
      yield Buffer.from('half of')
      await new Promise<never>(() => undefined)
    }
    const end = new AbortController()
    const { route, asked } = setUp({ workers: { a: answers } })
    const answer = route(undefined, 'ocr', { body: stalled(), signal: end.signal })
    end.abort(new RmaError('DEADLINE', 'too late'))
    await expect(answer).rejects.toMatchObject({ code: 'DEADLINE' })
    expect(asked).toEqual([])
  })

  it('tells a service that is not to be had now from one that nobody knows', async () => {
    const { route } = setUp({})
    await expect(route(Buffer.from('x'), 'ocr')).rejects.toMatchObject({ code: 'NO_WORKER', status: 503 })
    await expect(route(Buffer.from('x'), 'mind-reading')).rejects.toMatchObject({
      code: 'UNKNOWN_SERVICE',
      status: 404,
    })
    await expect(route(Buffer.alloc(0))).rejects.toMatchObject({ code: 'EMPTY_BODY' })
  })

  it('can be cancelled by the owner of this node', async () => {
    const { route, jobs, asked } = setUp({
      workers: {
        a: ({ signal }) =>
          new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
      },
    })
    const pending = route()
    while (asked.length === 0) await Promise.resolve()
    expect(jobs.jobs.get().jobs).toMatchObject([{ state: 'running', worker: 'a', startedAt: clock.now() }])
    jobs.cancel('request-0001')
    await expect(pending).rejects.toMatchObject({ code: 'CANCELLED' })
    expect(jobs.jobs.get().jobs).toMatchObject([{ state: 'cancelled', error: 'CANCELLED' }])
    expect(() => jobs.cancel('request-0001')).toThrow('no queued or running job')
  })

  it('obeys a worker that is busy: the request goes elsewhere in the same call, and later ones leave it alone until it may be asked', async () => {
    const busy = () => ({ kind: 'refused' as const, error: new RmaError('BUSY', 'full', { retryAfterMs: 5_000 }) })
    const { route, asked } = setUp({ workers: { busy } })
    await expect(route()).rejects.toMatchObject({
      code: 'NO_WORKER',
      message: expect.stringContaining('full'),
      details: { retryAfterMs: 5_000 },
    })
    clock.turn(4_000)
    await expect(route()).rejects.toMatchObject({
      details: { retryAfterMs: 1_000, passedOver: { 'asked for rest': 1 }, tried: [{ step: 'coordinator' }] },
    })
    expect(asked).toEqual(['busy'])
    clock.turn(1_000)
    await expect(route()).rejects.toMatchObject({ code: 'NO_WORKER' })
    expect(asked).toEqual(['busy', 'busy'])

    const both = setUp({ workers: { busy, free: answers } })
    for (let times = 0; times < 20; times++) expect(await text(await both.route())).toBe('a page')
    expect(both.asked.filter(id => id === 'busy').length).toBeLessThanOrEqual(1)
  })

  it('hands a request to the coordinator when this node, the cache and the network have nobody', async () => {
    const forwarded: unknown[] = []
    const coordinator: CoordinatorGateway = {
      forward: async ({ service, headers, body }) => {
        forwarded.push({ service, hops: headers.hops, id: headers.id })
        return {
          kind: 'answered',
          answer: { worker: 'far', path: 'tunnel', contentType: '', body: body.read(), load: 0, queue: 0 },
        }
      },
    }
    const { route, asked, counters } = setUp({
      here: () => Promise.reject(new RmaError('BUSY', 'full')),
      workers: { old: isLost(false), fresh: refuses('BUSY') },
      onlyFresh: ['fresh'],
      coordinator,
    })
    expect(await text(await route())).toBe('a page')
    expect(asked).toEqual(['old', 'fresh'])
    expect(forwarded).toEqual([{ service: 'ocr', hops: 1, id: 'request-0001' }])
    expect(counters.snapshot(0)).toMatchObject({ coordinatorRequests: 1, fallbackRate: 1, retriedRequests: 1 })
  })

  it('lists every step that was tried, in order, with what came of it', async () => {
    const { route } = setUp({
      here: () => Promise.reject(new RmaError('BUSY', 'full here')),
      workers: { old: isLost(false), fresh: refuses('BUSY') },
      onlyFresh: ['fresh'],
      coordinator: {
        forward: async () => ({ kind: 'lost', error: new RmaError('WORKER_LOST', 'no line', { sent: false }) }),
      },
    })
    await expect(route()).rejects.toMatchObject({
      code: 'NO_WORKER',
      details: {
        tried: [
          { step: 'local', worker: 'self', code: 'BUSY', message: 'full here' },
          { step: 'cache', worker: 'old', code: 'WORKER_LOST' },
          { step: 'dht', worker: 'fresh', code: 'BUSY' },
          { step: 'coordinator', worker: 'coordinator', code: 'WORKER_LOST', message: 'no line' },
        ],
      },
    })
  })

  it('goes on past workers to whom no way can be tried, which cost no time, but not for ever', async () => {
    const resting = () => ({
      kind: 'lost' as const,
      error: new RmaError('WORKER_LOST', 'none of its addresses can be tried', { sent: false, untried: true }),
    })
    const named = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`away-${n}`, resting]))
    const { route, removed } = setUp({ workers: { ...named(8), there: answers } })
    expect(await text(await route())).toBe('a page')
    expect(removed).toEqual([])

    const nobody = setUp({ workers: named(40) })
    await expect(nobody.route()).rejects.toMatchObject({ code: 'NO_WORKER' })
    expect(nobody.asked).toHaveLength(12)

    // Only what this node knows of its own ways counts, not what a worker says of itself.
    const claims = () => ({ kind: 'refused' as const, error: new RmaError('BUSY', 'full', { untried: true }) })
    const busy = setUp({ workers: { a: claims, b: claims, c: claims, d: claims } })
    await expect(busy.route()).rejects.toMatchObject({ code: 'NO_WORKER' })
    expect(busy.asked).toHaveLength(3)
  })

  it('gives each attempt what is left of the one deadline, and none when it has passed', async () => {
    const left: number[] = []
    const end = new AbortController()
    const takesTime = ({ headers }: Forward): ForwardOutcome => {
      left.push(headers.deadlineMs)
      clock.turn(400)
      if (left.length === 2) end.abort(new RmaError('DEADLINE', 'too late'))
      return isLost(true)()
    }
    const { route, asked } = setUp({ workers: { a: takesTime, b: takesTime, c: takesTime } })
    const fields = { deadlineAt: clock.now() + 1_000, signal: end.signal }
    await expect(route(undefined, 'ocr', fields)).rejects.toMatchObject({ code: 'DEADLINE' })
    expect(left).toEqual([1_000, 600])
    expect(asked).toHaveLength(2)
  })
})

describe('hedging', () => {
  /** A worker that answers when told to, or stops when it is told to. */
  class HeldWorker {
    readonly waiting: { answer: () => void; stopped: unknown }[] = []

    readonly take = (forward: Forward): Promise<ForwardOutcome> =>
      new Promise((resolve, reject) => {
        const entry = { answer: () => resolve(answers(forward)), stopped: undefined as unknown }
        this.waiting.push(entry)
        forward.signal.addEventListener('abort', () => {
          entry.stopped = forward.signal.reason
          reject(forward.signal.reason)
        })
      })
  }

  /** Forty requests that take 100 ms each, so that hedging knows what is usual and has saved up for two more. */
  async function warmedUp(scene: Omit<Scene, 'workers'> = {}) {
    let warm = false
    const held = new HeldWorker()
    const takes100Ms = async (forward: Forward) => {
      if (warm) return held.take(forward)
      clock.turn(100)
      return answers(forward)
    }
    const setting = setUp({ hedging: true, ...scene, workers: { a: takes100Ms, b: takes100Ms } })
    for (let times = 0; times < 45; times++) await text(await setting.route())
    warm = true
    setting.asked.length = 0
    const sent = async (count: number) => {
      await vi.waitFor(() => expect(held.waiting).toHaveLength(count))
    }
    return { ...setting, held, sent }
  }

  it('asks a second worker once the first takes longer than usual; the first answer counts and the other is told to stop', async () => {
    const { route, asked, held, sent, counters } = await warmedUp()
    const pending = route()
    await sent(1)
    clock.turn(99)
    expect(asked).toHaveLength(1)
    clock.turn(1)
    await sent(2)
    expect(new Set(asked).size).toBe(2)
    held.waiting[1]?.answer()
    expect(await text(await pending)).toBe('a page')
    expect(held.waiting[0]?.stopped).toMatchObject({ code: 'CANCELLED' })
    expect(counters.snapshot(0)).toMatchObject({ hedgedRequests: 1, hedgesWon: 1, forwardedRequests: 46 })
  })

  it('stops the second worker when the first answers after all', async () => {
    const { route, held, sent, counters } = await warmedUp()
    const pending = route()
    await sent(1)
    clock.turn(100)
    await sent(2)
    held.waiting[0]?.answer()
    expect(await text(await pending)).toBe('a page')
    expect(held.waiting[1]?.stopped).toMatchObject({ code: 'CANCELLED' })
    expect(counters.snapshot(0)).toMatchObject({ hedgedRequests: 1, hedgesWon: 0 })
  })

  it('spends no more than it has saved: a twentieth of all requests', async () => {
    const { route, held, sent, counters } = await warmedUp()
    for (let request = 0; request < 4; request++) {
      const pending = route()
      await sent(held.waiting.length + 1)
      const before = held.waiting.length
      clock.turn(100)
      await Promise.resolve()
      held.waiting[before - 1]?.answer()
      await text(await pending)
    }
    expect(counters.snapshot(0).hedgedRequests).toBe(2)
  })

  it.each([
    ['it is switched off', { hedging: false }],
    ['the service must not run twice', { idempotent: false }],
  ])('asks nobody else when %s', async (_why, scene) => {
    const { route, asked, held, sent } = await warmedUp(scene)
    const pending = route()
    await sent(1)
    clock.turn(10_000)
    held.waiting[0]?.answer()
    await text(await pending)
    expect(asked).toHaveLength(1)
  })

  it('stops both when the requester gives up', async () => {
    const { route, held, sent } = await warmedUp()
    const end = new AbortController()
    const pending = route(undefined, 'ocr', { signal: end.signal })
    await sent(1)
    clock.turn(100)
    await sent(2)
    end.abort(new RmaError('CANCELLED', 'gone'))
    await expect(pending).rejects.toMatchObject({ code: 'CANCELLED', message: 'gone' })
    expect(held.waiting.map(({ stopped }) => stopped)).toEqual([end.signal.reason, end.signal.reason])
  })
})

describe('a request that names a model', () => {
  const asks = (model?: string) => Buffer.from(JSON.stringify({ prompt: 'Hello', model }))
  const json = { contentType: 'application/json' }

  it('goes to a worker that has it, and without one to any', async () => {
    const { route, asked } = setUp({
      workers: { a: answers, b: answers, c: answers },
      models: { a: ['tiny-1b'], b: ['big:70b', 'tiny-1b'], c: ['other'] },
    })
    for (let count = 0; count < 20; count++)
      await route(asks('big:70b'), llm, { ...json, id: `request-${1000 + count}` })
    expect(new Set(asked)).toEqual(new Set(['b']))
    for (let count = 0; count < 50; count++) await route(asks(), llm, { ...json, id: `request-${2000 + count}` })
    expect(new Set(asked)).toEqual(new Set(['a', 'b', 'c']))
  })

  it('is told which models there are when nobody has it', async () => {
    const { route, asked } = setUp({ workers: { a: answers, b: answers }, models: { a: ['tiny-1b'], b: ['big:70b'] } })
    await expect(route(asks('huge-400b'), llm, json)).rejects.toMatchObject({
      code: 'NO_WORKER',
      message: expect.stringMatching(/^no worker offers model huge-400b; offered: big:70b, tiny-1b; /),
      details: { model: 'huge-400b', offered: ['big:70b', 'tiny-1b'], passedOver: { 'without the model': 2 } },
    })
    expect(asked).toEqual([])
  })

  it('is sent on when this node has others, and they are named too', async () => {
    const here = () => Promise.reject(new RmaError('UNKNOWN_MODEL', 'no', { offered: ['mine-3b'] }))
    const elsewhere = setUp({ here, workers: { a: answers }, models: { a: ['big:70b'] } })
    await elsewhere.route(asks('big:70b'), llm, json)
    expect(elsewhere.asked).toEqual(['a'])
    const nowhere = setUp({ here, workers: { a: answers }, models: { a: ['big:70b'] } })
    await expect(nowhere.route(asks('huge-400b'), llm, json)).rejects.toMatchObject({
      message: expect.stringMatching(/^no worker offers model huge-400b; offered: big:70b, mine-3b; /),
    })
  })

  it('tries the next worker where one has dropped the model since', async () => {
    const dropped = (): ForwardOutcome => ({ kind: 'refused', error: new RmaError('UNKNOWN_MODEL', 'gone') })
    const { route, asked } = setUp({
      workers: { a: dropped, b: answers, c: dropped },
      models: { a: ['big:70b'], b: ['big:70b'], c: ['big:70b'] },
    })
    await route(asks('big:70b'), llm, json)
    expect(asked.at(-1)).toBe('b')
  })

  it('carries in its headers what others cannot read from the body', async () => {
    const seen: unknown[] = []
    const notes = (forward: Forward): ForwardOutcome => {
      seen.push(forward.headers.particulars)
      return answers(forward)
    }
    const { route } = setUp({ workers: { a: notes }, models: { a: ['big:70b'] } })
    await route(asks('big:70b'), llm, json)
    await route(Buffer.from('a page'), 'ocr', { particulars: { languages: ['eng'] } })
    expect(seen).toEqual([{ model: 'big:70b' }, { languages: ['eng'] }])
  })

  it('is not said to be unknown where the worker that has it has failed', async () => {
    const { route } = setUp({ workers: { a: isLost(true) }, models: { a: ['big:70b'] } })
    await expect(route(asks('big:70b'), llm, json)).rejects.toMatchObject({
      message: expect.stringMatching(/^no worker could take the llm-inference request: /),
    })
  })
})
