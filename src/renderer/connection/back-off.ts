import type { Milliseconds } from '../../shared/units.ts'
import { second } from '../../shared/units.ts'

const firstDelay = 0.5 * second
const longestDelay = 15 * second

/**
 * How long to wait before the next try: doubling from half a second up to 15 s, spread by ±20 %.
 * `attempt` counts failures from 1; `random` is 0 to 1.
 */
export function retryDelay(attempt: number, random: number): Milliseconds {
  const delay = Math.min(longestDelay, firstDelay * 2 ** (attempt - 1))
  return Math.round(delay * (0.8 + 0.4 * random))
}
