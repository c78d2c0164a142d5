import fc from 'fast-check'
import { expect, it } from 'vitest'
import { day, hour, minute } from '../../shared/units.ts'
import { renewAt, retryAfter } from './renewal-plan.ts'

const random = fc.double({ min: 0, max: 1, noNaN: true })

it('renews about two thirds into a life, however long that is, and not all at once', () => {
  fc.assert(
    fc.property(fc.integer({ min: hour, max: 7 * day }), random, (lifeMs, chance) => {
      const share = renewAt({ issuedAt: 1_000, expiresAt: 1_000 + lifeMs }, chance) - 1_000
      expect(share / lifeMs).toBeGreaterThan(0.64)
      expect(share / lifeMs).toBeLessThan(0.69)
    }),
  )
  const week = { issuedAt: 0, expiresAt: 7 * day }
  expect(renewAt(week, 1) - renewAt(week, 0)).toBeGreaterThan(6 * hour)
})

it('tries again after half a minute at least and an hour at most', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 10_000 }), random, (failures, chance) => {
      expect(retryAfter(failures, chance)).toBeGreaterThanOrEqual(minute / 2)
      expect(retryAfter(failures, chance)).toBeLessThanOrEqual(hour)
      expect(retryAfter(failures + 1, chance)).toBeGreaterThanOrEqual(retryAfter(failures, chance))
    }),
  )
})
