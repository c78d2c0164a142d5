import { setImmediate as nextTurn } from 'node:timers/promises'

/** How long `action` takes, in milliseconds. */
export async function elapsed(action: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await action()
  return performance.now() - start
}

/** Resolves once `condition` holds, or after `limitMs`; asks again on each turn of the event loop. */
export async function until(condition: () => Promise<boolean>, limitMs: number, signal: AbortSignal): Promise<void> {
  const end = performance.now() + limitMs
  while (!(await condition()) && performance.now() < end) {
    signal.throwIfAborted()
    await nextTurn()
  }
}

/** The figure that a share of all figures does not exceed. */
export function percentile(figures: readonly number[], share: number): number {
  const sorted = figures.toSorted((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN
}
