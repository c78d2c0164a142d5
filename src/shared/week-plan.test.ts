import fc from 'fast-check'
import { expect, it } from 'vitest'
import { isOpen } from '../main/resources/policy/week.ts'
import { scheduleSchema, weekdaySchema } from './schema/limits.ts'
import { minute } from './units.ts'
import { cellState, openHours, painted, planOf, spansOf, weekdays } from './week-plan.ts'

const two = (value: number) => String(value).padStart(2, '0')
const time = fc
  .tuple(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 }))
  .map(([hours, minutes]) => `${two(hours)}:${two(minutes)}`)
const spans = fc.array(
  fc.record({
    days: fc.uniqueArray(fc.constantFrom(...weekdaySchema.options), { minLength: 1 }),
    from: time,
    to: time,
  }),
  { minLength: 1, maxLength: 6 },
)
/** A Monday. */
const monday = Date.UTC(2026, 5, 1)

it('is open exactly when the schedule is, as the node reads it', () => {
  fc.assert(
    fc.property(spans, fc.integer({ min: 0, max: 7 * 24 * 60 - 1 }), (chosen, at) => {
      const plan = planOf({ spans: chosen })
      expect(plan[at]).toBe(isOpen({ timeZone: 'UTC', spans: chosen }, monday + at * minute) ? 1 : 0)
    }),
  )
})

it('becomes a schedule again that says the same and is valid', () => {
  fc.assert(
    fc.property(spans, chosen => {
      const plan = planOf({ spans: chosen })
      const again = spansOf(plan)
      expect(planOf({ spans: again })).toEqual(plan)
      if (again.length <= 32) expect(scheduleSchema.safeParse({ spans: again }).success).toBe(true)
    }),
  )
})

it.each([
  [[{ days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'], from: '22:00', to: '07:00' }]],
  [[{ days: ['sat', 'sun'], from: '00:00', to: '00:00' }]],
  [[{ days: ['sun'], from: '20:15', to: '06:30' }]],
  [[{ days: [...weekdays], from: '00:00', to: '00:00' }]],
] as const)('keeps %j as it was written', written => {
  const schedule = scheduleSchema.parse({ spans: written })
  expect(spansOf(planOf(schedule))).toEqual(schedule.spans)
})

it('is painted hour by hour, and keeps the minutes of what was not touched', () => {
  const plan = planOf({ spans: [{ days: ['mon'], from: '08:15', to: '10:00' }] })
  expect([8, 9, 10].map(each => cellState(plan, { day: 0, hour: each }))).toEqual(['part', 'open', 'closed'])
  const more = painted(plan, { day: 1, hour: 22 }, { day: 0, hour: 21 }, true)
  expect(spansOf(more)).toEqual([
    { days: ['mon'], from: '08:15', to: '10:00' },
    { days: ['mon', 'tue'], from: '21:00', to: '23:00' },
  ])
  expect(openHours(more)).toBe(5.75)
  expect(spansOf(painted(more, { day: 0, hour: 0 }, { day: 6, hour: 23 }, false))).toEqual([])
})
