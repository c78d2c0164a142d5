import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises'
import { second } from '../src/shared/units.ts'

/** Share of one processor below which a process counts as idle. */
const idleShare = 0.15

/** How long `action` takes, in milliseconds. */
export async function elapsed(action: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await action()
  return performance.now() - start
}

/** Resolves once `condition` holds, or after `limitMs`; asks again on each turn of the event loop. */
export async function until(
  condition: () => Promise<boolean> | boolean,
  limitMs: number,
  signal: AbortSignal,
): Promise<void> {
  const end = performance.now() + limitMs
  while (!(await condition()) && performance.now() < end) {
    signal.throwIfAborted()
    await nextTurn()
  }
}

/** Resolves once this process has had little to do for a second, or after `limitMs`. */
export async function settled(limitMs: number, signal: AbortSignal): Promise<void> {
  const end = performance.now() + limitMs
  while (performance.now() < end) {
    const before = process.cpuUsage()
    await delay(second, undefined, { signal })
    const { user, system } = process.cpuUsage(before)
    if ((user + system) / 1_000 < idleShare * second) return
  }
}

/** The figure that a share of all figures does not exceed. */
export function percentile(figures: readonly number[], share: number): number {
  const sorted = figures.toSorted((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN
}
