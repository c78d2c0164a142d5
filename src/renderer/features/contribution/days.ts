import { answeredOf } from '../../../shared/answered.ts'
import type { DailyTotal, DaySpan } from '../../../shared/schema/contribution.ts'

/** How far back the page looks, in days. */
export const spans = { week: 7, month: 30, year: 365 } as const
export type SpanId = keyof typeof spans

/** One day of the chart: how many requests were served, by service. */
export interface DayBar {
  day: string
  jobs: number
  byService: { service: string; jobs: number }[]
}

/** A day by the reader's own calendar, as the ledger names it. */
export function dayName(date: Date): string {
  const digits = (value: number) => String(value).padStart(2, '0')
  return `${date.getFullYear()}-${digits(date.getMonth() + 1)}-${digits(date.getDate())}`
}

/** Days before today. Goes by the calendar: not every day has 24 hours. */
export function dayBefore(today: Date, days: number): Date {
  return new Date(today.getFullYear(), today.getMonth(), today.getDate() - days)
}

/** `days` days up to today, today included. */
export function spanOf(today: Date, days: number): DaySpan {
  return { from: dayName(dayBefore(today, days - 1)), to: dayName(today) }
}

/** Services by how much was done for them, most first: the same order, and colour, on each day. */
export function servicesOf(totals: readonly DailyTotal[]): string[] {
  const jobs = new Map<string, number>()
  for (const total of served(totals)) jobs.set(total.service, (jobs.get(total.service) ?? 0) + total.jobs)
  return [...jobs].sort(([a, one], [b, other]) => other - one || (a < b ? -1 : 1)).map(([service]) => service)
}

/** A bar for each day up to today, also for those on which nothing was done. */
export function barsOf(totals: readonly DailyTotal[], today: Date, days: number): DayBar[] {
  const services = servicesOf(totals)
  const byDay = Map.groupBy(served(totals), total => total.day)
  return Array.from({ length: days }, (_, index) => {
    const day = dayName(dayBefore(today, days - 1 - index))
    const found = byDay.get(day) ?? []
    const byService = services.flatMap(service => {
      const jobs = found.filter(each => each.service === service).reduce((sum, each) => sum + answeredOf(each), 0)
      return jobs === 0 ? [] : { service, jobs }
    })
    return { day, jobs: byService.reduce((sum, each) => sum + each.jobs, 0), byService }
  })
}

/** How dark a day is in the calendar, 0 (nothing) to 4: quarters of the busiest day, by square root, so that quiet days show. */
export function shadeOf(jobs: number, most: number): number {
  return jobs === 0 || most === 0 ? 0 : Math.max(1, Math.ceil(4 * Math.sqrt(jobs / most)))
}

function served(totals: readonly DailyTotal[]): DailyTotal[] {
  return totals.filter(total => total.role === 'served' && total.jobs > 0)
}
