import { type Milliseconds, second } from '../../shared/units.ts'
import type { Clock } from '../clock.ts'

const lookEveryMs = 10 * second
/** A timer that a busy machine fires late is not sleep. */
const sleptMs = 20 * second

/**
 * Calls `listener` when the machine seems to have slept: timers stand still then, and the clock goes on. A clock that is set
 * forward looks the same. Returns how to stop.
 */
export function onResume(clock: Clock, listener: () => void): () => void {
  let lookedAt: Milliseconds = clock.now()
  return clock.every(lookEveryMs, () => {
    const now = clock.now()
    const passedMs = now - lookedAt
    lookedAt = now
    if (passedMs >= lookEveryMs + sleptMs) listener()
  })
}
