import { describe, expect, it, vi } from 'vitest'
import { RmaError } from '../../shared/errors.ts'
import { MiB } from '../../shared/units.ts'
import type { ServiceDefinition } from './service-definition.ts'
import {
  chunksOf,
  definedAs,
  failureOf,
  hostWith,
  obey,
  occupy,
  orderFor,
  requestFor,
  statusOf,
  textOf,
} from './testing/test-host.ts'

const processIsGone = (pid: number) => vi.waitFor(() => expect(() => process.kill(pid, 0)).toThrow())

describe('a service host', () => {
  it('runs a request in an engine process and keeps it warm for the next', async () => {
    const host = hostWith()
    expect(await obey(host, { do: 'echo', text: 'first' })).toEqual(['first'])
    const pids = host.enginePids('obedience')
    expect(await obey(host, { do: 'echo', text: 'second' })).toEqual(['second'])
    expect(pids).toHaveLength(1)
    expect(host.enginePids('obedience')).toEqual(pids)
  })

  it('says when a job leaves the queue and publishes what runs and waits', async () => {
    const host = hostWith()
    const first = await occupy(host)
    const onStarted = vi.fn()
    const second = obey(host, { do: 'echo', text: 'x' }, { onStarted })
    await vi.waitFor(() => expect(statusOf(host)).toMatchObject({ running: 1, waiting: 1, slots: 1, bound: 4 }))
    expect(onStarted).not.toHaveBeenCalled()
    expect(host.capacity()).toEqual({ load: 1, queue: { running: 1, waiting: 1, slots: 1, bound: 4 } })
    first.cancel()
    expect(await second).toEqual(['x'])
    expect(onStarted).toHaveBeenCalledOnce()
    expect(statusOf(host)).toMatchObject({ running: 0, waiting: 0 })
    expect(host.capacity().load).toBe(0)
  })

  it('serves requesters in turns, whoever asked more often', async () => {
    const host = hostWith(definedAs({ bound: () => 10 }))
    const first = await occupy(host)
    const order: string[] = []
    const jobs = ['a', 'a', 'a', 'b', 'c'].map((requester, index) =>
      obey(host, { do: 'echo', text: '' }, { requester, onStarted: () => order.push(`${requester}${index}`) }),
    )
    await vi.waitFor(() => expect(statusOf(host)?.waiting).toBe(5))
    first.cancel()
    await Promise.all(jobs)
    expect(order).toEqual(['a0', 'b3', 'c4', 'a1', 'a2'])
  })

  it('answers BUSY with a time to come back when its queue is full, and makes room for those with less in it', async () => {
    const host = hostWith()
    const greedy = { requester: 'greedy' }
    await occupy(host, greedy)
    const waiting = Array.from({ length: 4 }, () => failureOf(host.run(orderFor({ do: 'echo', text: '' }, greedy))))
    const refused = await failureOf(host.run(orderFor({ do: 'echo', text: '' }, greedy)))
    expect(refused).toMatchObject({ code: 'BUSY', retryable: true, details: { retryAfterMs: expect.any(Number) } })
    const modest = failureOf(host.run(orderFor({ do: 'echo', text: '' }, { requester: 'modest' })))
    expect(await waiting.at(-1)).toMatchObject({ code: 'BUSY' })
    expect(statusOf(host)?.waiting).toBe(4)
    host.stop()
    expect(await modest).toMatchObject({ code: 'PAUSED' })
  })

  it('lets others pass a request whose body is still on its way', async () => {
    const host = hostWith()
    const rest = Promise.withResolvers<void>()
    async function* halting(): AsyncGenerator<Uint8Array, void, void> {
      yield Buffer.from('{"do":"echo",')
      await rest.promise
      yield Buffer.from('"text":"slow"}')
    }
    const slow = host.run(requestFor('', { body: halting() }))
    expect(await obey(host, { do: 'echo', text: 'quick' })).toEqual(['quick'])
    rest.resolve()
    expect(await textOf(await slow)).toBe('["slow"]')
  })
})

describe('a service host refuses', () => {
  it('bodies beyond what it may hold at once, until there is room again', async () => {
    const host = hostWith(definedAs({ maxHeldBytes: 500 }))
    const large = (text: string) => orderFor({ do: 'wait', ms: 100 }, { body: chunksOf(Buffer.from(text.padEnd(400))) })
    const first = host.run(large('{"do":"wait","ms":100}'))
    expect(await failureOf(host.run(large('{"do":"wait","ms":100}')))).toMatchObject({ code: 'BUSY' })
    expect(await textOf(await first)).toBe('["waited"]')
    expect(await textOf(await host.run(large('{"do":"echo","text":"room"}')))).toBe('["room"]')
  })

  it('a service it does not have', async () => {
    const host = hostWith()
    expect(await failureOf(host.run(requestFor('{}', { service: 'tarot' })))).toMatchObject({ code: 'UNKNOWN_SERVICE' })
    expect(host.offers('tarot')).toBe(false)
    expect(host.maxBytes('tarot')).toBeUndefined()
    expect(host.isIdempotent('tarot')).toBe(false)
  })

  it('every request while it accepts nobody’s', async () => {
    const host = hostWith()
    host.setAccepting('nobody')
    expect(host.offers('obedience')).toBe(false)
    expect(await failureOf(host.run(orderFor({ do: 'echo', text: '' })))).toMatchObject({ code: 'PAUSED' })
  })

  it('a service that is switched off, until it is on again', async () => {
    const host = hostWith({ services: {} })
    expect(statusOf(host)).toMatchObject({ enabled: false, unavailable: { kind: 'disabled' } })
    expect(await failureOf(host.run(orderFor({ do: 'echo', text: '' })))).toMatchObject({ code: 'PAUSED' })
    host.setEnabled('obedience', true)
    expect(host.offers('obedience')).toBe(true)
    expect(await obey(host, { do: 'echo', text: 'on' })).toEqual(['on'])
  })

  it('a service that needs more memory than the machine has', async () => {
    const host = hostWith({ machine: { cpuThreads: 2, memoryMiB: 128 } })
    expect(statusOf(host)?.unavailable).toEqual({ kind: 'needs-memory', neededMiB: 256, foundMiB: 128 })
    expect(await failureOf(host.run(orderFor({ do: 'echo', text: '' })))).toMatchObject({ code: 'PAUSED' })
  })

  it.each([
    ['a body declared too large, unread', { declaredBytes: 2 * MiB }, 'TOO_LARGE'],
    ['a body that grows too large', { body: chunksOf(new Uint8Array(2 * MiB)) }, 'TOO_LARGE'],
    ['an empty body', { body: chunksOf(new Uint8Array()) }, 'EMPTY_BODY'],
    ['a media type the service does not take', { contentType: 'image/png' }, 'UNSUPPORTED_TYPE'],
    ['a body without a media type', { contentType: '' }, 'UNSUPPORTED_TYPE'],
    ['what its service sees is wrong', { body: chunksOf(Buffer.from('no order')) }, 'BAD_INPUT'],
    ['a request whose deadline has passed', { deadlineAt: Date.now() - 1 }, 'DEADLINE'],
    ['a request that is over already', { signal: AbortSignal.abort() }, 'CANCELLED'],
  ] as const)('%s', async (_, fields, code) => {
    const host = hostWith()
    expect(await failureOf(host.run(orderFor({ do: 'echo', text: '' }, fields)))).toMatchObject({ code })
    expect(statusOf(host)).toMatchObject({ running: 0, waiting: 0 })
    expect(host.enginePids('obedience')).toEqual([])
  })

  it('what its engine refuses, and keeps the engine', async () => {
    const host = hostWith()
    const error = await failureOf(host.run(orderFor({ do: 'refuse' })))
    expect(error).toMatchObject({ code: 'BAD_INPUT', message: 'expected something else', details: { position: 7 } })
    expect(host.enginePids('obedience')).toHaveLength(1)
  })
})

describe('a job ends', () => {
  it('when it is cancelled, with its process, and the next one runs', async () => {
    const running = Promise.withResolvers<void>()
    const answer: ServiceDefinition['answer'] = async output => {
      const values: unknown[] = []
      for await (const { value } of output) {
        values.push(value)
        running.resolve()
      }
      return { contentType: 'application/json', body: Buffer.from(JSON.stringify(values)) }
    }
    const host = hostWith(definedAs({ answer }))
    const cancel = new AbortController()
    const order = orderFor({ do: 'parts', count: 10_000, everyMs: 50 }, { signal: cancel.signal })
    const outcome = failureOf(host.run(order))
    await running.promise
    const [pid = 0] = host.enginePids('obedience')
    cancel.abort()
    expect(await outcome).toMatchObject({ code: 'CANCELLED' })
    expect(statusOf(host)?.running).toBe(0)
    await processIsGone(pid)
    expect(await obey(host, { do: 'echo', text: 'next' })).toEqual(['next'])
  })

  it('when it is cancelled in the queue, without touching the one that runs', async () => {
    const host = hostWith()
    await occupy(host)
    const cancel = new AbortController()
    const waiting = failureOf(host.run(orderFor({ do: 'echo', text: '' }, { signal: cancel.signal })))
    await vi.waitFor(() => expect(statusOf(host)?.waiting).toBe(1))
    cancel.abort()
    expect(await waiting).toMatchObject({ code: 'CANCELLED' })
    expect(statusOf(host)).toMatchObject({ running: 1, waiting: 0 })
  })

  it('with its request’s own reason where that is an error with a code', async () => {
    const host = hostWith()
    const cancel = new AbortController()
    const { outcome } = await occupy(host, { signal: cancel.signal })
    cancel.abort(new RmaError('WORKER_LOST', 'the requester hung up'))
    expect(await outcome).toMatchObject({ code: 'WORKER_LOST' })
  })

  it('at its deadline, even where its engine never gives way', async () => {
    const host = hostWith()
    await obey(host, { do: 'echo', text: 'warm' })
    const outcome = failureOf(host.run(orderFor({ do: 'block' }, { deadlineAt: Date.now() + 300 })))
    expect(await outcome).toMatchObject({ code: 'DEADLINE' })
    expect(await obey(host, { do: 'echo', text: 'next' })).toEqual(['next'])
  })

  it('when its engine gives no sign of life, but not while parts keep coming', async () => {
    const host = hostWith(definedAs({ stallMs: 1_000 }))
    expect(await obey(host, { do: 'parts', count: 6, everyMs: 250 })).toEqual([1, 2, 3, 4, 5, 6, 6])
    const error = await failureOf(host.run(orderFor({ do: 'block' })))
    expect(error).toMatchObject({ code: 'ENGINE_FAILED', details: { reason: 'hang' } })
  })

  it('when its process is killed, and the next one gets a new process', async () => {
    const host = hostWith()
    await obey(host, { do: 'echo', text: 'warm' })
    const { outcome } = await occupy(host)
    const [pid = 0] = host.enginePids('obedience')
    process.kill(pid, 'SIGKILL')
    expect(await outcome).toMatchObject({ code: 'ENGINE_FAILED', retryable: true, details: { reason: 'crash' } })
    expect(await obey(host, { do: 'echo', text: 'next' })).toEqual(['next'])
  })

  it('with its process when that takes more memory than it may, while it blocks its own main thread', async () => {
    const host = hostWith()
    const error = await failureOf(host.run(orderFor({ do: 'allocate' })))
    expect(error).toMatchObject({ code: 'ENGINE_FAILED', details: { reason: 'memory' } })
    expect(await obey(host, { do: 'echo', text: 'next' })).toEqual(['next'])
  })

  it.each([
    [{ do: 'exit', code: 3 }, 'crash'],
    [{ do: 'throw', quoting: 'x' }, 'error'],
    [{ do: 'throw-later', quoting: 'x' }, 'crash'],
    [{ do: 'talk-nonsense' }, 'protocol'],
    [{ do: 'parts', count: 1_001, everyMs: 0 }, 'protocol'],
  ] as const)('in ENGINE_FAILED after %j', async (order, reason) => {
    const host = hostWith()
    const error = await failureOf(host.run(orderFor(order)))
    expect(error).toMatchObject({ code: 'ENGINE_FAILED', details: { reason } })
    expect(await obey(host, { do: 'echo', text: 'next' })).toEqual(['next'])
  })

  it('alone: a job beside it goes on', async () => {
    const host = hostWith(definedAs({ slots: () => 2 }))
    const beside = obey(host, { do: 'parts', count: 3, everyMs: 300 })
    const error = await failureOf(host.run(orderFor({ do: 'allocate' })))
    expect(error.code).toBe('ENGINE_FAILED')
    expect(await beside).toEqual([1, 2, 3, 3])
  })
})
