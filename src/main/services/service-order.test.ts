import { describe, expect, it, vi } from 'vitest'
import { minute } from '../../shared/units.ts'
import type { ServiceRequest } from '../service-request.ts'
import type { ServiceHost, ServiceOrder } from './service-host.ts'
import { failureOf, hostWith, obedience, orderFor, textOf } from './testing/test-host.ts'

const everything: ServiceOrder = { accepting: 'everybody', underWay: 'finish', jobs: 64, memoryMiB: 65_536, gpu: true }
const finish: ServiceOrder = { ...everything, accepting: 'nobody', jobs: 0 }
const handBack: ServiceOrder = { ...finish, underWay: 'hand-back' }

const other = { ...obedience, type: 'other' }
const onGraphics = { ...obedience, type: 'graphics', usesGpu: true }

function hostOf(definitions = [obedience], slots?: number): ServiceHost {
  const services = Object.fromEntries(
    definitions.map(({ type }) => [type, { enabled: true, ...(slots === undefined ? {} : { slots }) }]),
  )
  return hostWith({ definitions, services })
}

const wait = (host: ServiceHost, fields: Partial<ServiceRequest> = {}) =>
  host.run(orderFor({ do: 'wait', ms: minute }, fields))
const isGone = (pid: number) => vi.waitFor(() => expect(() => process.kill(pid, 0)).toThrow())

describe('when the owner needs the machine', () => {
  it('at once, jobs under way and those that wait are handed back for others to do, and engines end', async () => {
    const host = hostOf()
    const lost = failureOf(wait(host))
    await vi.waitFor(() => expect(host.status.get()[0]?.running).toBe(1))
    const waiting = failureOf(wait(host))
    await vi.waitFor(() => expect(host.status.get()[0]?.waiting).toBe(1))
    const [pid] = host.enginePids('obedience')
    host.govern(handBack)
    expect(await lost).toMatchObject({ code: 'WORKER_LOST', retryable: true })
    expect(await waiting).toMatchObject({ code: 'PAUSED', retryable: true })
    expect(await failureOf(wait(host))).toMatchObject({ code: 'PAUSED' })
    expect(host.jobs).toBe(0)
    if (pid !== undefined) await isGone(pid)
  })

  it('soon, jobs under way are finished, those that wait are turned away, and engines end afterwards', async () => {
    const host = hostOf()
    const answer = host.run(orderFor({ do: 'wait', ms: 300 }))
    await vi.waitFor(() => expect(host.status.get()[0]?.running).toBe(1))
    const waiting = failureOf(wait(host))
    await vi.waitFor(() => expect(host.status.get()[0]?.waiting).toBe(1))
    const [pid] = host.enginePids('obedience')
    host.govern(finish)
    expect(await waiting).toMatchObject({ code: 'PAUSED' })
    expect(await textOf(await answer)).toBe('["waited"]')
    if (pid !== undefined) await isGone(pid)
    expect(host.enginePids('obedience')).toEqual([])
  })

  it('and gives it back, requests are taken again', async () => {
    const host = hostOf()
    host.govern(handBack)
    host.govern(everything)
    expect(host.offers('obedience')).toBe(true)
    expect(await textOf(await host.run(orderFor({ do: 'echo', text: 'again' })))).toBe('["again"]')
  })

  it('nothing is told where an order for the same comes again', () => {
    const host = hostOf()
    host.govern(everything)
    let told = 0
    host.status.subscribe(() => told++)
    host.govern({ ...everything, memoryMiB: everything.memoryMiB - 1 })
    expect(told).toBe(0)
    host.govern(finish)
    expect(told).toBeGreaterThan(0)
  })
})

describe('an order', () => {
  it('bounds the jobs of all services together, and lets the next begin when one ends', async () => {
    const host = hostOf([obedience, other], 4)
    host.govern({ ...everything, jobs: 2 })
    const abort = new AbortController()
    const running = [wait(host, { signal: abort.signal }), wait(host, { service: 'other' })].map(failureOf)
    await vi.waitFor(() => expect(host.capacity().queue.running).toBe(2))
    const third = host.run(orderFor({ do: 'echo', text: 'third' }, { service: 'other' }))
    await vi.waitFor(() => expect(host.capacity().queue).toMatchObject({ running: 2, waiting: 1, slots: 2 }))
    abort.abort()
    expect(await textOf(await third)).toBe('["third"]')
    host.stop()
    await Promise.all(running)
  })

  it('bounds the memory of all jobs together', async () => {
    const host = hostOf([obedience], 4)
    host.govern({ ...everything, memoryMiB: 2 * obedience.memoryMiB })
    const jobs = [wait(host), wait(host), wait(host)].map(failureOf)
    await vi.waitFor(() => expect(host.capacity().queue).toMatchObject({ running: 2, waiting: 1 }))
    host.stop()
    await Promise.all(jobs)
  })

  it('without graphics cards withdraws the services that need one, and no other', async () => {
    const host = hostOf([obedience, onGraphics])
    const lost = failureOf(wait(host, { service: 'graphics' }))
    await vi.waitFor(() => expect(host.capacity().queue.running).toBe(1))
    host.govern({ ...everything, gpu: false })
    expect(await lost).toMatchObject({ code: 'WORKER_LOST' })
    expect(host.status.get()).toMatchObject([{ type: 'obedience' }, { unavailable: { kind: 'gpu-paused' } }])
    expect(host.offers('graphics')).toBe(false)
    expect(host.offers('obedience')).toBe(true)
    host.govern(everything)
    expect(host.offers('graphics')).toBe(true)
  })

  it('tells a busy graphics card as load, unless it is this node that uses it or nothing here would', async () => {
    const host = hostOf([obedience, onGraphics], 4)
    host.govern({ ...everything, gpuBusy: 0.9 })
    expect(host.capacity().load).toBe(0.9)
    const abort = new AbortController()
    const running = failureOf(wait(host, { service: 'graphics', signal: abort.signal }))
    await vi.waitFor(() => expect(host.capacity()).toMatchObject({ load: 1 / 8, queue: { running: 1 } }))
    abort.abort()
    await running
    host.setEnabled('graphics', false)
    expect(host.capacity().load).toBe(0)
  })

  it('knows the least memory that a job takes', () => {
    const host = hostOf([obedience, { ...other, memoryMiB: 64 }])
    expect(host.leastJobMiB).toBe(64)
    host.setEnabled('other', false)
    host.setEnabled('obedience', false)
    expect(host.leastJobMiB).toBe(0)
  })
})

it('a job tells what it took of the processor', async () => {
  const host = hostOf()
  const used = vi.fn()
  await textOf(await host.run(orderFor({ do: 'echo', text: 'x' }, { onUsed: used })))
  expect(used).toHaveBeenCalledExactlyOnceWith({ cpuMs: expect.any(Number), gpuMs: 0 })
  expect(used.mock.calls[0]?.[0].cpuMs).toBeGreaterThan(0)
})

describe('when the services of a node change', () => {
  const services = { obedience: { enabled: true }, other: { enabled: true } }

  it('what has begun goes on to its end, what waits is sent elsewhere, and the engine ends', async () => {
    const host = hostOf()
    const begun = host.run(orderFor({ do: 'wait', ms: 1_500 }))
    await vi.waitFor(() => expect(host.status.get()[0]?.running).toBe(1))
    const waiting = failureOf(wait(host))
    await vi.waitFor(() => expect(host.status.get()[0]?.waiting).toBe(1))
    const [pid] = host.enginePids('obedience')
    host.redefine([other], services)
    expect(host.status.get().map(({ type }) => type)).toEqual(['other'])
    expect(await waiting).toMatchObject({ code: 'PAUSED' })
    expect(await failureOf(wait(host))).toMatchObject({ code: 'UNKNOWN_SERVICE' })
    expect(await textOf(await host.run(orderFor({ do: 'echo', text: 'new' }, { service: 'other' })))).toBe('["new"]')
    expect(host.jobs).toBe(1)
    expect(await textOf(await begun)).toBe('["waited"]')
    if (pid !== undefined) await isGone(pid)
    expect(host.jobs).toBe(0)
  })

  it('those that stay the same are not disturbed, and a new one keeps to the order in force', async () => {
    const host = hostOf()
    host.govern({ ...everything, jobs: 3, gpu: false })
    await textOf(await host.run(orderFor({ do: 'echo', text: 'warm' })))
    const pids = host.enginePids('obedience')
    host.redefine([obedience, onGraphics], { ...services, graphics: { enabled: true } })
    expect(host.enginePids('obedience')).toEqual(pids)
    expect(host.status.get()[1]).toMatchObject({ type: 'graphics', unavailable: { kind: 'gpu-paused' } })
  })

  it('draining waits for jobs of services that are no longer there, and ends when the last of them does', async () => {
    const host = hostOf()
    const answer = host.run(orderFor({ do: 'wait', ms: 500 }))
    await vi.waitFor(() => expect(host.status.get()[0]?.running).toBe(1))
    host.redefine([], services)
    const drained = host.drain()
    expect(host.jobs).toBe(1)
    expect(await textOf(await answer)).toBe('["waited"]')
    await drained
    expect(host.jobs).toBe(0)
  })

  it('draining ends when jobs of services that are no longer there are handed back', async () => {
    const host = hostOf()
    const lost = failureOf(wait(host))
    await vi.waitFor(() => expect(host.status.get()[0]?.running).toBe(1))
    host.redefine([], services)
    const drained = host.drain()
    await new Promise(resolve => setImmediate(resolve)) // It has looked once, and waits.
    host.govern(handBack)
    expect(await lost).toMatchObject({ code: 'WORKER_LOST' })
    await drained
  })
})
