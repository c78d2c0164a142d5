import { expect, it } from 'vitest'
import { minute } from '../shared/units.ts'
import { isResting } from './resting.ts'

it('lasts until its end, but not where it would be longer than any, for then the clock was set back since', () => {
  const now = 1_700_000_000_000
  expect(isResting(now + 1, now, minute)).toBe(true)
  expect(isResting(now + minute, now, minute)).toBe(true)
  expect(isResting(now, now, minute)).toBe(false)
  expect(isResting(now + minute + 1, now, minute)).toBe(false)
})
