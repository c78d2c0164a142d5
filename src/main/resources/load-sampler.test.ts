import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MiB, second } from '../../shared/units.ts'
import { systemClock, TurnedClock } from '../clock.ts'
import { cpuShare, cpuTimesOf, LoadSampler } from './load-sampler.ts'

/** A machine whose CPU is busy by `share` until told otherwise. */
class PretendedMachine {
  share = 0
  #times = { busyMs: 0, totalMs: 0 }

  cpuTimes() {
    this.#times = { busyMs: this.#times.busyMs + 1_000 * this.share, totalMs: this.#times.totalMs + 1_000 }
    return this.#times
  }

  freeMemory = () => 1_024 * MiB
  totalMemory = () => 4_096 * MiB
}

describe('cpuShare', () => {
  it('adds up the cores and counts all but idle time as busy', () => {
    const times = { user: 10, nice: 5, sys: 20, irq: 5, idle: 60 }
    expect(cpuTimesOf([{ times }, { times }])).toEqual({ busyMs: 80, totalMs: 200 })
  })

  it('is undefined when no time passed or the counters started anew', () => {
    expect(cpuShare({ busyMs: 5, totalMs: 10 }, { busyMs: 5, totalMs: 10 })).toBeUndefined()
    expect(cpuShare({ busyMs: 50, totalMs: 100 }, { busyMs: 1, totalMs: 2 })).toBeUndefined()
  })

  it('is never outside 0 to 1', () => {
    const times = fc.record({ busyMs: fc.nat(), totalMs: fc.nat() })
    fc.assert(
      fc.property(times, times, (before, after) => {
        const share = cpuShare(before, after) ?? 0
        expect(share).toBeGreaterThanOrEqual(0)
        expect(share).toBeLessThanOrEqual(1)
      }),
    )
  })
})

describe('LoadSampler', () => {
  it('follows the CPU smoothly: a step shows to two thirds in three seconds', () => {
    const clock = new TurnedClock()
    const machine = new PretendedMachine()
    const sampler = new LoadSampler({ clock }, { sources: machine })
    sampler.start()
    clock.turn(second)
    expect(sampler.load.get().cpu).toBe(0)
    machine.share = 1
    clock.turn(3 * second)
    expect(sampler.load.get().cpu).toBeCloseTo(0.657)
    clock.turn(30 * second)
    expect(sampler.load.get().cpu).toBeCloseTo(1, 3)
    sampler.stop()
  })

  it('reports memory in use and when it looked', () => {
    const clock = new TurnedClock()
    const sampler = new LoadSampler({ clock }, { sources: new PretendedMachine() })
    sampler.start()
    clock.turn(second)
    expect(sampler.load.get()).toMatchObject({ at: clock.now(), memoryUsedMiB: 3_072, memoryTotalMiB: 4_096 })
    sampler.stop()
  })

  it('reads nothing once stopped and goes on when started again', () => {
    const clock = new TurnedClock()
    const sampler = new LoadSampler({ clock }, { sources: new PretendedMachine() })
    sampler.start()
    sampler.stop()
    const { at } = sampler.load.get()
    clock.turn(10 * second)
    expect(sampler.load.get().at).toBe(at)
    sampler.start()
    clock.turn(second)
    expect(sampler.load.get().at).toBe(clock.now())
    sampler.stop()
  })

  it('reads the machine it runs on', () => {
    const { cpu, memoryUsedMiB, memoryTotalMiB } = new LoadSampler({ clock: systemClock }).load.get()
    expect(cpu).toBe(0)
    expect(memoryUsedMiB).toBeGreaterThan(0)
    expect(memoryUsedMiB).toBeLessThan(memoryTotalMiB)
  })
})
