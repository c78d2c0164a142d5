import type { Milliseconds } from '../../shared/units.ts'

/** The day that a moment lies in, by the machine's own calendar. */
export function calendarDay(at: Milliseconds): string {
  const date = new Date(at)
  const two = (value: number) => String(value).padStart(2, '0')
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
}
