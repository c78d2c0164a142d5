import type { Milliseconds } from '../shared/units.ts'
import type { Clock } from './clock.ts'

/** Aborts after `delayMs`, as AbortSignal.timeout does, but on a clock that may be turned. */
export function timeLimit(clock: Clock, delayMs: Milliseconds): AbortSignal {
  const end = new AbortController()
  clock.after(delayMs, () => end.abort(new DOMException('the time for it is over', 'TimeoutError')))
  return end.signal
}
