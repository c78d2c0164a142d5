import type { Milliseconds } from '../../shared/units.ts'
import type { Clock, StopTimer } from '../clock.ts'

/** RFC 8305, section 5: the next is tried when the one before has not succeeded in this time, or as soon as it has failed. */
export const staggerMs: Milliseconds = 250

export interface RaceInit<C, T> {
  /** Stops when its signal aborts; what it still makes after that is handed to `discard`. */
  attempt: (entry: C, signal: AbortSignal) => Promise<T>
  discard: (late: T) => void
  /** Each that failed by itself, as it happens. */
  onFailure?: (entry: C, error: unknown) => void
  clock: Clock
  signal: AbortSignal
}

export interface Won<C, T> {
  entry: C
  value: T
}

/**
 * Tries one entry after the other, each a little later than the one before, until the first succeeds; the others are then
 * stopped. As Happy Eyeballs does it (RFC 8305). Rejects with an AggregateError of what each failed with, or with the
 * signal's reason.
 */
export function race<C, T>(entries: readonly C[], init: RaceInit<C, T>): Promise<Won<C, T>> {
  const { attempt, discard, onFailure = () => undefined, clock, signal } = init
  return new Promise((resolve, reject) => {
    const losers = new AbortController()
    const failures: unknown[] = []
    let next = 0
    let stopTimer: StopTimer = () => undefined
    let over = false
    const end = (settle: () => void) => {
      over = true
      stopTimer()
      signal.removeEventListener('abort', onAbort)
      settle()
      losers.abort(new Error('another way was quicker'))
    }
    const onAbort = () => end(() => reject(signal.reason))
    const startNext = () => {
      stopTimer()
      const entry = entries[next++]
      if (over || entry === undefined) return
      stopTimer = clock.after(staggerMs, startNext)
      const allSignals = AbortSignal.any([signal, losers.signal])
      // One that throws at once fails like any other.
      Promise.resolve()
        .then(() => attempt(entry, allSignals))
        .then(
          value => {
            if (over) discard(value)
            else end(() => resolve({ entry, value }))
          },
          error => {
            if (over) return
            failures.push(error)
            onFailure(entry, error)
            if (failures.length === entries.length) end(() => reject(new AggregateError(failures, 'each way failed')))
            else startNext()
          },
        )
    }
    if (signal.aborted) onAbort()
    else if (entries.length === 0) end(() => reject(new AggregateError([], 'there is no way to try')))
    else {
      signal.addEventListener('abort', onAbort, { once: true })
      startNext()
    }
  })
}
