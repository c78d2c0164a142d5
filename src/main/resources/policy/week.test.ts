import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Schedule, weekdaySchema } from '../../../shared/schema/limits.ts'
import { day, hour, minute } from '../../../shared/units.ts'
import { isOpen, scheduleState } from './week.ts'

const london = (spans: Schedule['spans']): Schedule => ({ timeZone: 'Europe/London', spans })
const everyDay = [...weekdaySchema.options]
const at = (text: string) => Date.parse(text)

describe('a schedule', () => {
  it.each([
    ['2026-06-03T12:00:00Z', true, 'Wednesday, 13:00 in London'],
    ['2026-06-03T07:59:59Z', false, 'a second before it opens'],
    ['2026-06-03T08:00:00Z', true, 'the moment it opens'],
    ['2026-06-03T16:00:00Z', false, 'the moment it closes'],
    ['2026-06-06T12:00:00Z', false, 'Saturday'],
    ['2026-12-02T08:30:00Z', false, 'in winter London is an hour later by UTC'],
    ['2026-12-02T09:00:00Z', true, 'in winter'],
  ])('of office hours in London at %s: %s, %s', (moment, open) => {
    const office = london([{ days: ['mon', 'tue', 'wed', 'thu', 'fri'], from: '09:00', to: '17:00' }])
    expect(isOpen(office, at(moment))).toBe(open)
  })

  it('over midnight belongs to the day it starts on', () => {
    const fridayNight = london([{ days: ['fri'], from: '22:00', to: '06:00' }])
    expect(isOpen(fridayNight, at('2026-06-05T22:00:00+01:00'))).toBe(true)
    expect(isOpen(fridayNight, at('2026-06-06T05:59:00+01:00'))).toBe(true)
    expect(isOpen(fridayNight, at('2026-06-06T06:00:00+01:00'))).toBe(false)
    expect(isOpen(fridayNight, at('2026-06-06T22:00:00+01:00'))).toBe(false)
    expect(isOpen(fridayNight, at('2026-06-05T05:00:00+01:00'))).toBe(false)
    expect(scheduleState(fridayNight, at('2026-06-05T23:00:00+01:00')).until).toBe(at('2026-06-06T06:00:00+01:00'))
  })

  it('from a time to the same time lasts the whole day', () => {
    const sunday = london([{ days: ['sun'], from: '00:00', to: '00:00' }])
    expect(isOpen(sunday, at('2026-06-07T00:00:00+01:00'))).toBe(true)
    expect(isOpen(sunday, at('2026-06-07T23:59:59+01:00'))).toBe(true)
    expect(isOpen(sunday, at('2026-06-08T00:00:00+01:00'))).toBe(false)
  })

  it('that is always open names no end', () => {
    const always = london([{ days: everyDay, from: '00:00', to: '00:00' }])
    expect(scheduleState(always, at('2026-03-28T12:00:00Z'))).toEqual({ open: true })
  })

  it('loses the hour that does not exist when the clocks go forward', () => {
    // 29 March 2026: 01:00 GMT is followed by 02:00 BST.
    const night = london([{ days: everyDay, from: '01:30', to: '02:30' }])
    const before = at('2026-03-29T00:59:00Z')
    expect(scheduleState(night, before)).toEqual({ open: false, until: at('2026-03-29T01:00:00Z') })
    expect(scheduleState(night, at('2026-03-29T01:00:00Z'))).toEqual({ open: true, until: at('2026-03-29T01:30:00Z') })
  })

  it('counts the hour that comes twice twice when the clocks go back', () => {
    // 25 October 2026: 02:00 BST is followed by 01:00 GMT.
    const night = london([{ days: everyDay, from: '01:15', to: '01:45' }])
    const opens = [at('2026-10-25T00:15:00Z'), at('2026-10-25T01:15:00Z')]
    expect(scheduleState(night, at('2026-10-25T00:00:00Z')).until).toBe(opens[0])
    expect(scheduleState(night, at('2026-10-25T00:50:00Z')).until).toBe(opens[1])
    for (const opened of opens) {
      expect(scheduleState(night, opened)).toEqual({ open: true, until: opened + 30 * minute })
    }
  })
})

const zones = ['Europe/London', 'America/New_York', 'Asia/Kolkata', 'Australia/Lord_Howe', 'Pacific/Apia', 'UTC']
/** Days around changes of the clock in those zones, and others. */
const days = ['2026-03-08', '2026-03-28', '2026-04-04', '2026-10-03', '2026-10-24', '2026-11-01', '2026-12-31']

const time = fc
  .tuple(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 }))
  .map(parts => parts.map(part => String(part).padStart(2, '0')).join(':'))
const span = fc.record({
  days: fc.subarray(everyDay, { minLength: 1 }),
  from: time,
  to: time,
})

it('changes exactly when it says it will, in any zone and across any change of the clock', () => {
  fc.assert(
    fc.property(
      fc.array(span, { minLength: 1, maxLength: 3 }),
      fc.constantFrom(...zones),
      fc.constantFrom(...days),
      fc.integer({ min: 0, max: 2_880 }),
      (spans, timeZone, date, minutes) => {
        const schedule: Schedule = { timeZone, spans }
        const now = Date.parse(`${date}T00:00:00Z`) + minutes * minute
        const { open, until } = scheduleState(schedule, now)
        expect(open).toBe(isOpen(schedule, now))
        const end = until ?? now + 8 * day
        for (let moment = now; moment < Math.min(end, now + 30 * hour); moment += 7 * minute) {
          expect(isOpen(schedule, moment)).toBe(open)
        }
        if (until === undefined) return
        expect(isOpen(schedule, until - 1)).toBe(open)
        expect(isOpen(schedule, until)).toBe(!open)
      },
    ),
    { numRuns: 150 },
  )
})
