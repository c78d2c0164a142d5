import { expect, it } from 'vitest'
import { second } from '../../shared/units.ts'
import { TokenBucket } from './token-bucket.ts'

it('lets a burst pass and then one for each token', () => {
  const bucket = new TokenBucket({ perSecond: 2, burst: 3 }, 0)
  expect([1, 2, 3, 4].map(() => bucket.take(0))).toEqual([true, true, true, false])
  expect(bucket.take(0.5 * second)).toBe(true)
  expect(bucket.take(0.5 * second)).toBe(false)
})

it('never holds more than a burst', () => {
  const bucket = new TokenBucket({ perSecond: 100, burst: 2 }, 0)
  expect([1, 2, 3].map(() => bucket.take(60 * second))).toEqual([true, true, false])
})

it('is not fooled by a clock that goes back', () => {
  const bucket = new TokenBucket({ perSecond: 1, burst: 1 }, 10 * second)
  expect(bucket.take(10 * second)).toBe(true)
  expect(bucket.take(0)).toBe(false)
})
