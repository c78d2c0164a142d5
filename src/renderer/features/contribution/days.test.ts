import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { DailyTotal } from '../../../shared/schema/contribution.ts'
import { barsOf, dayName, servicesOf, shadeOf, spanOf } from './days.ts'

function total(
  day: string,
  service: string,
  jobs: number,
  role: DailyTotal['role'] = 'served',
  failed = 0,
): DailyTotal {
  const nothing = { cancelled: 0, verified: 0, bytesIn: 0, bytesOut: 0, runMs: 0, cpuMs: 0, gpuMs: 0 }
  return { day, service, role, jobs, failed, ...nothing }
}

const today = new Date(2026, 2, 30, 0, 30)

describe('the days shown', () => {
  it('are those of the calendar, also where the clocks were changed', () => {
    expect(spanOf(today, 7)).toEqual({ from: '2026-03-24', to: '2026-03-30' })
    fc.assert(
      fc.property(fc.date({ min: new Date(2020, 0, 1), max: new Date(2030, 0, 1), noInvalidDate: true }), date => {
        const days = barsOf([], date, 365).map(bar => bar.day)
        expect(new Set(days).size).toBe(365)
        expect(days.toSorted()).toEqual(days)
        expect(days.at(-1)).toBe(dayName(date))
      }),
    )
  })

  it('count what was answered for others, by service, and not what failed, was asked for or done for oneself', () => {
    const totals = [
      total('2026-03-30', 'ocr', 2),
      total('2026-03-29', 'ner-extraction', 9),
      total('2026-03-29', 'ocr', 3, 'served', 2),
      total('2026-03-29', 'ocr', 7, 'own'),
      total('2026-03-29', 'ocr', 50, 'requested'),
    ]
    expect(servicesOf(totals)).toEqual(['ner-extraction', 'ocr'])
    expect(barsOf(totals, today, 2)).toEqual([
      {
        day: '2026-03-29',
        jobs: 10,
        byService: [
          { service: 'ner-extraction', jobs: 9 },
          { service: 'ocr', jobs: 1 },
        ],
      },
      { day: '2026-03-30', jobs: 2, byService: [{ service: 'ocr', jobs: 2 }] },
    ])
  })

  it('are darker the more was done, and never pale where something was', () => {
    expect(shadeOf(0, 100)).toBe(0)
    expect(shadeOf(1, 10_000)).toBe(1)
    expect(shadeOf(10_000, 10_000)).toBe(4)
  })
})
