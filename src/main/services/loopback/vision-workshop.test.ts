import { pino } from 'pino'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { second } from '../../../shared/units.ts'
import { systemClock } from '../../clock.ts'
import type { ServiceDefinition } from '../service-definition.ts'
import type { ServiceHost, ServiceOrder } from '../service-host.ts'
import { obedience, obey, occupy, statusOf, testHost } from '../testing/test-host.ts'
import { LoopbackEngines } from './loopback-engines.ts'
import { StandInEngine } from './testing/stand-in-engine.ts'
import { VisionWorkshop } from './vision-workshop.ts'

const order: ServiceOrder = { accepting: 'everybody', underWay: 'finish', jobs: 4, memoryMiB: 8_192, gpu: true }

let engine: StandInEngine
let engines: LoopbackEngines
let host: ServiceHost
beforeEach(async () => {
  engine = await StandInEngine.start()
  engine.models = [{ id: 'llava-7b' }]
  engines = new LoopbackEngines(
    { clock: systemClock, log: pino({ level: 'silent' }) },
    // One that handles one request at a time.
    { places: [{ name: 'llama.cpp server', url: engine.url }], budgetMiB: () => 8_192 },
  )
  host = testHost({ definitions: [obedienceAt(engines)] })
  await engines.look()
})
afterEach(async () => {
  await host.stop()
  engines.stop()
  await engine.stop()
})

/** Two jobs at once, in processes that wait for their turn at an engine beside this node. */
function obedienceAt(engines: LoopbackEngines): ServiceDefinition {
  const pool = { entry: 'obedient-engine', memoryMiB: obedience.memoryMiB, stallMs: obedience.stallMs }
  const limits = { maxTokens: 100 }
  return {
    ...obedience,
    slots: () => 2,
    engine: (components, init) => new VisionWorkshop(components, { ...init, engines, limits, pool }),
  }
}

it('a place at the engine is free again when all jobs are handed back at once', async () => {
  await obey(host, { do: 'echo', text: 'warm' })
  const jobs = [await occupy(host), await occupy(host)]
  await vi.waitFor(() => expect(statusOf(host)?.running).toBe(2))
  const { gate } = engines.choose({ sees: true })
  expect(gate).toMatchObject({ size: 1, inside: 1 })
  host.govern({ ...order, accepting: 'nobody', underWay: 'hand-back', jobs: 0 })
  for (const { outcome } of jobs) expect(await outcome).toMatchObject({ code: 'WORKER_LOST' })
  expect(gate.inside).toBe(0)
  host.govern(order)
  expect(await obey(host, { do: 'echo', text: 'next' }, { deadlineAt: Date.now() + 4 * second })).toEqual(['next'])
})
