import { describe, expect, it } from 'vitest'
import { RmaError } from '../../shared/errors.ts'
import type { CoordinatorGateway } from './coordinator-gateway.ts'
import type { Forward, ForwardOutcome } from './forwarder.ts'
import { heldBytes } from './request-body.ts'
import { answers, clock, isLost, refuses, setUp, text } from './test-router.ts'

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
