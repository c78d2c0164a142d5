import { type Schedule, type ScheduleSpan, type Weekday, weekdaySchema } from '../../../shared/schema/limits.ts'
import { day, hour, type Milliseconds, minute } from '../../../shared/units.ts'
import { wallTime } from './wall-time.ts'

/** Whether a schedule is open, and when that changes next; `until` is missing when it never does. */
export interface ScheduleState {
  open: boolean
  until?: Milliseconds
}

/** A change is looked for this far ahead: a week, and a day for what began the day before. */
const horizonMs = 8 * day

const dayNames = weekdaySchema.options

/** Answers already found, each good for any moment up to its end. */
const found = new WeakMap<Schedule, { from: Milliseconds; state: ScheduleState }>()

/**
 * Goes by the clock on the wall: when the clocks go forward, a span loses the hour that does not exist; when they go
 * back, the hour that comes twice counts twice. Pure; remembers the answer, which is asked for each second.
 */
export function scheduleState(schedule: Schedule, now: Milliseconds): ScheduleState {
  const kept = found.get(schedule)
  if (kept !== undefined && now >= kept.from && now < (kept.state.until ?? kept.from + horizonMs)) return kept.state
  const open = isOpen(schedule, now)
  const until = changes(schedule, now).find(at => isOpen(schedule, at) !== open)
  const state = { open, ...(until === undefined ? {} : { until }) }
  found.set(schedule, { from: now, state })
  return state
}

export function isOpen({ timeZone, spans }: Schedule, at: Milliseconds): boolean {
  const wall = wallTime(at, timeZone)
  return spans.some(span => covers(span, wall))
}

/** @param wall the moment as if the clock on the wall showed UTC */
function covers({ days, from, to }: ScheduleSpan, wall: Milliseconds): boolean {
  const timeMs = wall % day
  const fromMs = parseTime(from)
  const toMs = parseTime(to)
  const today = weekdayOf(wall)
  if (fromMs < toMs) return days.includes(today) && timeMs >= fromMs && timeMs < toMs
  const yesterday = weekdayOf(wall - day)
  return (days.includes(today) && timeMs >= fromMs) || (days.includes(yesterday) && timeMs < toMs)
}

function weekdayOf(wall: Milliseconds): Weekday {
  // Day 0 of the epoch was a Thursday.
  return dayNames[(Math.floor(wall / day) + 3) % 7] as Weekday
}

function parseTime(text: string): Milliseconds {
  const [hours = 0, minutes = 0] = text.split(':').map(Number)
  return hours * hour + minutes * minute
}

/** Moments after `now` at which the schedule may open or close, in order: ends of spans, and turns of the clock. */
function changes({ timeZone, spans }: Schedule, now: Milliseconds): Milliseconds[] {
  const turns = clockTurns(timeZone, now)
  const offsets = new Set([now, ...turns].map(at => wallTime(at, timeZone) - at))
  const times = new Set(spans.flatMap(({ from, to }) => [parseTime(from), parseTime(to)]))
  const firstDay = Math.floor(wallTime(now, timeZone) / day) * day
  const moments = new Set(turns)
  for (let midnight = firstDay; midnight <= firstDay + horizonMs; midnight += day) {
    // A time on the wall is one moment for each offset in force about then; those that are none are no change.
    for (const time of times) for (const offset of offsets) moments.add(midnight + time - offset)
  }
  return [...moments].filter(at => at > now).sort((a, b) => a - b)
}

/** When the zone's offset from UTC changes within the horizon, to the minute. */
function clockTurns(timeZone: string | undefined, now: Milliseconds): Milliseconds[] {
  const offset = (at: Milliseconds) => wallTime(at, timeZone) - at
  const turns: Milliseconds[] = []
  const start = Math.floor(now / minute) * minute
  for (let from = start; from < start + horizonMs; from += day) {
    let [before, after] = [from, from + day]
    if (offset(before) === offset(after)) continue
    while (after - before > minute) {
      const middle = Math.floor((before + after) / 2 / minute) * minute
      if (offset(middle) === offset(before)) before = middle
      else after = middle
    }
    turns.push(after)
  }
  return turns
}
