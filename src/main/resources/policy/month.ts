import type { Milliseconds } from '../../../shared/units.ts'

/** When the calendar month that `at` lies in began, by the machine's own time zone. */
export function startOfMonth(at: Milliseconds): Milliseconds {
  const date = new Date(at)
  return new Date(date.getFullYear(), date.getMonth(), 1).getTime()
}

/** When the next one begins. */
export function nextMonth(at: Milliseconds): Milliseconds {
  const date = new Date(at)
  return new Date(date.getFullYear(), date.getMonth() + 1, 1).getTime()
}
