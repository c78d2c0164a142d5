import { expect, it } from 'vitest'
import { cachedFor } from './cached-for.ts'
import { TurnedClock } from './clock.ts'

it('makes a value once in its life, again when told to forget it, and again when the clock is set back', () => {
  const clock = new TurnedClock()
  let made = 0
  const value = cachedFor(1_000, clock, () => ++made)
  expect([value.get(), value.get()]).toEqual([1, 1])
  clock.turn(999)
  expect(value.get()).toBe(1)
  clock.turn(1)
  expect(value.get()).toBe(2)
  value.forget()
  expect(value.get()).toBe(3)
  clock.turn(-10)
  expect(value.get()).toBe(4)
})
