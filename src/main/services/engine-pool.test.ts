import { pino } from 'pino'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { RmaError } from '../../shared/errors.ts'
import { minute, second } from '../../shared/units.ts'
import { TurnedClock } from '../clock.ts'
import type { EngineLauncher, EngineProcess } from './engine-launcher.ts'
import { EnginePool } from './engine-pool.ts'
import { createForkLauncher } from './fork-launcher.ts'
import type { Order } from './testing/obedient-engine.ts'
import { failureOf, testEntries } from './testing/test-host.ts'

const log = pino({ level: 'silent' })
const never = new AbortController().signal
const pools: EnginePool[] = []
afterEach(() => {
  for (const pool of pools.splice(0)) pool.stop(new RmaError('CANCELLED', 'the test is over'))
})

function poolWith(launch: EngineLauncher = createForkLauncher({ entries: testEntries, log })) {
  const clock = new TurnedClock()
  const init = {
    entry: 'obedient-engine',
    size: 2,
    memoryMiB: 256,
    stallMs: minute,
    startMs: 30 * second,
    idleMs: 5 * minute,
  }
  const pool = new EnginePool({ launch, clock, log }, init)
  pools.push(pool)
  return { pool, clock }
}

/** A process of an engine that does nothing but what `fields` make it do. */
function standIn(fields: Partial<EngineProcess> = {}): EngineProcess {
  return {
    pid: undefined,
    postMessage: () => undefined,
    onMessage: () => undefined,
    onExit: () => undefined,
    onErrorLine: () => undefined,
    kill: () => undefined,
    ...fields,
  }
}

async function obey(
  pool: EnginePool,
  order: Order,
  onFree: () => void = () => undefined,
  signal: AbortSignal = never,
): Promise<unknown[]> {
  const values: unknown[] = []
  const bytes = Buffer.from(JSON.stringify(order))
  for await (const { value } of await pool.run(
    { contentType: 'text/plain', accept: '', waitedForUntil: () => 0, bytes },
    signal,
    onFree,
  ))
    values.push(value)
  return values
}

describe('an engine pool', () => {
  it('starts engines only when there is work, and counts their places from the call on', async () => {
    const { pool } = poolWith()
    expect(pool.pids).toEqual([])
    const job = obey(pool, { do: 'echo', text: 'x' })
    expect(pool.free).toBe(1)
    await job
    expect(pool.free).toBe(2)
    expect(pool.pids).toHaveLength(1)
  })

  it('unloads an engine that has had nothing to do for a while, not one that has', async () => {
    const { pool, clock } = poolWith()
    await obey(pool, { do: 'echo', text: 'x' })
    const [pid = 0] = pool.pids
    clock.turn(4 * minute)
    await obey(pool, { do: 'echo', text: 'x' })
    clock.turn(4 * minute)
    expect(pool.pids).toEqual([pid])
    clock.turn(minute)
    expect(pool.pids).toEqual([])
    await vi.waitFor(() => expect(() => process.kill(pid, 0)).toThrow())
  })

  it('replaces a warm engine that died while it had nothing to do', async () => {
    const { pool } = poolWith()
    await obey(pool, { do: 'echo', text: 'x' })
    const [pid = 0] = pool.pids
    process.kill(pid, 'SIGKILL')
    await vi.waitFor(() => expect(pool.pids).toEqual([]))
    expect(await obey(pool, { do: 'echo', text: 'again' })).toEqual(['again'])
  })

  it('gives up an engine that never gets ready', async () => {
    const process = standIn({ kill: vi.fn() })
    const { pool, clock } = poolWith(() => process)
    const onFree = vi.fn()
    const failure = failureOf(obey(pool, { do: 'echo', text: 'x' }, onFree))
    clock.turn(30 * second)
    expect(await failure).toMatchObject({ code: 'ENGINE_FAILED', details: { reason: 'start' } })
    expect(process.kill).toHaveBeenCalled()
    expect(onFree).toHaveBeenCalledOnce()
    expect(pool.free).toBe(2)
  })

  it('gives the place of a job back that was given up before it came', async () => {
    const { pool } = poolWith()
    const onFree = vi.fn()
    const givenUp = AbortSignal.abort(new RmaError('DEADLINE', 'it took too long'))
    expect(await failureOf(obey(pool, { do: 'echo', text: 'x' }, onFree, givenUp))).toMatchObject({ code: 'DEADLINE' })
    expect(onFree).toHaveBeenCalledOnce()
    expect([pool.free, pool.pids.length]).toEqual([2, 0])
  })

  it('gives the place of a job back whose engine has no process, and says that the engine did not start', async () => {
    const { pool } = poolWith(() => {
      throw new Error('spawn ENOMEM')
    })
    const onFree = vi.fn()
    const failure = await failureOf(obey(pool, { do: 'echo', text: 'x' }, onFree))
    expect(failure).toMatchObject({ code: 'ENGINE_FAILED', retryable: true, details: { reason: 'start' } })
    expect(onFree).toHaveBeenCalledOnce()
    expect(pool.free).toBe(2)
  })

  it('gives the place of a job back whose engine ends as soon as it is ready', async () => {
    let tell: (message: unknown) => void = () => undefined
    const onMessage: EngineProcess['onMessage'] = listener => {
      tell = listener
    }
    const { pool } = poolWith(() => standIn({ onMessage }))
    const onFree = vi.fn()
    const failure = failureOf(obey(pool, { do: 'echo', text: 'x' }, onFree))
    tell({ kind: 'ready' })
    tell({ kind: 'nonsense' })
    expect(await failure).toMatchObject({ code: 'ENGINE_FAILED', details: { reason: 'protocol' } })
    expect(onFree).toHaveBeenCalledOnce()
    expect(pool.free).toBe(2)
  })

  it('keeps an engine whose job is given up while it loads: the next job has it', async () => {
    const { pool } = poolWith()
    const late = new AbortController()
    const onFree = vi.fn()
    const failure = failureOf(obey(pool, { do: 'echo', text: 'x' }, onFree, late.signal))
    const pids = pool.pids
    expect(pids).toHaveLength(1)
    late.abort(new RmaError('DEADLINE', 'it took too long'))
    expect(await failure).toMatchObject({ code: 'DEADLINE' })
    expect([pool.free, onFree.mock.calls.length]).toEqual([2, 1])
    expect(await obey(pool, { do: 'echo', text: 'again' })).toEqual(['again'])
    expect(pool.pids).toEqual(pids)
  })

  it('ends an engine that loads for nobody when the owner needs the machine', async () => {
    const { pool } = poolWith()
    const late = new AbortController()
    const failure = failureOf(obey(pool, { do: 'echo', text: 'x' }, undefined, late.signal))
    late.abort(new RmaError('DEADLINE', 'it took too long'))
    await failure
    pool.resize(0)
    expect(pool.pids).toEqual([])
  })

  it('frees a place as soon as the engine is done, though nobody has read its output', async () => {
    const { pool } = poolWith()
    const freed = Promise.withResolvers<void>()
    const bytes = Buffer.from(JSON.stringify({ do: 'parts', count: 50, everyMs: 0 } satisfies Order))
    const output = await pool.run(
      { contentType: 'text/plain', accept: '', waitedForUntil: () => 0, bytes },
      never,
      () => freed.resolve(),
    )
    await freed.promise
    expect(pool.free).toBe(2)
    await output.cancel()
    expect(pool.pids).toHaveLength(1)
  })
})
