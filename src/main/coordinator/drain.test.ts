import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { TurnedClock } from '../clock.ts'
import type { RoutedAnswer } from '../routing/routed-answer.ts'
import type { ServiceRequest } from '../service-request.ts'
import { countedIn, Drain } from './drain.ts'

const limitMs = 10_000

function request(signal: AbortSignal): ServiceRequest {
  return {
    id: 'request-0001',
    service: 'ocr',
    requester: '12D3KooWRequester',
    contentType: '',
    accept: '',
    body: Readable.from([]),
    deadlineAt: 0,
    signal,
  }
}

const answer: RoutedAnswer = {
  worker: '12D3KooWWorker',
  path: 'direct',
  contentType: 'text/plain',
  load: 0,
  queue: 0,
  body: (async function* () {
    yield Buffer.from('text')
  })(),
}

describe('a drain', () => {
  it('waits for what runs, and takes nothing new on', async () => {
    const drain = new Drain({ clock: new TurnedClock() }, { limitMs })
    const [first, second] = [drain.enter(), drain.enter()]
    let done = false
    const drained = drain.drain().finally(() => {
      done = true
    })
    expect(() => drain.enter()).toThrow(expect.objectContaining({ code: 'DRAINING', retryable: true }))
    first()
    first()
    await Promise.resolve()
    expect(done).toBe(false)
    second()
    expect(await drained).toBe(0)
    expect(drain.counts).toEqual({ running: 0, finished: 2 })
  })

  it('does not wait for ever', async () => {
    const clock = new TurnedClock()
    const drain = new Drain({ clock }, { limitMs })
    drain.enter()
    const drained = drain.drain()
    clock.turn(limitMs)
    expect(await drained).toBe(1)
  })

  it('is over at once where nothing runs, and ends with a new start', async () => {
    const drain = new Drain({ clock: new TurnedClock() }, { limitMs })
    expect(await drain.drain()).toBe(0)
    drain.start()
    drain.enter()()
  })

  it('counts a request until its answer has been read, has failed, or whoever asked is gone', async () => {
    const drain = new Drain({ clock: new TurnedClock() }, { limitMs })
    const routed = await countedIn(drain, { route: async () => answer }).route(request(new AbortController().signal))
    expect(drain.counts.running).toBe(1)
    for await (const _ of routed.body as AsyncIterable<Uint8Array>) expect(drain.counts.running).toBe(1)
    expect(drain.counts.running).toBe(0)

    const failing = countedIn(drain, { route: () => Promise.reject(new Error('no')) })
    await expect(failing.route(request(new AbortController().signal))).rejects.toThrow('no')
    expect(drain.counts.running).toBe(0)

    const gone = new AbortController()
    await countedIn(drain, { route: async () => answer }).route(request(gone.signal))
    expect(drain.counts.running).toBe(1)
    gone.abort()
    expect(drain.counts.running).toBe(0)
  })
})
