import { hour, type Milliseconds, minute } from './units.ts'

/** How long one may pause, from whichever menu; the last, until one resumes. */
export const pauseLengths: readonly (Milliseconds | undefined)[] = [
  30 * minute,
  hour,
  2 * hour,
  4 * hour,
  8 * hour,
  undefined,
]
