import { uptime } from 'node:os'
import { type Milliseconds, second } from '../shared/units.ts'

/** Stops a timer; calling it again does nothing. */
export type StopTimer = () => void

/** Time as the node sees it, so that tests can turn it. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): Milliseconds
  /** Milliseconds that have passed since a moment of its own, the machine's sleep included: setting the clock moves nothing here. */
  steady(): Milliseconds
  /** Calls `action` once after `delayMs`; the timer alone never keeps the process alive. */
  after(delayMs: Milliseconds, action: () => void): StopTimer
  /** Calls `action` each `intervalMs`, first after one interval. */
  every(intervalMs: Milliseconds, action: () => void): StopTimer
}

export const systemClock: Clock = {
  now: () => Date.now(),
  // `performance.now()` stands still while the machine sleeps.
  steady: () => uptime() * second,
  after(delayMs, action) {
    const timer = setTimeout(action, delayMs)
    timer.unref()
    return () => clearTimeout(timer)
  },
  every(intervalMs, action) {
    const timer = setInterval(action, intervalMs)
    timer.unref()
    return () => clearInterval(timer)
  },
}

/** A clock that stands still until it is turned. */
export class TurnedClock implements Clock {
  #now: Milliseconds
  #setByMs: Milliseconds = 0
  readonly #timers = new Set<{ at: Milliseconds; intervalMs?: Milliseconds; action: () => void }>()

  constructor(now: Milliseconds = 1_700_000_000_000) {
    this.#now = now
  }

  now(): Milliseconds {
    return this.#now + this.#setByMs
  }

  steady(): Milliseconds {
    return this.#now
  }

  after(delayMs: Milliseconds, action: () => void): StopTimer {
    const timer = { at: this.#now + delayMs, action }
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }

  every(intervalMs: Milliseconds, action: () => void): StopTimer {
    const timer = { at: this.#now + intervalMs, intervalMs, action }
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }

  /** Sets the clock by so much, as its owner or NTP does: no time passes, and no timer goes by it. */
  set(byMs: Milliseconds): void {
    this.#setByMs += byMs
  }

  /** Moves time on, running each timer at its own moment, in order. */
  turn(byMs: Milliseconds): void {
    const end = this.#now + byMs
    for (;;) {
      const due = [...this.#timers].filter(timer => timer.at <= end).sort((a, b) => a.at - b.at)[0]
      if (due === undefined) break
      this.#now = Math.max(this.#now, due.at)
      if (due.intervalMs === undefined) this.#timers.delete(due)
      else due.at += due.intervalMs
      due.action()
    }
    this.#now = end
  }
}
