import type { Milliseconds } from '../shared/units.ts'
import type { Clock } from './clock.ts'

export interface Cached<T> {
  get(): T
  /** What is asked for next is made anew. */
  forget(): void
}

/** A value that costs something to make, made at most once in `lifeMs`. */
export function cachedFor<T>(lifeMs: Milliseconds, clock: Pick<Clock, 'now'>, make: () => T): Cached<T> {
  let made: { value: T; at: Milliseconds } | undefined
  return {
    get() {
      const now = clock.now()
      if (made === undefined || now - made.at >= lifeMs || now < made.at) made = { value: make(), at: now }
      return made.value
    },
    forget() {
      made = undefined
    },
  }
}
