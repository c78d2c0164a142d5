import type { Clock, StopTimer } from '../../src/main/clock.ts'
import type { Milliseconds } from '../../src/shared/units.ts'

interface Timer {
  at: Milliseconds
  /** Breaks ties: who was set first runs first. */
  order: number
  intervalMs: Milliseconds | undefined
  action: () => void
  stopped: boolean
}

/** A clock for thousands of nodes: it turns from timer to timer, kept in a binary heap. */
export class SimulatedClock implements Clock {
  #now: Milliseconds
  #order = 0
  readonly #heap: Timer[] = []

  constructor(now: Milliseconds) {
    this.#now = now
  }

  now(): Milliseconds {
    return this.#now
  }

  after(delayMs: Milliseconds, action: () => void): StopTimer {
    return this.#set(delayMs, undefined, action)
  }

  every(intervalMs: Milliseconds, action: () => void): StopTimer {
    return this.#set(intervalMs, intervalMs, action)
  }

  /**
   * Runs what is due next and says whether it was set once or repeats; moves to `end` and returns `nothing` where nothing is
   * due before it.
   */
  step(end: Milliseconds): 'once' | 'repeated' | 'nothing' {
    for (let next = this.#heap[0]; next !== undefined && next.at <= end; next = this.#heap[0]) {
      this.#removeFirst()
      if (next.stopped) continue
      this.#now = Math.max(this.#now, next.at)
      if (next.intervalMs !== undefined) {
        next.at += next.intervalMs
        this.#insert(next)
      }
      next.action()
      return next.intervalMs === undefined ? 'once' : 'repeated'
    }
    this.#now = end
    return 'nothing'
  }

  #set(delayMs: Milliseconds, intervalMs: Milliseconds | undefined, action: () => void): StopTimer {
    // Whole milliseconds, as Date.now has them.
    const timer = { at: this.#now + Math.round(delayMs), order: this.#order++, intervalMs, action, stopped: false }
    this.#insert(timer)
    return () => {
      timer.stopped = true
    }
  }

  #insert(timer: Timer): void {
    const heap = this.#heap
    let at = heap.push(timer) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!this.#swapIfBefore(at, parent)) break
      at = parent
    }
  }

  #removeFirst(): void {
    const heap = this.#heap
    const last = heap.pop()
    if (last === undefined || heap.length === 0) return
    heap[0] = last
    for (let at = 0; ; ) {
      const [left, right] = [2 * at + 1, 2 * at + 2]
      const child = right < heap.length && this.#isBefore(right, left) ? right : left
      if (child >= heap.length || !this.#swapIfBefore(child, at)) return
      at = child
    }
  }

  #isBefore(a: number, b: number): boolean {
    const [one, other] = [this.#heap[a], this.#heap[b]]
    if (one === undefined || other === undefined) return false
    return one.at < other.at || (one.at === other.at && one.order < other.order)
  }

  #swapIfBefore(lower: number, upper: number): boolean {
    const [one, other] = [this.#heap[lower], this.#heap[upper]]
    if (one === undefined || other === undefined || !this.#isBefore(lower, upper)) return false
    this.#heap[lower] = other
    this.#heap[upper] = one
    return true
  }
}
