import type { Clock, StopTimer } from '../../src/main/clock.ts'
import type { Milliseconds } from '../../src/shared/units.ts'

interface Timer {
  intervalMs: Milliseconds | undefined
  action: () => void
  stopped: boolean
}

/** Timers of one moment, in the order they were set. */
interface Moment {
  timers: Timer[]
  /** How many of them have been run. */
  run: number
}

/**
 * A clock for thousands of nodes: it turns from moment to moment. With whole milliseconds many timers are due at the same one, so
 * only the moments are kept in order, in a binary heap.
 */
export class SimulatedClock implements Clock {
  #now: Milliseconds
  readonly #moments = new Map<Milliseconds, Moment>()
  readonly #heap: Milliseconds[] = []

  constructor(now: Milliseconds) {
    this.#now = now
  }

  now(): Milliseconds {
    return this.#now
  }

  steady(): Milliseconds {
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
    for (let at = this.#heap[0]; at !== undefined && at <= end; at = this.#heap[0]) {
      const timer = this.#next(at)
      if (timer === undefined || timer.stopped) continue
      this.#now = Math.max(this.#now, at)
      if (timer.intervalMs !== undefined) this.#insert(timer, at + timer.intervalMs)
      timer.action()
      return timer.intervalMs === undefined ? 'once' : 'repeated'
    }
    this.#now = end
    return 'nothing'
  }

  /** Runs all that is due at the next moment; moves to `end` and returns false where nothing is due before it. */
  stepMoment(end: Milliseconds): boolean {
    if (this.step(end) === 'nothing') return false
    for (let at = this.#heap[0]; at !== undefined && at <= this.#now; at = this.#heap[0]) this.step(this.#now)
    return true
  }

  #set(delayMs: Milliseconds, intervalMs: Milliseconds | undefined, action: () => void): StopTimer {
    const timer = { intervalMs, action, stopped: false }
    this.#insert(timer, this.#now + delayMs)
    return () => {
      timer.stopped = true
    }
  }

  /** At a whole millisecond, as Date.now has them. */
  #insert(timer: Timer, dueAt: Milliseconds): void {
    const at = Math.round(dueAt)
    const moment = this.#moments.get(at)
    if (moment !== undefined) {
      moment.timers.push(timer)
      return
    }
    this.#moments.set(at, { timers: [timer], run: 0 })
    this.#push(at)
  }

  /** The next timer of the first moment; undefined once there is none left, and the moment is over. */
  #next(at: Milliseconds): Timer | undefined {
    const moment = this.#moments.get(at)
    const timer = moment?.timers[moment.run]
    if (moment === undefined || timer === undefined) {
      this.#moments.delete(at)
      this.#removeFirst()
      return undefined
    }
    moment.run++
    return timer
  }

  #push(at: Milliseconds): void {
    const heap = this.#heap
    let place = heap.push(at) - 1
    while (place > 0) {
      const parent = (place - 1) >> 1
      if (!this.#swapIfBefore(place, parent)) break
      place = parent
    }
  }

  #removeFirst(): void {
    const heap = this.#heap
    const last = heap.pop()
    if (last === undefined || heap.length === 0) return
    heap[0] = last
    for (let place = 0; ; ) {
      const [left, right] = [2 * place + 1, 2 * place + 2]
      const child = right < heap.length && Number(heap[right]) < Number(heap[left]) ? right : left
      if (child >= heap.length || !this.#swapIfBefore(child, place)) return
      place = child
    }
  }

  #swapIfBefore(lower: number, upper: number): boolean {
    const [one, other] = [this.#heap[lower], this.#heap[upper]]
    if (one === undefined || other === undefined || one >= other) return false
    this.#heap[lower] = other
    this.#heap[upper] = one
    return true
  }
}
