import type { Milliseconds } from '../shared/units.ts'

/** Whether a pause that ends at `until` still lasts. One longer than `longestMs`, the longest there is, is of a clock since set back. Pure. */
export function isResting(until: Milliseconds, now: Milliseconds, longestMs: Milliseconds): boolean {
  return now < until && until <= now + longestMs
}
