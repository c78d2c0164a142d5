import { expect, it } from 'vitest'
import { hour } from '../../../shared/units.ts'
import { hourBars, lastHours, shownHours } from './hours.ts'

it('asks for the hour that runs and the 23 before it', () => {
  const { from, hours } = lastHours(new Date(2026, 10, 28, 6, 31, 12))
  expect(hours).toBe(24)
  expect(new Date(from + 23 * hour)).toEqual(new Date(2026, 10, 28, 6))
})

it('has a bar for each hour, with both roles of a request', () => {
  const span = lastHours(new Date(2026, 10, 28, 6, 31, 12))
  const sums = { failed: 1, bytesIn: 10, bytesOut: 5 }
  const bars = hourBars(
    [
      { ...sums, from: span.from, role: 'served', jobs: 3 },
      { ...sums, from: span.from, role: 'requested', jobs: 2 },
      { ...sums, from: span.from + 23 * hour, role: 'served', jobs: 1 },
    ],
    span,
  )
  expect(bars).toHaveLength(shownHours)
  expect(bars[0]).toEqual({ from: span.from, served: 3, requested: 2, failed: 2, bytes: 30 })
  expect(bars[1]).toEqual({ from: span.from + hour, served: 0, requested: 0, failed: 0, bytes: 0 })
  expect(bars[23]).toMatchObject({ served: 1 })
})
