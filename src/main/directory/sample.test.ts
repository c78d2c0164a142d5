import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { steadySample, weightedSample } from './sample.ts'
import { seededRandom } from './test-records.ts'

/** Pearson's statistic of `observed` counts against `expected` ones. */
function chiSquare(observed: number[], expected: number[]): number {
  return observed.reduce((sum, count, index) => sum + (count - (expected[index] ?? 0)) ** 2 / (expected[index] ?? 1), 0)
}

/** Chance of each item to be among the first `count` draws, by walking all of them. */
function inclusion(weights: number[], count: number): number[] {
  const chances = weights.map(() => 0)
  const walk = (left: number[], drawn: number, chance: number) => {
    if (drawn === count) return
    const total = left.reduce((sum, index) => sum + (weights[index] ?? 0), 0)
    for (const index of left) {
      const reached = (chance * (weights[index] ?? 0)) / total
      chances[index] = (chances[index] ?? 0) + reached
      walk(
        left.filter(other => other !== index),
        drawn + 1,
        reached,
      )
    }
  }
  walk(
    weights.map((_, index) => index),
    0,
    1,
  )
  return chances
}

function countDraws(weights: number[], count: number, rounds: number, random: () => number): number[] {
  const counts = weights.map(() => 0)
  const items = weights.map((_, index) => index)
  for (let round = 0; round < rounds; round++) {
    for (const index of weightedSample(items, count, item => weights[item] ?? 0, random))
      counts[index] = (counts[index] ?? 0) + 1
  }
  return counts
}

describe('a weighted sample', () => {
  it('holds as many different items as were asked for, or all there are', () => {
    fc.assert(
      fc.property(fc.nat(60), fc.nat(80), fc.nat(), (size, count, seed) => {
        const items = Array.from({ length: size }, (_, index) => index)
        const sample = weightedSample(items, count, item => (item + 1) / 61, seededRandom(seed))
        expect(new Set(sample).size).toBe(sample.length)
        expect(sample).toHaveLength(Math.min(size, count))
        expect(sample.every(item => items.includes(item))).toBe(true)
      }),
    )
  })

  // Critical value of chi-square for p = 0.001 with 9 degrees of freedom; the draws repeat, so the test cannot flicker.
  const critical = 27.88
  const weights = [1, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1]

  it.each([1, 2, 3, 4])('draws in proportion to weight: %i of six', count => {
    const rounds = 20_000
    const six = weights.slice(0, 6)
    const expected = inclusion(six, count).map(chance => chance * rounds)
    expect(chiSquare(countDraws(six, count, rounds, seededRandom(7)), expected)).toBeLessThan(critical)
  })

  it('draws in proportion to weight with darts as well', () => {
    const rounds = 20_000
    const expected = inclusion(weights, 2).map(chance => chance * rounds)
    const observed = countDraws(weights, 2, rounds, seededRandom(11))
    expect(chiSquare(observed, expected)).toBeLessThan(critical)
  })

  it('keeps the proportions where the darts miss so often that it changes over', () => {
    const rounds = 20_000
    const busy = weights.map(weight => weight / 20)
    const expected = inclusion(busy, 2).map(chance => chance * rounds)
    const observed = countDraws(busy, 2, rounds, seededRandom(13))
    expect(chiSquare(observed, expected)).toBeLessThan(critical)
  })

  it('would notice an even draw', () => {
    const rounds = 20_000
    const expected = inclusion(weights, 2).map(chance => chance * rounds)
    const even = weights.map(() => 1)
    expect(chiSquare(countDraws(even, 2, rounds, seededRandom(11)), expected)).toBeGreaterThan(1_000)
  })

  it('finds 50 of 10,000 idle workers without looking at most of them', () => {
    let weighed = 0
    const items = Array.from({ length: 10_000 }, (_, index) => index)
    const weight = () => {
      weighed++
      return 0.9
    }
    expect(weightedSample(items, 50, weight, seededRandom(3))).toHaveLength(50)
    expect(weighed).toBeLessThan(100)
  })
})

describe('a sample with a seed', () => {
  const weights = [1, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1]
  const items = weights.map((_, index) => index)
  const random = seededRandom(17)
  const marks = items.map(() => Math.floor(random() * 2 ** 32) | 0)
  const markOf = (item: number) => marks[item] ?? 0

  it('draws in proportion to weight over all seeds', () => {
    const rounds = 20_000
    const counts = weights.map(() => 0)
    for (let round = 0; round < rounds; round++) {
      const seed = Math.floor(random() * 2 ** 32)
      for (const item of steadySample(items, 2, item => weights[item] ?? 0, { seed, markOf }))
        counts[item] = (counts[item] ?? 0) + 1
    }
    const expected = inclusion(weights, 2).map(chance => chance * rounds)
    expect(chiSquare(counts, expected)).toBeLessThan(27.88)
  })

  it('draws the same ones in any order, but for those whose weight has changed', () => {
    const draw = (of: readonly number[], seed: number, weight: (item: number) => number) =>
      steadySample(of, 3, weight, { seed, markOf }).sort((a, b) => a - b)
    for (let seed = 0; seed < 100; seed++) {
      const drawn = draw(items, seed, () => 1)
      expect(draw(items.toReversed(), seed, () => 1)).toEqual(drawn)
      const [first] = drawn
      const without = draw(items, seed, item => (item === first ? 1e-9 : 1))
      expect(without.filter(item => drawn.includes(item))).toEqual(drawn.slice(1))
    }
  })
})
