import { pino } from 'pino'
import { expect, it, onTestFinished, vi } from 'vitest'
import { second } from '../../shared/units.ts'
import { type Clock, systemClock, TurnedClock } from '../clock.ts'
import { known, unknown } from './facts.ts'
import { FactsSampler } from './facts-sampler.ts'
import type { Sensors } from './sensors/sensor.ts'
import { systemSensors } from './sensors/system-sensors.ts'

const log = pino({ level: 'silent' })
const silent = { everyMs: second, read: () => unknown('missing') }

function sensorsWith(changes: Partial<Sensors>): Sensors {
  const none: Sensors = {
    power: silent,
    idle: silent,
    otherCpu: silent,
    cpuTemperature: silent,
    gpuTemperature: silent,
    memory: silent,
    vram: silent,
    cards: silent,
    metered: silent,
    programs: silent,
  }
  return { ...none, ...changes }
}

function sampling<T extends Clock>(sensors: Sensors, clock: T, onWake?: (wake: () => void) => () => void) {
  const sampler = new FactsSampler({ sensors, clock, log, ...(onWake === undefined ? {} : { onWake }) })
  onTestFinished(() => sampler.stop())
  sampler.start()
  return { sampler, clock }
}

it('asks each sensor as often as it is worth it', async () => {
  let asked = 0
  const cpuTemperature = { everyMs: 5 * second, read: () => known(++asked) }
  const { clock, sampler } = sampling(sensorsWith({ cpuTemperature }), new TurnedClock())
  for (let passed = 0; passed < 10; passed++) {
    await vi.waitFor(() => expect(sampler.facts.get().cpuTemperature).toMatchObject({ value: asked }))
    clock.turn(second)
  }
  expect(asked).toBe(3)
})

it('believes for three looks what a sensor has told that then fails', async () => {
  let looks = 0
  const idle = {
    everyMs: second,
    read: async () => {
      if (++looks > 1) throw new Error('no such bus')
      return known(7)
    },
  }
  const { clock, sampler } = sampling(sensorsWith({ idle }), new TurnedClock())
  const look = async (count: number) => {
    clock.turn(second)
    await vi.waitFor(() => expect(looks).toBe(count))
    await Promise.resolve()
  }
  await vi.waitFor(() => expect(sampler.facts.get().idle).toEqual({ known: true, value: 7 }))
  for (const count of [2, 3]) await look(count)
  expect(sampler.facts.get().idle).toEqual({ known: true, value: 7 })
  await look(4)
  await vi.waitFor(() => expect(sampler.facts.get().idle).toEqual({ known: false, cause: 'failed' }))
})

it('says so when a sensor fails, and takes it back when it tells something again', async () => {
  let broken = true
  const idle = {
    everyMs: second,
    read: async () => {
      if (broken) throw new Error('no such bus')
      return known(7)
    },
  }
  const { clock, sampler } = sampling(sensorsWith({ idle }), new TurnedClock())
  await vi.waitFor(() => expect(sampler.facts.get().idle).toEqual({ known: false, cause: 'failed' }))
  broken = false
  clock.turn(second)
  await vi.waitFor(() => expect(sampler.facts.get().idle).toEqual({ known: true, value: 7 }))
})

it('goes on without a sensor that hangs, and asks it no second time meanwhile', async () => {
  let asked = 0
  const metered = {
    everyMs: second,
    read: () => {
      asked++
      return new Promise<never>(() => undefined)
    },
  }
  const { clock, sampler } = sampling(sensorsWith({ metered }), new TurnedClock())
  clock.turn(60 * second)
  await vi.waitFor(() => expect(sampler.facts.get().metered).toEqual({ known: false, cause: 'failed' }))
  expect(asked).toBe(1)
})

it('believes no longer what a sensor has told that then hangs', async () => {
  let asked = 0
  const gpuTemperature = {
    everyMs: 15 * second,
    read: () => (asked++ === 0 ? known(60) : new Promise<never>(() => undefined)),
  }
  const { clock, sampler } = sampling(sensorsWith({ gpuTemperature }), new TurnedClock())
  await vi.waitFor(() => expect(sampler.facts.get().gpuTemperature).toEqual({ known: true, value: 60 }))
  clock.turn(44 * second)
  expect(sampler.facts.get().gpuTemperature).toEqual({ known: true, value: 60 })
  clock.turn(second)
  expect(sampler.facts.get().gpuTemperature).toEqual({ known: false, cause: 'failed' })
  expect(asked).toBe(2)
})

it('does not read what nobody asks for', () => {
  const read = vi.fn(() => known(new Set<string>()))
  const { clock } = sampling(
    sensorsWith({ programs: { everyMs: second, wanted: () => false, read } }),
    new TurnedClock(),
  )
  clock.turn(10 * second)
  expect(read).not.toHaveBeenCalled()
})

it('looks at once when it is woken, and goes on when the clock was turned back', async () => {
  let asked = 0
  const power = { everyMs: 3_600 * second, read: () => known({ source: 'mains' as const, percent: ++asked }) }
  let wake: () => void = () => undefined
  const timers = new TurnedClock()
  let wallMs = 0
  // As on a real machine, where timers do not go by the clock on the wall.
  const clock: Clock = {
    now: () => timers.now() + wallMs,
    steady: () => timers.steady(),
    after: (delayMs, action) => timers.after(delayMs, action),
    every: (intervalMs, action) => timers.every(intervalMs, action),
  }
  const { sampler } = sampling(sensorsWith({ power }), clock, listener => {
    wake = listener
    return () => undefined
  })
  await vi.waitFor(() => expect(sampler.facts.get().power).toMatchObject({ value: { percent: 1 } }))
  wake()
  await vi.waitFor(() => expect(sampler.facts.get().power).toMatchObject({ value: { percent: 2 } }))
  wallMs = -7_200 * second
  timers.turn(second)
  await vi.waitFor(() => expect(sampler.facts.get().power).toMatchObject({ value: { percent: 3 } }))
})

it.runIf(process.platform === 'linux')('learns what a real Linux machine tells', async () => {
  const never = () => false
  const sensors = systemSensors(
    { clock: systemClock },
    {
      hasGpu: never,
      wantsPrograms: () => true,
      wantsMetered: never,
      beside: () => ({ engines: false, borrowed: false, servers: false }),
    },
  )
  const { sampler } = sampling(sensors, new TurnedClock())
  await vi.waitFor(() => {
    const { memory, programs, power } = sampler.facts.get()
    expect(memory.known && memory.value.totalMiB).toBeGreaterThan(100)
    expect(programs.known && programs.value.size).toBeGreaterThan(1)
    expect(power).toBeDefined()
  })
})
