import { pino } from 'pino'
import { describe, expect, it, onTestFinished } from 'vitest'
import { defaultLimits } from '../../shared/schema/limits.ts'
import { defaultSettings, type Settings } from '../../shared/schema/settings.ts'
import { hour, minute, second } from '../../shared/units.ts'
import { type Clock, TurnedClock } from '../clock.ts'
import { LiveValue } from '../live-value.ts'
import type { ServiceOrder } from '../services/service-host.ts'
import { type Facts, known } from './facts.ts'
import { dedicatedLimits, Governor, settledSpan } from './governor.ts'
import { quietFacts } from './testing/pretended-machine.ts'

const log = pino({ level: 'silent' })

/** Services that remember their orders. */
class ObedientServices {
  readonly orders: ServiceOrder[] = []
  jobs = 0
  leastJobMiB = 512

  govern(order: ServiceOrder): void {
    this.orders.push(order)
  }

  get order() {
    return this.orders.at(-1)
  }
}

function governing({
  donating = true,
  dedicated = false,
  clock = new TurnedClock() as Clock,
  /** Before a change of the settings is made: others may come first. */
  turn = undefined as Promise<void> | undefined,
} = {}) {
  const live = new LiveValue<Settings>({ ...defaultSettings, donating })
  const facts = new LiveValue<Facts>(quietFacts)
  const services = new ObedientServices()
  const governor = new Governor(
    {
      settings: {
        settings: live,
        async changeAtOnce(change) {
          if (turn !== undefined) await turn
          live.set(change(live.get()))
          return live.get()
        },
      },
      facts,
      services,
      clock,
      log,
    },
    { machine: () => ({ cpuThreads: 4, memoryMiB: 8_192, attended: false }), monthBytes: () => 0, dedicated },
  )
  governor.start()
  onTestFinished(() => governor.stop())
  const choose = (changes: Partial<Settings>) => live.update(settings => ({ ...settings, ...changes }))
  const meet = (changes: Partial<Facts>) => facts.set({ ...facts.get(), ...changes })
  return { governor, services, settings: live, choose, meet }
}

describe('the governor', () => {
  it('lets a donor’s services take requests, within what the owner allows', () => {
    const { services } = governing()
    expect(services.orders).toEqual([
      { accepting: 'everybody', underWay: 'finish', jobs: 4, memoryMiB: 7_296, gpu: true },
    ])
  })

  it('hands jobs back the moment the owner pauses or pulls the plug, without waiting for a tick', () => {
    const { services, choose, meet } = governing()
    choose({ override: { kind: 'pause', since: 0 } })
    expect(services.order).toMatchObject({ accepting: 'nobody', underWay: 'hand-back', jobs: 0, gpu: false })
    choose({ override: undefined })
    expect(services.order).toMatchObject({ accepting: 'everybody' })
    meet({ power: known({ source: 'battery' }) })
    expect(services.order).toMatchObject({ accepting: 'nobody', underWay: 'hand-back' })
  })

  it('finishes what runs when the owner wants to stop after it, and is off then', () => {
    const clock = new TurnedClock()
    const { services, settings, choose } = governing({ clock })
    services.jobs = 1
    choose({ finishing: true })
    expect(services.order).toMatchObject({ accepting: 'nobody', underWay: 'finish' })
    clock.turn(minute)
    expect(settings.get()).toMatchObject({ donating: true, finishing: true })
    services.jobs = 0
    clock.turn(second)
    expect(settings.get()).toMatchObject({ donating: false, finishing: false })
  })

  it('ends a pause at its deadline and forgets it', () => {
    const clock = new TurnedClock()
    const { governor, settings, choose } = governing({ clock })
    choose({ override: { kind: 'pause', since: clock.now(), until: clock.now() + 30 * minute } })
    clock.turn(30 * minute - second)
    expect(governor.allowance.get().reason.kind).toBe('paused')
    clock.turn(second)
    expect(governor.allowance.get()).toMatchObject({ mode: 'work' })
    expect(settings.get().override).toBeUndefined()
  })

  it('leaves a pause alone that the owner asks for while the end of another has yet to be noted', async () => {
    const clock = new TurnedClock()
    const { promise: turn, resolve: letGo } = Promise.withResolvers<void>()
    const { settings, choose } = governing({ clock, turn })
    choose({ override: { kind: 'pause', since: clock.now(), until: clock.now() + minute } })
    clock.turn(minute)
    const asked = { kind: 'pause', since: clock.now() } as const
    choose({ override: asked })
    letGo()
    await turn
    expect(settings.get().override).toEqual(asked)
  })

  it('frees graphics cards while the owner wants that, and lets them work again at the end of it', () => {
    const clock = new TurnedClock()
    const { governor, services, settings, choose } = governing({ clock })
    const until = clock.now() + hour
    choose({ gpuPause: { since: clock.now(), until } })
    expect(services.order).toMatchObject({ accepting: 'everybody', gpu: false })
    clock.turn(hour - second)
    expect(governor.allowance.get().gpu).toMatchObject({ use: false, reason: { kind: 'gpu-paused', until } })
    clock.turn(second)
    expect(services.order).toMatchObject({ accepting: 'everybody', gpu: true })
    expect(settings.get().gpuPause).toBeUndefined()
  })

  it('gives the same order only once', () => {
    const clock = new TurnedClock()
    const { services, meet } = governing({ clock })
    meet({ memory: known({ totalMiB: 8_192, othersMiB: 100 }) })
    clock.turn(10 * second)
    expect(services.orders).toHaveLength(1)
  })

  it('tells what other limits would mean now, and again when that changes, whatever is switched off or paused', async () => {
    const { governor, choose, meet } = governing({ donating: false })
    choose({ override: { kind: 'pause', since: 0 } })
    const stop = new AbortController()
    const previews = governor.preview({ ...defaultLimits, cpuThreads: 2 }, stop.signal)
    const next = async () => (await previews.next()).value
    expect(await next()).toMatchObject({ mode: 'work', reason: { kind: 'clear' }, cpuThreads: 2 })
    // Other limits may hold the same machine up; what would hold after its grace counts at once.
    meet({ otherCpu: known(0.9) })
    expect(await next()).toMatchObject({ mode: 'halt', reason: { kind: 'other-programs', cpu: 0.9 } })
    const patient = governor.preview({ ...defaultLimits, otherPrograms: { graceSeconds: 10 } }, stop.signal)
    expect((await patient.next()).value).toMatchObject({ mode: 'work' })
    stop.abort()
    expect((await previews.next()).done).toBe(true)
  })

  it('of a dedicated machine takes no notice of other programs and users', () => {
    const clock = new TurnedClock()
    const { governor, meet } = governing({ clock, dedicated: true })
    meet({ otherCpu: known(1), idle: known(0) })
    clock.turn(minute)
    expect(governor.allowance.get()).toMatchObject({ mode: 'work', gpu: { use: true } })
    expect(dedicatedLimits(defaultSettings.limits).battery).toEqual(defaultSettings.limits.battery)
  })
})

describe('a pause', () => {
  const pause = { kind: 'pause' as const, since: 10 * hour, until: 11 * hour }

  it('is over at its end, also when the machine slept through it', () => {
    expect(settledSpan(pause, 11 * hour - 1)).toBe(pause)
    expect(settledSpan(pause, 11 * hour)).toBeUndefined()
    expect(settledSpan(pause, 50 * hour)).toBeUndefined()
  })

  it('does not get longer by more than it was when the clock is turned back', () => {
    expect(settledSpan(pause, 2 * hour)).toEqual({ kind: 'pause', since: 2 * hour, until: 3 * hour })
  })

  it('until the owner resumes has no end', () => {
    expect(settledSpan({ kind: 'pause', since: 10 * hour }, 1_000 * hour)).toMatchObject({ kind: 'pause' })
  })
})
