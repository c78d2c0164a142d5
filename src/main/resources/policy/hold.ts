import type { Reason } from '../../../shared/schema/allowance.ts'
import type { Milliseconds } from '../../../shared/units.ts'

/** What a rule finds at one moment. `until`: when that ends by itself. */
export interface Finding {
  reason: Reason
  until?: Milliseconds
}

/** How quickly a rule takes hold and lets go. */
export interface HoldTimes {
  /** The rule must be broken for this long without a break. */
  graceMs: Milliseconds
  /** Once it holds, it holds at least this long. */
  minimumMs: Milliseconds
  /** It lets go when it was kept for this long without a break. */
  releaseMs: Milliseconds
}

/** Whether a rule holds up work. Times count what passed while somebody looked, so that no turned clock can skip them. */
export type Hold =
  | { kind: 'clear' }
  | { kind: 'grace'; brokenMs: Milliseconds }
  | { kind: 'holding'; heldMs: Milliseconds; keptMs: Milliseconds; finding: Finding }

export const clear: Hold = { kind: 'clear' }

/**
 * The hold after another look. Pure.
 *
 * @param elapsedMs time since the look before
 */
export function nextHold(hold: Hold, finding: Finding | undefined, times: HoldTimes, elapsedMs: Milliseconds): Hold {
  if (hold.kind === 'holding') return stillHolding(hold, finding, times, elapsedMs)
  if (finding === undefined) return clear
  const brokenMs = hold.kind === 'grace' ? hold.brokenMs + elapsedMs : 0
  return brokenMs >= times.graceMs ? { kind: 'holding', heldMs: 0, keptMs: 0, finding } : { kind: 'grace', brokenMs }
}

function stillHolding(
  hold: Extract<Hold, { kind: 'holding' }>,
  finding: Finding | undefined,
  { minimumMs, releaseMs }: HoldTimes,
  elapsedMs: Milliseconds,
): Hold {
  const heldMs = hold.heldMs + elapsedMs
  if (finding !== undefined) return { kind: 'holding', heldMs, keptMs: 0, finding }
  const keptMs = hold.keptMs + elapsedMs
  return heldMs >= minimumMs && keptMs >= releaseMs ? clear : { ...hold, heldMs, keptMs }
}

/** How long a hold goes on at least once its rule is kept again. */
export function lettingGoMs(
  hold: Extract<Hold, { kind: 'holding' }>,
  { minimumMs, releaseMs }: HoldTimes,
): Milliseconds {
  return Math.max(minimumMs - hold.heldMs, releaseMs - hold.keptMs, 0)
}
