import type { RequestKind } from '../shared/schema/edge-api.ts'
import type { Milliseconds } from '../shared/units.ts'
import { type DayCount, dayOf } from './coordinator-table.ts'

/** Counts requests in memory, so that a burst of them costs one write of each kind. */
export class RequestCounter {
  readonly #counts = new Map<string, DayCount>()

  add(kind: RequestKind, now: Milliseconds): void {
    this.put([{ day: dayOf(now), kind, count: 1 }])
  }

  /** What has been counted since it was last taken. */
  take(): DayCount[] {
    const counts = [...this.#counts.values()]
    this.#counts.clear()
    return counts
  }

  /** Puts counts back that could not be written. */
  put(counts: readonly DayCount[]): void {
    for (const { day, kind, count } of counts) {
      const key = `${day} ${kind}`
      this.#counts.set(key, { day, kind, count: count + (this.#counts.get(key)?.count ?? 0) })
    }
  }

  get isEmpty(): boolean {
    return this.#counts.size === 0
  }
}
