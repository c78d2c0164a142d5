import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { areaPath, chartHeight, chartWidth, linePath, lines, roundAbove, summaryOf, thinned } from './chart-geometry.ts'

const end = 1_764_300_000_000
const ago = (seconds: number, value: number | undefined) => ({ at: end - seconds * 1_000, value })

describe('a chart of the last ten minutes', () => {
  it('ends with the newest value at the right, the greatest at the top', () => {
    expect(lines([ago(600, 0), ago(599, 5), ago(598, 10)], end, 10)).toEqual([
      [
        [0, 100],
        [1, 50],
        [2, 0],
      ],
    ])
  })

  it('leaves gaps where nothing is known, where time is missing, and where the clock was turned back', () => {
    const gaps = lines([ago(9, 1), ago(8, undefined), ago(7, 1), ago(6, 1), ago(2, 1), ago(4, 1)], end, 1)
    expect(gaps.map(line => line.map(([x]) => x - chartWidth))).toEqual([[-9], [-7, -6], [-2], [-4]])
  })

  it('draws nothing outside itself, whatever it is given', () => {
    const values = fc.option(fc.double({ noNaN: true }), { nil: undefined })
    const points = fc.array(
      fc.record({ at: fc.integer({ min: end - 2_000_000, max: end + 2_000_000 }), value: values }),
    )
    fc.assert(
      fc.property(points, given => {
        const drawn = lines(given, end, 100)
        for (const [x, y] of drawn.flat()) {
          expect(x >= 0 && x <= chartWidth && y >= 0 && y <= chartHeight).toBe(true)
        }
        expect(`${linePath(drawn)}${areaPath(drawn)}`).not.toMatch(/NaN|Infinity|undefined/)
      }),
    )
  })

  it('shows a single value as a dash', () => {
    expect(linePath(lines([ago(1, 1)], end, 2))).toBe('M599 50h0.5')
    expect(areaPath(lines([ago(2, 1), ago(1, 2)], end, 2))).toBe('M598 100L598 50L599 0V100Z')
  })
})

it.each([
  [0, 10, 1],
  [3, 10, 5],
  [10, 10, 10],
  [11, 10, 20],
  [700, 1_024, 1_024],
  [1_100, 1_024, 2_048],
  [3_000_000, 1_024, 5 * 1_024 * 1_024],
] as const)('above %d the next round number by %d is %d', (value, base, round) => {
  expect(roundAbove(value, base)).toBe(round)
})

it('sums up what is known', () => {
  expect(summaryOf([ago(3, 4), ago(2, undefined), ago(1, 2)])).toEqual({ least: 2, most: 4 })
  expect(summaryOf([ago(3, undefined)])).toBeUndefined()
})

it('thins points out for a table, newest first', () => {
  const points = Array.from({ length: 100 }, (_, index) => ({ at: index * 1_000 }))
  expect(thinned(points, 30_000).map(({ at }) => at)).toEqual([99_000, 69_000, 39_000, 9_000])
})
