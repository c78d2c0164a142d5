import { describe, expect, it, vi } from 'vitest'
import { RmaError } from '../../shared/errors.ts'
import { KiB, MiB, minute, second } from '../../shared/units.ts'
import { TurnedClock } from '../clock.ts'
import { JobLog } from '../ledger/job-log.ts'
import type { LocalServices, ServiceAnswer, ServiceRequest } from '../service-request.ts'
import { withSignal } from '../with-signal.ts'
import { LocalWorker } from './local-worker.ts'

const me = '12D3KooWQYhTNQdmr3ArTeUHRYzFg94BKyTkoWBDWez9kSCVe2Xo'

interface Scene {
  idempotent?: boolean
  maxOutcomeBytes?: number
  /** Called with the body, once it has been read. */
  serve?: (body: string, request: ServiceRequest) => Promise<ServiceAnswer> | ServiceAnswer
}

/** A worker whose service counts its runs. */
function setUp({ idempotent = false, maxOutcomeBytes, serve = body => plain(`read ${body}`) }: Scene = {}) {
  const clock = new TurnedClock()
  const runs: ServiceRequest[] = []
  const services: LocalServices = {
    offers: () => true,
    isIdempotent: () => idempotent,
    maxBytes: () => undefined,
    capacity: () => ({ load: 0, queue: { running: 0, waiting: 0, slots: 1, bound: 1 } }),
    async run(request) {
      const body = await withSignal(text(request.body), request.signal)
      request.onStarted?.()
      runs.push(request)
      return serve(body, request)
    },
  }
  const jobs = new JobLog({ clock })
  const worker = new LocalWorker(
    { services, jobs, clock, selfId: me },
    maxOutcomeBytes === undefined ? {} : { maxOutcomeBytes },
  )
  const ask = (body: string | AsyncIterable<Uint8Array>, change: Partial<ServiceRequest> = {}) =>
    worker.run(
      {
        id: 'request-0001',
        service: 'letters',
        requester: 'somebody',
        contentType: 'text/plain',
        accept: '',
        body: typeof body === 'string' ? chunks(body) : body,
        deadlineAt: clock.now() + minute,
        signal: new AbortController().signal,
        ...change,
      },
      'direct',
    )
  return { ask, runs, clock, jobs: () => jobs.jobs.get().jobs }
}

const plain = (body: string): ServiceAnswer => ({ contentType: 'text/plain', body: Buffer.from(body) })

async function* chunks(body: string) {
  yield Buffer.from(body)
}

async function text(body: Uint8Array | AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = []
  if (body instanceof Uint8Array) parts.push(body)
  else for await (const part of body) parts.push(part)
  return Buffer.concat(parts).toString()
}

async function answerTo(pending: Promise<{ body: Uint8Array | AsyncIterable<Uint8Array> }>): Promise<string> {
  return text((await pending).body)
}

/** A service that is done when told to, and hears when it is cancelled. */
function slowService() {
  const gate = Promise.withResolvers<string>()
  const cancelled: unknown[] = []
  const serve: NonNullable<Scene['serve']> = (_body, { signal }) => {
    signal.addEventListener('abort', () => {
      cancelled.push(signal.reason)
      gate.reject(signal.reason)
    })
    return gate.promise.then(plain)
  }
  return { serve, cancelled, finish: (answer: string) => gate.resolve(answer) }
}

function leaver() {
  const controller = new AbortController()
  return { signal: controller.signal, leave: () => controller.abort(new RmaError('CANCELLED', 'gone')) }
}

describe('a request that is asked for again by its id', () => {
  it('gets what came of it, and does not run twice', async () => {
    const { ask, runs, jobs } = setUp()
    expect(await answerTo(ask('a letter'))).toBe('read a letter')
    expect(await answerTo(ask('a letter'))).toBe('read a letter')
    expect(runs).toHaveLength(1)
    expect(jobs()).toMatchObject([{ id: 'request-0001', state: 'done', bytesIn: 8, bytesOut: 13 }])
  })

  it('joins the run while it goes on', async () => {
    const slow = slowService()
    const { ask, runs } = setUp(slow)
    const both = [answerTo(ask('a letter')), answerTo(ask('a letter'))]
    await vi.waitFor(() => expect(runs).toHaveLength(1))
    slow.finish('read once')
    expect(await Promise.all(both)).toEqual(['read once', 'read once'])
    expect(runs).toHaveLength(1)
  })

  it('is worked on for the one who waits longest of those who are still there', async () => {
    const slow = slowService()
    const { ask, runs, clock } = setUp(slow)
    const [first, second] = [leaver(), leaver()]
    const now = clock.now()
    const gone = answerTo(ask('a letter', { deadlineAt: now + minute, signal: first.signal }))
    await vi.waitFor(() => expect(runs).toHaveLength(1))
    const waitedForMs = () => (runs[0]?.waitedForUntil?.() ?? 0) - now
    expect(waitedForMs()).toBe(minute)
    const longer = answerTo(ask('a letter', { deadlineAt: now + 5 * minute, signal: second.signal }))
    const shorter = answerTo(ask('a letter', { deadlineAt: now + 2 * minute }))
    expect(waitedForMs()).toBe(5 * minute)
    first.leave()
    second.leave()
    await expect(Promise.allSettled([gone, longer])).resolves.toMatchObject([
      { status: 'rejected' },
      { status: 'rejected' },
    ])
    expect(waitedForMs()).toBe(2 * minute)
    slow.finish('read')
    await shorter
  })

  it('runs anew two minutes after its end', async () => {
    const { ask, runs, clock } = setUp()
    await ask('a letter')
    clock.turn(2 * minute - 1)
    await ask('a letter')
    expect(runs).toHaveLength(1)
    clock.turn(1)
    await ask('a letter')
    expect(runs).toHaveLength(2)
  })

  it('belongs to its requester alone: another’s may have the same id', async () => {
    const { ask, runs } = setUp()
    expect(await answerTo(ask('mine'))).toBe('read mine')
    expect(await answerTo(ask('yours', { requester: 'somebody else' }))).toBe('read yours')
    expect(runs).toHaveLength(2)
  })

  it.each([
    ['body', 'b letter', {}],
    ['body that only goes on further', 'a letter, and more', {}],
    ['service', 'a letter', { service: 'parcels' }],
    ['form of answer', 'a letter', { accept: 'application/x-ndjson' }],
  ])('is refused with another %s, while it runs and afterwards', async (_what, body, change) => {
    const slow = slowService()
    const { ask, runs } = setUp(slow)
    const first = answerTo(ask('a letter'))
    await vi.waitFor(() => expect(runs).toHaveLength(1))
    const reused = { code: 'REQUEST_ID_REUSED', status: 409, details: { id: 'request-0001' } }
    await expect(ask(body, change)).rejects.toMatchObject(reused)
    slow.finish('read')
    expect(await first).toBe('read')
    await expect(ask(body, change)).rejects.toMatchObject(reused)
    expect(runs).toHaveLength(1)
  })

  it('is cancelled only once all who wait for it have gone, and then at once', async () => {
    const slow = slowService()
    const { ask, runs, jobs } = setUp(slow)
    const [one, two] = [leaver(), leaver()]
    const asked = [ask('a letter', { signal: one.signal }), ask('a letter', { signal: two.signal })]
    const refused = asked.map(each => expect(each).rejects.toMatchObject({ code: 'CANCELLED', message: 'gone' }))
    await vi.waitFor(() => expect(runs).toHaveLength(1))
    one.leave()
    await refused[0]
    expect(slow.cancelled).toEqual([])
    two.leave()
    expect(slow.cancelled).toMatchObject([{ code: 'CANCELLED', message: 'gone' }])
    await Promise.all(refused)
    expect(jobs()).toMatchObject([{ state: 'cancelled' }])
  })

  it('runs on for whoever joined when the first has gone', async () => {
    const slow = slowService()
    const { ask, runs } = setUp(slow)
    const first = leaver()
    const refused = expect(ask('a letter', { signal: first.signal })).rejects.toMatchObject({ code: 'CANCELLED' })
    await vi.waitFor(() => expect(runs).toHaveLength(1))
    const second = answerTo(ask('a letter'))
    first.leave()
    await refused
    slow.finish('read all the same')
    expect(await second).toBe('read all the same')
  })

  it('runs for the second when the first went away in the middle of its body', async () => {
    const { ask, runs } = setUp()
    const broken = Promise.withResolvers<void>()
    async function* half() {
      yield Buffer.from('a let')
      await broken.promise
      throw new Error('connection reset')
    }
    const first = ask(half())
    const second = answerTo(ask('a letter'))
    broken.resolve()
    await expect(first).rejects.toThrow('connection reset')
    expect(await second).toBe('read a letter')
    expect(runs).toHaveLength(1)
  })

  it('runs for the second when the first goes quiet in the middle of its body, not while more of it comes', async () => {
    const { ask, runs, clock } = setUp()
    const more = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    async function* half() {
      for (const { promise } of more) {
        yield Buffer.from('a l')
        await promise
      }
    }
    const first = expect(ask(half())).rejects.toMatchObject({ code: 'CANCELLED' })
    const again = answerTo(ask('a letter'))
    await new Promise(setImmediate)
    clock.turn(1.9 * second)
    more[0]?.resolve()
    await new Promise(setImmediate)
    clock.turn(1.9 * second)
    await new Promise(setImmediate)
    expect(runs).toHaveLength(0)
    clock.turn(0.6 * second)
    await first
    expect(await again).toBe('read a letter')
    expect(runs).toHaveLength(1)
  })

  it('runs on when the body of the second is what is slow', async () => {
    const slow = slowService()
    const { ask, runs, clock } = setUp(slow)
    const rest = Promise.withResolvers<void>()
    async function* late() {
      yield Buffer.from('a let')
      await rest.promise
      yield Buffer.from('ter')
    }
    const asked = [answerTo(ask('a letter')), answerTo(ask(late()))]
    await vi.waitFor(() => expect(runs).toHaveLength(1))
    clock.turn(minute)
    rest.resolve()
    slow.finish('read once')
    expect(await Promise.all(asked)).toEqual(['read once', 'read once'])
    expect(slow.cancelled).toEqual([])
  })

  it('is not held against it when it was refused before it ran', async () => {
    const { ask, runs } = setUp()
    async function* turnedAway() {
      yield Buffer.from('a let')
      throw new RmaError('BUSY', 'full')
    }
    await expect(ask(turnedAway())).rejects.toMatchObject({ code: 'BUSY' })
    expect(await answerTo(ask('a letter'))).toBe('read a letter')
    expect(runs).toHaveLength(1)
  })

  it('stays failed where it must not run twice, and runs again where it may', async () => {
    for (const idempotent of [false, true]) {
      const { ask, runs } = setUp({
        idempotent,
        serve: () => {
          throw new RmaError('ENGINE_FAILED', 'the engine broke')
        },
      })
      for (let time = 0; time < 2; time++) await expect(ask('x')).rejects.toMatchObject({ code: 'ENGINE_FAILED' })
      expect(runs).toHaveLength(idempotent ? 2 : 1)
    }
  })

  it('stays cancelled where it must not run twice: nobody knows how far it got', async () => {
    for (const idempotent of [false, true]) {
      const slow = slowService()
      const { ask, runs } = setUp({ idempotent, ...slow })
      const one = leaver()
      const refused = expect(ask('x', { signal: one.signal })).rejects.toMatchObject({ code: 'CANCELLED' })
      await vi.waitFor(() => expect(runs).toHaveLength(1))
      one.leave()
      await refused
      const again = ask('x').catch(error => error.code)
      if (idempotent) await vi.waitFor(() => expect(runs).toHaveLength(2))
      else expect(await again).toBe('CANCELLED')
      expect(runs).toHaveLength(idempotent ? 2 : 1)
    }
  })
})

describe('an answer that streams', () => {
  async function* lines(count: number, size = 8) {
    for (let line = 0; line < count; line++) yield Buffer.from(String(line).padEnd(size))
  }

  it('is given from its start to whoever joins in the middle, and to whoever comes afterwards', async () => {
    const { ask, runs, jobs } = setUp({ serve: () => ({ contentType: 'application/x-ndjson', body: lines(5) }) })
    const first = (await ask('a letter')).body as AsyncIterable<Uint8Array>
    const reader = first[Symbol.asyncIterator]()
    await reader.next()
    const whole = await text(lines(5))
    expect(await answerTo(ask('a letter'))).toBe(whole)
    expect(await text(first)).toBe(whole.slice(8))
    expect(await answerTo(ask('a letter'))).toBe(whole)
    expect(runs).toHaveLength(1)
    expect(jobs()).toMatchObject([{ state: 'done', bytesOut: whole.length }])
  })

  it('is cancelled when its last reader stops', async () => {
    const slow = slowService()
    let returned = false
    async function* endless() {
      try {
        for (;;) yield Buffer.alloc(8)
      } finally {
        returned = true
      }
    }
    const { ask, jobs } = setUp({ ...slow, serve: () => ({ contentType: 'x', body: endless() }) })
    const readers = [(await ask('x')).body, (await ask('x')).body] as AsyncIterableIterator<Uint8Array>[]
    for (const reader of readers) await reader.next()
    await readers[0]?.return?.()
    expect(returned).toBe(false)
    await readers[1]?.return?.()
    expect(returned).toBe(true)
    expect(jobs()).toMatchObject([{ state: 'cancelled' }])
    await expect(ask('x')).rejects.toMatchObject({ code: 'OUTCOME_NOT_KEPT', status: 410 })
  })

  it('is not kept, though given, where it is larger than what may be held', async () => {
    const { ask, runs } = setUp({ maxOutcomeBytes: 8 * KiB, serve: () => plain('x'.repeat(9 * KiB)) })
    expect(await answerTo(ask('x'))).toHaveLength(9 * KiB)
    await expect(ask('x')).rejects.toMatchObject({ code: 'OUTCOME_NOT_KEPT' })
    expect(runs).toHaveLength(1)
  })

  it('passes through whole, however much longer than what may be held, and is not kept', async () => {
    const size = 64 * KiB
    const { ask, runs } = setUp({
      maxOutcomeBytes: MiB,
      serve: () => ({ contentType: 'x', body: lines(48, size) }),
    })
    expect((await answerTo(ask('x'))).length).toBe(48 * size)
    await expect(ask('x')).rejects.toMatchObject({ code: 'OUTCOME_NOT_KEPT' })
    expect(runs).toHaveLength(1)
  })
})
