import { describe, expect, it } from 'vitest'
import { RateLimit } from './rate-limit.ts'

const limit = () => new RateLimit({ allowance: { burst: 2, perSecond: 1 }, maxSources: 3 })

describe('a rate limit', () => {
  it('gives each source its own allowance', () => {
    const rate = limit()
    expect([rate.take('a', 0), rate.take('a', 0), rate.take('a', 0), rate.take('b', 0)]).toEqual([
      true,
      true,
      false,
      true,
    ])
    expect([rate.take('a', 999), rate.take('a', 1_000), rate.take('a', 1_000)]).toEqual([false, true, false])
  })

  it('remembers a bounded number of sources, those silent longest forgotten first', () => {
    const rate = limit()
    rate.take('a', 0)
    rate.take('a', 0)
    for (const source of ['b', 'c']) rate.take(source, 0)
    expect(rate.take('a', 0)).toBe(false)
    rate.take('d', 0)
    rate.take('e', 0)
    expect(rate.size).toBe(3)
    expect(rate.take('a', 0)).toBe(false)
  })

  it('remembers nobody who has the whole allowance again', () => {
    const rate = limit()
    for (const source of ['a', 'b', 'b']) rate.take(source, 0)
    rate.take('c', 999)
    expect(rate.size).toBe(3)
    rate.take('c', 1_000)
    expect(rate.size).toBe(2)
    rate.take('c', 2_000)
    expect(rate.size).toBe(1)
    expect([rate.take('b', 2_000), rate.take('b', 2_000), rate.take('b', 2_000)]).toEqual([true, true, false])
  })

  it('is not fooled by a clock that goes back', () => {
    const rate = limit()
    rate.take('a', 10_000)
    rate.take('a', 10_000)
    expect(rate.take('a', 0)).toBe(false)
  })
})
