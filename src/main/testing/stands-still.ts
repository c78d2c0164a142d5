import { expect, vi } from 'vitest'

/** Resolves once a count has not grown between two looks at it. */
export async function standsStill(count: () => number, { everyMs }: { everyMs: number }): Promise<void> {
  let before = Number.NaN
  await vi.waitFor(
    () => {
      const now = count()
      const more = now - before
      before = now
      expect(more).toBe(0)
    },
    { interval: everyMs },
  )
}
