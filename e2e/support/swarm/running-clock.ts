import type { Clock, StopTimer } from '../../../src/main/clock.ts'
import type { Milliseconds } from '../../../src/shared/units.ts'

interface Timer {
  /** On this clock. */
  at: Milliseconds
  intervalMs?: Milliseconds
  action: () => void
  handle?: NodeJS.Timeout
}

/** A clock that runs, may be wrong, and can be turned ahead: what is due by then happens at once, in order. */
export class RunningClock implements Clock {
  readonly #timers = new Set<Timer>()
  #aheadMs: Milliseconds

  constructor(aheadMs: Milliseconds = 0) {
    this.#aheadMs = aheadMs
  }

  now(): Milliseconds {
    return Date.now() + this.#aheadMs
  }

  /** What it is turned by has passed. */
  steady(): Milliseconds {
    return this.now()
  }

  after(delayMs: Milliseconds, action: () => void): StopTimer {
    return this.#add({ at: this.now() + delayMs, action })
  }

  every(intervalMs: Milliseconds, action: () => void): StopTimer {
    return this.#add({ at: this.now() + intervalMs, intervalMs, action })
  }

  turn(byMs: Milliseconds): void {
    const aheadMs = this.#aheadMs + byMs
    const end = Date.now() + aheadMs
    for (;;) {
      const due = [...this.#timers].filter(timer => timer.at <= end).sort((a, b) => a.at - b.at)[0]
      if (due === undefined) break
      this.#aheadMs = Math.max(this.#aheadMs, due.at - Date.now())
      this.#ring(due)
    }
    this.#aheadMs = Math.max(this.#aheadMs, aheadMs)
    for (const timer of this.#timers) this.#arm(timer)
  }

  #add(timer: Timer): StopTimer {
    this.#timers.add(timer)
    this.#arm(timer)
    return () => {
      clearTimeout(timer.handle)
      this.#timers.delete(timer)
    }
  }

  #arm(timer: Timer): void {
    clearTimeout(timer.handle)
    timer.handle = setTimeout(() => this.#ring(timer), Math.max(0, timer.at - this.now()))
    timer.handle.unref()
  }

  #ring(timer: Timer): void {
    clearTimeout(timer.handle)
    if (timer.intervalMs === undefined) {
      this.#timers.delete(timer)
    } else {
      timer.at += timer.intervalMs
      this.#arm(timer)
    }
    timer.action()
  }
}
