import type { HourlyTotal, HourSpan } from '../../../shared/schema/contribution.ts'
import { hour, type Milliseconds } from '../../../shared/units.ts'

export const shownHours = 24

/** What one hour brought. */
export interface HourBar {
  from: Milliseconds
  served: number
  requested: number
  failed: number
  bytes: number
}

/** The hour that runs and those before it, by the clock on the wall. */
export function lastHours(now: Date): HourSpan {
  const begun = new Date(now)
  begun.setMinutes(0, 0, 0)
  return { from: begun.getTime() - (shownHours - 1) * hour, hours: shownHours }
}

/** A bar for each hour of the span, those in which nothing ended too. */
export function hourBars(totals: readonly HourlyTotal[], { from, hours }: HourSpan): HourBar[] {
  return Array.from({ length: hours }, (_, index) => {
    const begins = from + index * hour
    const of = totals.filter(total => total.from === begins)
    const jobs = (role: HourlyTotal['role']) =>
      of.filter(total => total.role === role).reduce((sum, total) => sum + total.jobs, 0)
    return {
      from: begins,
      served: jobs('served'),
      requested: jobs('requested') + jobs('own'),
      failed: of.reduce((sum, total) => sum + total.failed, 0),
      bytes: of.reduce((sum, total) => sum + total.bytesIn + total.bytesOut, 0),
    }
  })
}
