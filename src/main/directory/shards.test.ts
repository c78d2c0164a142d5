import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { maxShardDigits, workersPerKey } from './keys.ts'
import { chooseDigits, drawShard, learnSpread, type Spread, unspread } from './shards.ts'

describe('how a service is spread', () => {
  it('is learnt one digit at a time, and forgotten when a shorter key has room again', () => {
    const full = { full: true, workers: workersPerKey }
    const one = learnSpread(unspread, 0, full)
    expect(one).toEqual({ digits: 1, workers: undefined })
    const two = learnSpread(one, 1, full)
    expect(two.digits).toBe(2)
    const known = learnSpread(two, 2, { full: false, workers: 22 })
    expect(known).toEqual({ digits: 2, workers: 22 })
    expect(learnSpread(known, 0, full)).toEqual(known)
    expect(learnSpread(known, 1, { full: false, workers: 100 })).toEqual({ digits: 1, workers: 100 })
  })

  it('never goes beyond the longest key, whatever is heard', () => {
    const heard = fc.record({
      digits: fc.integer({ min: 0, max: maxShardDigits }),
      full: fc.boolean(),
      workers: fc.nat(workersPerKey),
    })
    fc.assert(
      fc.property(fc.array(heard), answers => {
        const spread = answers.reduce<Spread>(
          (known, { digits, ...said }) => learnSpread(known, digits, said),
          unspread,
        )
        expect(spread.digits).toBeLessThanOrEqual(maxShardDigits)
        expect(chooseDigits(spread, Math.random)).toBeLessThanOrEqual(spread.digits)
      }),
    )
  })

  it('gives each worker the same chance to be asked for', () => {
    // 256 under the first key, 16 · 256 under those of one digit, 256 · 20 under those of two.
    const spread = { digits: 2, workers: 20 }
    const all = 256 + 16 * 256 + 256 * 20
    const draws = Array.from({ length: 30_000 }, (_, index) => chooseDigits(spread, () => (index + 0.5) / 30_000))
    const share = (digits: number) => draws.filter(each => each === digits).length / draws.length
    expect(share(0)).toBeCloseTo(256 / all, 3)
    expect(share(1)).toBeCloseTo((16 * 256) / all, 3)
    expect(share(2)).toBeCloseTo((256 * 20) / all, 3)
  })

  it('is found out before anything is drawn by it', () => {
    expect(chooseDigits({ digits: 2, workers: undefined }, () => 0)).toBe(2)
    expect(chooseDigits({ digits: 2, workers: 0 }, () => 0)).toBe(0)
  })

  it('names shards that are keys', () => {
    expect(drawShard(0, Math.random)).toBe('')
    expect(drawShard(3, Math.random)).toMatch(/^[0-9a-f]{3}$/)
    expect(drawShard(2, () => 0.999)).toBe('ff')
  })
})
