import { type Schedule, type ScheduleSpan, type Weekday, weekdaySchema } from './schema/limits.ts'

const hoursADay = 24
const minutesAnHour = 60
const minutesADay = hoursADay * minutesAnHour
const minutesAWeek = 7 * minutesADay

export const weekdays: readonly Weekday[] = weekdaySchema.options

/** Each minute of a week, Monday's first: 1 where work is allowed. */
export type WeekPlan = Readonly<Uint8Array>

/** An hour of a day; `day` counts from Monday, 0. */
export interface Cell {
  day: number
  hour: number
}

/** How much of an hour is open. */
export type CellState = 'open' | 'part' | 'closed'

export function planOf({ spans }: Pick<Schedule, 'spans'>): WeekPlan {
  const plan = new Uint8Array(minutesAWeek)
  for (const { days, from, to } of spans) {
    const length = (minuteOf(to) - minuteOf(from) + minutesADay) % minutesADay || minutesADay
    for (const day of days) {
      const start = weekdays.indexOf(day) * minutesADay + minuteOf(from)
      for (let minute = start; minute < start + length; minute++) plan[minute % minutesAWeek] = 1
    }
  }
  return plan
}

/** The fewest spans that say the same: a night is one span, and days that are alike share theirs. */
export function spansOf(plan: WeekPlan): ScheduleSpan[] {
  const byTimes = new Map<string, ScheduleSpan>()
  for (const [start, end] of runsOf(plan).flatMap(cutAtMidnights)) {
    const day = weekdays[Math.floor(start / minutesADay)] as Weekday
    const span = { from: timeOf(start), to: timeOf(end) }
    const same = byTimes.get(`${span.from} ${span.to}`)
    if (same === undefined) byTimes.set(`${span.from} ${span.to}`, { days: [day], ...span })
    else same.days.push(day)
  }
  const spans = [...byTimes.values()]
  for (const { days } of spans) days.sort((a, b) => weekdays.indexOf(a) - weekdays.indexOf(b))
  return spans
}

export function cellState(plan: WeekPlan, { day, hour }: Cell): CellState {
  const start = day * minutesADay + hour * minutesAnHour
  const open = plan.subarray(start, start + minutesAnHour).reduce((sum, minute) => sum + minute, 0)
  return open === 0 ? 'closed' : open === minutesAnHour ? 'open' : 'part'
}

/** The plan with every hour of the rectangle between two cells opened or closed. */
export function painted(plan: WeekPlan, one: Cell, other: Cell, open: boolean): WeekPlan {
  const next = Uint8Array.from(plan)
  const [firstHour, lastHour] = [Math.min(one.hour, other.hour), Math.max(one.hour, other.hour)]
  for (let day = Math.min(one.day, other.day); day <= Math.max(one.day, other.day); day++) {
    const midnight = day * minutesADay
    next.fill(open ? 1 : 0, midnight + firstHour * minutesAnHour, midnight + (lastHour + 1) * minutesAnHour)
  }
  return next
}

/** Hours of a week that are open. */
export function openHours(plan: WeekPlan): number {
  return plan.reduce((sum, minute) => sum + minute, 0) / minutesAnHour
}

/** Start and end of what is open without a break; an end past the week's is on next Monday. */
type Run = [start: number, end: number]

function runsOf(plan: WeekPlan): Run[] {
  const closed = plan.indexOf(0)
  if (closed === -1) return [[0, minutesAWeek]]
  const runs: Run[] = []
  let start: number | undefined
  // From a closed minute once around, so that Sunday night is one run.
  for (let step = closed; step <= closed + minutesAWeek; step++) {
    const open = plan[step % minutesAWeek] === 1
    if (open && start === undefined) start = step
    if (!open && start !== undefined) {
      runs.push([start % minutesAWeek, (start % minutesAWeek) + step - start])
      start = undefined
    }
  }
  return runs.sort((a, b) => a[0] - b[0])
}

/** A span is a day long at most: what is longer becomes one for each day. */
function cutAtMidnights([start, end]: Run): Run[] {
  if (end - start <= minutesADay) return [[start, end]]
  const cuts: Run[] = []
  for (let from = start; from < end; ) {
    const to = Math.min(end, (Math.floor(from / minutesADay) + 1) * minutesADay)
    cuts.push([from % minutesAWeek, (from % minutesAWeek) + to - from])
    from = to
  }
  return cuts
}

function minuteOf(time: string): number {
  const [hours = 0, minutes = 0] = time.split(':').map(Number)
  return hours * minutesAnHour + minutes
}

function timeOf(minute: number): string {
  const two = (value: number) => String(value).padStart(2, '0')
  return `${two(Math.floor(minute / minutesAnHour) % hoursADay)}:${two(minute % minutesAnHour)}`
}
