import { expect, it } from 'vitest'
import { wilsonInterval } from './interval.ts'

it('is Wilson’s, as tables have it', () => {
  const { low, high } = wilsonInterval(8, 10)
  expect([low.toFixed(3), high.toFixed(3)]).toEqual(['0.490', '0.943'])
})

it('says of faultless tries how little they prove', () => {
  expect(wilsonInterval(3_000, 3_000).low).toBeCloseTo(0.99872, 4)
  expect(wilsonInterval(0, 0)).toEqual({ low: 0, high: 1 })
})
