import { expect, it } from 'vitest'
import { retryDelay } from './back-off.ts'

it('waits twice as long after each failure, up to 15 s and a fifth', () => {
  expect([1, 2, 3].map(attempt => retryDelay(attempt, 0.5))).toEqual([500, 1_000, 2_000])
  expect(retryDelay(50, 1)).toBe(18_000)
})
