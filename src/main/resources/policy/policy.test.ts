import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { allowanceSchema } from '../../../shared/schema/allowance.ts'
import { defaultLimits, type Limits } from '../../../shared/schema/limits.ts'
import { hour, KiB, MiB, minute, second } from '../../../shared/units.ts'
import { type Facts, known, nothingKnown, unknown } from '../facts.ts'
import { PretendedMachine } from '../testing/pretended-machine.ts'
import type { Machine, Wishes } from './rule.ts'

/** One way to hold up work, what it says, and how long after it is over work goes on. */
interface Case {
  name: string
  limits?: Partial<Limits>
  wishes?: Partial<Wishes>
  facts?: Partial<Facts>
  machine?: Partial<Machine>
  graceSeconds?: number
  mode: 'slow' | 'drain' | 'halt'
  reason: object
  releaseSeconds: number
  hiddenByOverride: boolean
}

const noon = Date.UTC(2026, 5, 3, 12)
const battery = known({ source: 'battery' as const, percent: 80 })

const cases: Case[] = [
  {
    name: 'off',
    wishes: { donating: false },
    mode: 'halt',
    reason: { kind: 'off' },
    releaseSeconds: 0,
    hiddenByOverride: false,
  },
  {
    name: 'finishing',
    wishes: { finishing: true },
    mode: 'drain',
    reason: { kind: 'finishing' },
    releaseSeconds: 0,
    hiddenByOverride: false,
  },
  {
    name: 'on battery',
    facts: { power: battery },
    mode: 'halt',
    reason: { kind: 'on-battery', percent: 80 },
    releaseSeconds: 10,
    hiddenByOverride: true,
  },
  {
    name: 'battery low',
    limits: { battery: { pauseOnBattery: false, belowPercent: 30 } },
    facts: { power: known({ source: 'mains', percent: 29 }) },
    mode: 'halt',
    reason: { kind: 'battery-low', percent: 29, resumesAtPercent: 35 },
    releaseSeconds: 10,
    hiddenByOverride: true,
  },
  {
    name: 'in use, pausing',
    limits: { whileInUse: { idleMinutes: 3, cpu: 'pause', gpu: 'pause' } },
    facts: { idle: known(minute) },
    mode: 'halt',
    reason: { kind: 'in-use', idleMs: minute, neededMs: 3 * minute },
    releaseSeconds: 0,
    hiddenByOverride: true,
  },
  {
    name: 'in use, slowing',
    limits: { whileInUse: { idleMinutes: 3, cpu: 'slow', gpu: 'pause' } },
    facts: { idle: known(minute) },
    mode: 'slow',
    reason: { kind: 'in-use', idleMs: minute, neededMs: 3 * minute },
    releaseSeconds: 0,
    hiddenByOverride: true,
  },
  {
    name: 'other programs',
    facts: { otherCpu: known(0.6) },
    graceSeconds: 10,
    mode: 'halt',
    reason: { kind: 'other-programs', cpu: 0.6, limit: 0.5 },
    releaseSeconds: 10,
    hiddenByOverride: true,
  },
  {
    name: 'schedule',
    limits: { schedule: { timeZone: 'UTC', spans: [{ days: ['wed'], from: '13:00', to: '14:00' }] } },
    mode: 'drain',
    reason: { kind: 'schedule', opensAt: noon + hour },
    releaseSeconds: 0,
    hiddenByOverride: true,
  },
  {
    name: 'hot',
    facts: { cpuTemperature: known(96) },
    graceSeconds: 3,
    mode: 'halt',
    reason: { kind: 'hot', part: 'cpu', celsius: 96, resumesBelow: 85 },
    releaseSeconds: 30,
    hiddenByOverride: false,
  },
  {
    name: 'memory',
    facts: { memory: known({ totalMiB: 16_384, othersMiB: 16_000 }) },
    graceSeconds: 3,
    mode: 'halt',
    reason: { kind: 'memory', allowedMiB: 384, neededMiB: 512 },
    releaseSeconds: 30,
    hiddenByOverride: true,
  },
  {
    name: 'metered',
    facts: { metered: known(true) },
    mode: 'drain',
    reason: { kind: 'metered' },
    releaseSeconds: 30,
    hiddenByOverride: true,
  },
  {
    name: 'data used',
    limits: { network: { pauseWhenMetered: true, mibPerMonth: 100 } },
    machine: { monthBytes: 100 * MiB },
    mode: 'drain',
    reason: { kind: 'data-used', usedMiB: 100, limitMiB: 100 },
    releaseSeconds: 0,
    hiddenByOverride: true,
  },
  {
    name: 'program',
    limits: { programs: ['Game.exe'] },
    facts: { programs: known(new Set(['game'])) },
    mode: 'halt',
    reason: { kind: 'program', name: 'Game.exe' },
    releaseSeconds: 10,
    hiddenByOverride: true,
  },
]

const severity = { work: 0, slow: 1, drain: 2, halt: 3 }

function meet(machine: PretendedMachine, ...met: Case[]) {
  for (const each of met) {
    machine.limits = each.limits ?? {}
    machine.wishes = { ...machine.wishes, ...each.wishes }
    machine.machine = { ...machine.machine, ...each.machine }
    machine.facts = { ...machine.facts, ...each.facts }
  }
}

describe('a rule', () => {
  it.each(cases)('“$name” holds after its grace, says why, and lets go in time', each => {
    const machine = new PretendedMachine()
    machine.limits = each.limits ?? {}
    const { wishes, facts, machine: limits } = machine
    if (each.limits?.schedule === undefined) expect(machine.look(0).mode).toBe('work')
    meet(machine, each)
    const grace = each.graceSeconds ?? 0
    if (grace > 0) expect(machine.wait(grace - 1)).toMatchObject({ mode: 'work', reason: { kind: 'clear' } })
    expect(machine.wait(grace > 0 ? 1 : 0)).toMatchObject({ mode: each.mode, reason: each.reason })
    machine.wishes = wishes
    machine.facts = facts
    machine.machine = limits
    if (each.limits?.schedule !== undefined) machine.now += hour
    if (each.releaseSeconds > 0) expect(machine.wait(each.releaseSeconds - 1).mode).toBe(each.mode)
    expect(machine.wait(1)).toMatchObject({ mode: 'work', reason: { kind: 'clear' }, cpuThreads: 8, jobs: 8 })
  })

  it.each(cases.flatMap((one, index) => cases.slice(index + 1).map(other => ({ one, other }))))(
    '“$one.name” with “$other.name”: the harder one decides',
    ({ one, other }) => {
      // Both slow and pause are the same choice of the owner.
      if (one.name.startsWith('in use') && other.name.startsWith('in use')) return
      if (one.name.startsWith('on battery') && other.name.startsWith('battery')) return
      const machine = new PretendedMachine()
      meet(machine, one, other)
      const allowance = machine.wait(Math.max(one.graceSeconds ?? 0, other.graceSeconds ?? 0))
      const harder = severity[one.mode] >= severity[other.mode] ? one : other
      expect(allowance.mode).toBe(harder.mode)
      const kinds = [one, other]
        .filter(each => each.mode === harder.mode)
        .map(each => (each.reason as { kind: string }).kind)
      expect(kinds).toContain(allowance.reason.kind)
    },
  )

  it.each(cases)('“$name” and an override that works anyway', each => {
    const machine = new PretendedMachine()
    meet(machine, each)
    machine.wishes = { ...machine.wishes, override: { kind: 'run', since: machine.now, until: machine.now + hour } }
    const until = machine.now + hour
    const allowance = machine.wait(each.graceSeconds ?? 0)
    if (each.hiddenByOverride) {
      expect(allowance).toMatchObject({ mode: 'work', reason: { kind: 'anyway', until }, hides: each.reason, until })
      machine.now = until
      expect(machine.look(0).mode).toBe(each.mode === 'drain' && each.limits?.schedule ? 'work' : each.mode)
    } else expect(allowance).toMatchObject({ mode: each.mode, reason: each.reason })
  })
})

describe('a pause', () => {
  it('lasts to its deadline, which nothing but the clock on the wall decides', () => {
    const machine = new PretendedMachine()
    const until = machine.now + 30 * minute
    machine.wishes = { ...machine.wishes, override: { kind: 'pause', since: machine.now, until } }
    expect(machine.look(0)).toMatchObject({
      mode: 'halt',
      reason: { kind: 'paused', until },
      until,
      cpuThreads: 0,
      jobs: 0,
    })
    machine.now = until - 1
    expect(machine.look(0).mode).toBe('halt')
    expect(machine.look(1).mode).toBe('work')
  })

  it('without a deadline lasts until the owner resumes, and stops the graphics card too', () => {
    const machine = new PretendedMachine()
    machine.wishes = { ...machine.wishes, override: { kind: 'pause', since: machine.now } }
    machine.now += 1_000 * hour
    const allowance = machine.look()
    expect(allowance).toMatchObject({ mode: 'halt', reason: { kind: 'paused' }, gpu: { use: false } })
    expect(allowance.until).toBeUndefined()
  })
})

describe('graphics cards', () => {
  it.each<[string, Partial<Wishes>, Partial<Facts>, string]>([
    ['paused alone', { gpuPause: { since: 0 } }, {}, 'gpu-paused'],
    ['paused for a while', { gpuPause: { since: 0, until: noon + hour } }, {}, 'gpu-paused'],
    ['hot', {}, { gpuTemperature: known(90) }, 'hot'],
    ['with the owner at the machine', {}, { idle: known(0) }, 'in-use'],
    ['full of the owner’s own data', {}, { vram: known({ freeMiB: 500 }) }, 'vram'],
  ])('%s wait while the processor goes on', (_name, wishes, facts, kind) => {
    const machine = new PretendedMachine()
    machine.wishes = { ...machine.wishes, ...wishes }
    machine.meet(facts)
    expect(machine.wait(5)).toMatchObject({ mode: 'work', cpuThreads: 8, gpu: { use: false, reason: { kind } } })
  })
})

it('what runs on a graphics card may finish while nothing new is taken on', () => {
  const machine = new PretendedMachine()
  machine.wishes = { ...machine.wishes, finishing: true }
  expect(machine.wait(1)).toMatchObject({ mode: 'drain', jobs: 0, gpu: { use: true } })
  machine.wishes = { ...machine.wishes, gpuPause: { since: machine.now } }
  expect(machine.wait(1)).toMatchObject({ mode: 'drain', gpu: { use: false } })
})

it('graphics cards paused for a while work again at the end of it', () => {
  const machine = new PretendedMachine()
  machine.wishes = { ...machine.wishes, gpuPause: { since: machine.now, until: machine.now + hour } }
  machine.now += hour - 1
  expect(machine.look(0).gpu.use).toBe(false)
  expect(machine.look(1).gpu.use).toBe(true)
})

describe('limits', () => {
  it('bound threads, jobs, memory and bandwidth', () => {
    const machine = new PretendedMachine()
    machine.limits = { cpuThreads: 3, jobs: 2, network: { pauseWhenMetered: false, downKibPerSecond: 100 } }
    const allowance = machine.look()
    expect(allowance).toMatchObject({ cpuThreads: 3, jobs: 2, downBytesPerSecond: 100 * KiB, memoryMiB: 14_336 })
    expect(allowance.upBytesPerSecond).toBeUndefined()
    machine.meet({ idle: known(0) })
    expect(machine.look()).toMatchObject({ memoryMiB: 8_192 })
  })

  it('never give more threads than the machine has, nor fewer than one when slowed', () => {
    const machine = new PretendedMachine()
    machine.limits = { cpuThreads: 64 }
    expect(machine.look().cpuThreads).toBe(8)
    machine.limits = { cpuThreads: 1, whileInUse: { idleMinutes: 3, cpu: 'slow', gpu: 'run' } }
    machine.meet({ idle: known(0) })
    expect(machine.look()).toMatchObject({ mode: 'slow', cpuThreads: 1, jobs: 1 })
  })

  it('say when the schedule closes', () => {
    const machine = new PretendedMachine()
    machine.limits = { schedule: { timeZone: 'UTC', spans: [{ days: ['wed'], from: '11:00', to: '14:00' }] } }
    expect(machine.look(0)).toMatchObject({ mode: 'work', until: noon + 2 * hour })
  })
})

describe('sensors', () => {
  it('that tell nothing hold up nothing, and those that a rule in force asks are named', () => {
    const machine = new PretendedMachine()
    const allowance = machine.meet({ ...nothingKnown, idle: unknown('blind') })
    expect(allowance.mode).toBe('work')
    expect(allowance.blind).toContainEqual({ sensor: 'idle', cause: 'blind' })
    expect(allowance.blind).toContainEqual({ sensor: 'power', cause: 'missing' })
    expect(allowance.blind.map(each => each.sensor)).not.toContain('programs')
  })

  it('where nothing tells whether somebody is there, the limits of a machine in use count if it is a desktop', () => {
    const machine = new PretendedMachine()
    machine.machine = { ...machine.machine, attended: true }
    machine.meet({ idle: unknown('blind'), otherCpu: known(0.3) })
    expect(machine.wait(10)).toMatchObject({ mode: 'halt', reason: { kind: 'other-programs', limit: 0.25 } })
  })

  it('that fail while their rule holds let it go only after its release', () => {
    const machine = new PretendedMachine()
    machine.meet({ cpuTemperature: known(99) })
    expect(machine.wait(3).mode).toBe('halt')
    machine.meet({ cpuTemperature: unknown('failed') })
    expect(machine.wait(29).mode).toBe('halt')
    expect(machine.wait(1).mode).toBe('work')
  })
})

describe('time', () => {
  it('a short spike of other programs does not count', () => {
    const machine = new PretendedMachine()
    machine.meet({ otherCpu: known(1) })
    machine.wait(9)
    machine.meet({ otherCpu: known(0.1) })
    machine.look()
    machine.meet({ otherCpu: known(1) })
    expect(machine.wait(9).mode).toBe('work')
  })

  it('sleep and a clock that is turned do not use up a grace', () => {
    const machine = new PretendedMachine()
    machine.meet({ otherCpu: known(1) })
    expect(machine.look(8 * hour).mode).toBe('work')
    expect(machine.look(-8 * hour).mode).toBe('work')
    expect(machine.wait(7).mode).toBe('work')
    expect(machine.wait(1).mode).toBe('halt')
  })

  const temperatures = fc.array(fc.integer({ min: 40, max: 110 }), { minLength: 1, maxLength: 300 })

  it('no series of temperatures makes it flap: between two changes lie 30 s, and none begins within the band', () => {
    fc.assert(
      fc.property(temperatures, series => {
        const machine = new PretendedMachine()
        let mode = machine.look(0).mode
        let lastHalt = Number.NEGATIVE_INFINITY
        for (const celsius of series) {
          machine.facts = { ...machine.facts, cpuTemperature: known(celsius) }
          const next = machine.look()
          if (next.mode !== mode && next.mode === 'halt') {
            expect(celsius).toBeGreaterThanOrEqual(95)
            lastHalt = machine.now
          } else if (next.mode !== mode) {
            expect(celsius).toBeLessThan(85)
            expect(machine.now - lastHalt).toBeGreaterThanOrEqual(30 * second)
          }
          mode = next.mode
        }
      }),
    )
  })

  it('a temperature within the band changes nothing, whichever way it moves', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 85, max: 94 }), { maxLength: 100 }), fc.boolean(), (band, hotBefore) => {
        const machine = new PretendedMachine()
        machine.facts = { ...machine.facts, cpuTemperature: known(hotBefore ? 99 : 60) }
        const { mode } = machine.wait(5)
        for (const celsius of band) {
          machine.facts = { ...machine.facts, cpuTemperature: known(celsius) }
          expect(machine.look().mode).toBe(mode)
        }
      }),
    )
  })
})

const fact = <T>(value: fc.Arbitrary<T>) =>
  fc.oneof(value.map(known), fc.constantFrom(unknown('missing'), unknown('failed'), unknown('blind')))

const anyFacts: fc.Arbitrary<Facts> = fc.record({
  power: fact(
    fc.record({
      source: fc.constantFrom('mains' as const, 'battery' as const),
      percent: fc.integer({ min: 0, max: 100 }),
    }),
  ),
  idle: fact(fc.integer({ min: 0, max: 10 * hour })),
  otherCpu: fact(fc.double({ min: 0, max: 1, noNaN: true })),
  cpuTemperature: fact(fc.double({ min: -20, max: 130, noNaN: true })),
  gpuTemperature: fact(fc.double({ min: -20, max: 130, noNaN: true })),
  memory: fact(
    fc.record({ totalMiB: fc.integer({ min: 1, max: 70_000 }), othersMiB: fc.integer({ min: 0, max: 70_000 }) }),
  ),
  vram: fact(fc.record({ freeMiB: fc.integer({ min: 0, max: 80_000 }) })),
  cards: fact(fc.constant([])),
  metered: fact(fc.boolean()),
  programs: fact(fc.constantFrom(new Set<string>(), new Set(['game']))),
})

it('whatever a machine goes through, an allowance is well-formed and consistent', () => {
  const step = fc.record({ facts: anyFacts, afterMs: fc.integer({ min: -hour, max: hour }), gpuPaused: fc.boolean() })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), steps => {
      const machine = new PretendedMachine()
      machine.limits = { ...defaultLimits, programs: ['game'] }
      for (const { facts, afterMs, gpuPaused } of steps) {
        machine.facts = facts
        const { gpuPause: _, ...wishes } = machine.wishes
        machine.wishes = gpuPaused ? { ...wishes, gpuPause: { since: machine.now } } : wishes
        const allowance = machine.look(afterMs)
        allowanceSchema.parse(allowance)
        expect(allowance.reason.kind === 'clear').toBe(allowance.mode === 'work')
        expect(allowance.jobs > 0).toBe(allowance.mode === 'work' || allowance.mode === 'slow')
        if (allowance.mode === 'halt') expect(allowance.gpu.use).toBe(false)
      }
    }),
  )
})
