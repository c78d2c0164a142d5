import fc from 'fast-check'
import { expect, it } from 'vitest'
import { day, hour, minute, second } from '../../shared/units.ts'
import { aheadBy, clockState, setBy } from './clock-offset.ts'

const samples = (...ahead: number[]) => ahead.map((aheadMs, index) => ({ group: `g${index}`, aheadMs }))

it('is 0 until three groups of addresses have been heard', () => {
  expect(clockState(samples(hour, hour))).toEqual({ offsetMs: 0, groups: 2 })
  expect(clockState(samples(hour, hour, hour))).toEqual({ offsetMs: hour, groups: 3 })
})

it('is the median: the middle one, or between the two in the middle', () => {
  expect(clockState(samples(10 * minute, 9 * minute, 100 * hour)).offsetMs).toBe(10 * minute)
  expect(clockState(samples(2, 4, 6, 1000)).offsetMs).toBe(5)
})

it('stays among the honest as long as they are more than half', () => {
  const honest = fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 3, maxLength: 9 })
  fc.assert(
    fc.property(honest, fc.array(fc.integer({ min: -hour, max: hour }), { maxLength: 8 }), (near, liars) => {
      const some = liars.slice(0, near.length - 1)
      expect(Math.abs(clockState(samples(...near, ...some)).offsetMs)).toBeLessThanOrEqual(50)
    }),
  )
})

it('takes half of the round trip off', () => {
  expect(aheadBy(1_050, 1_000, 1_100)).toBe(0)
  expect(aheadBy(61_050, 1_000, 1_100)).toBe(minute)
})

it('tells a clock that was set from time that has passed, however much, and from a clock that is a little fast or slow', () => {
  const before = { now: 1_700_000_000_000, steady: 5_000 }
  const after = (passedMs: number, setMs: number) => ({
    now: before.now + passedMs + setMs,
    steady: before.steady + passedMs,
  })
  for (const passedMs of [0, minute, 8 * hour, 30 * day]) {
    for (const setMs of [-5 * second, -100, 0, 5 * second]) expect(setBy(before, after(passedMs, setMs))).toBe(0)
    for (const setMs of [-3 * hour, -5_001, 5_001, 3 * hour]) expect(setBy(before, after(passedMs, setMs))).toBe(setMs)
  }
})
