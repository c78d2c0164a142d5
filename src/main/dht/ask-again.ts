import { type Milliseconds, minute, second } from '../../shared/units.ts'

const firstPauseMs = 15 * second
const pauseFactor = 4
const longestPauseMs = 10 * minute

/** How long a connected peer is left alone that was asked in vain so often in a row. Pure. */
export function askAgainAfter(failures: number): Milliseconds {
  return Math.min(longestPauseMs, firstPauseMs * pauseFactor ** (failures - 1))
}
