import { type Milliseconds, minute, second } from '../../shared/units.ts'

const firstDelayMs = 1 * second
const longestDelayMs = 1 * minute
/** Delays are spread by a quarter each way, so that nodes that lost each other together do not come back together. */
const spread = 0.25

/** No wait is longer. */
export const longestRetryMs: Milliseconds = longestDelayMs * (1 + spread)

/** How long to wait after the `failures`-th failed try in a row. `chance` is from 0 to 1. */
export function retryDelay(failures: number, chance: number): Milliseconds {
  const delayMs = Math.min(longestDelayMs, firstDelayMs * 2 ** Math.max(0, failures - 1))
  return Math.round(delayMs * (1 - spread + 2 * spread * chance))
}
