import fc from 'fast-check'
import { expect, it } from 'vitest'
import { patienceFor, shortestSilenceMs } from './patience.ts'

it('waits for silent workers in equal slices of what is left, and never longer than a few seconds', () => {
  expect(patienceFor({ leftMs: 3_000, asksLeft: 3 })).toBe(1_000)
  expect(patienceFor({ leftMs: 2_000, asksLeft: 2 })).toBe(1_000)
  expect(patienceFor({ leftMs: 120_000, asksLeft: 3 })).toBe(4_000)
  expect(patienceFor({ leftMs: 600, asksLeft: 3 })).toBe(shortestSilenceMs)
})

it('leaves the last worker its slice, however many before it were silent', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 3 * shortestSilenceMs, max: 1_800_000 }),
      fc.integer({ min: 1, max: 3 }),
      (deadlineMs, workers) => {
        let leftMs: number = deadlineMs
        for (let asksLeft = workers; asksLeft > 1; asksLeft--) leftMs -= patienceFor({ leftMs, asksLeft })
        expect(patienceFor({ leftMs, asksLeft: 1 })).toBeGreaterThanOrEqual(
          Math.min(4_000, deadlineMs / workers) - 1e-6,
        )
        expect(leftMs).toBeGreaterThan(0)
      },
    ),
  )
})
