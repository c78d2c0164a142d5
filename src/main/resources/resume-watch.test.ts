import { expect, it, vi } from 'vitest'
import { TurnedClock } from '../clock.ts'
import { onResume } from './resume-watch.ts'

/** While a machine sleeps its clock goes on and no timer fires. */
class SleepingClock extends TurnedClock {
  #sleptMs = 0

  override now(): number {
    return super.now() + this.#sleptMs
  }

  sleep(ms: number): void {
    this.#sleptMs += ms
  }
}

it('notices that the machine has slept, once, and nothing else', () => {
  const clock = new SleepingClock()
  const resumed = vi.fn()
  const stop = onResume(clock, resumed)
  clock.turn(600_000)
  expect(resumed).not.toHaveBeenCalled()
  clock.sleep(3_600_000)
  clock.turn(60_000)
  expect(resumed).toHaveBeenCalledOnce()
  stop()
  clock.sleep(3_600_000)
  clock.turn(60_000)
  expect(resumed).toHaveBeenCalledOnce()
})
