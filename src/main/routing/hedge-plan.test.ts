import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { HedgeBudget, type HedgeFacts, hedgeAfterMs } from './hedge-plan.ts'

const facts: HedgeFacts = {
  enabled: true,
  idempotent: true,
  replayable: true,
  samples: 20,
  p95Ms: 300,
  leftMs: 10_000,
}

describe('when to ask a second worker', () => {
  it('waits as long as 19 of 20 answers take', () => {
    expect(hedgeAfterMs(facts)).toBe(300)
  })

  it.each([
    [{ enabled: false }],
    [{ idempotent: false }],
    [{ replayable: false }],
    [{ samples: 19 }],
    [{ leftMs: 300 }],
  ] satisfies [Partial<HedgeFacts>][])('never does with %j', change => {
    expect(hedgeAfterMs({ ...facts, ...change })).toBeUndefined()
  })

  it('never spends more than a twentieth, nor more than ten at once', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 2_000 }), wants => {
        const budget = new HedgeBudget()
        let spent = 0
        for (const [index, want] of wants.entries()) {
          budget.earn()
          if (want && budget.take()) spent++
          expect(spent).toBeLessThanOrEqual((index + 1) * 0.05 + 1e-6)
        }
      }),
    )
    const saved = new HedgeBudget()
    for (let index = 0; index < 10_000; index++) saved.earn()
    let burst = 0
    while (saved.take()) burst++
    expect(burst).toBe(10)
  })
})
