import { expect, it } from 'vitest'
import { loadOf } from './load-of.ts'

it('is the fuller of what runs and what waits', () => {
  expect(loadOf({ running: 1, slots: 2, waiting: 3, bound: 4 })).toBe(0.75)
  expect(loadOf({ running: 2, slots: 2, waiting: 0, bound: 4 })).toBe(1)
  expect(loadOf({ running: 3, slots: 2, waiting: 0, bound: 4 })).toBe(1)
  expect(loadOf({ running: 0, slots: 0, waiting: 0, bound: 0 })).toBe(0)
})
