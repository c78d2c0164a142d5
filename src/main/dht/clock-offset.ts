import { type Milliseconds, second } from '../../shared/units.ts'

/** How far ahead of this node's clock the clocks in one address group are. */
export interface ClockSample {
  group: string
  aheadMs: Milliseconds
}

/** Fewer groups than this could be one party's. */
export const minClockGroups = 3

/** Most groups remembered; the one heard of longest ago is forgotten first. */
export const maxClockGroups = 64

/** A clock and a steady one that differ by so much more than before: the clock was set. */
const leastSetMs = 5 * second

/** What this node knows of its own clock. */
export interface ClockState {
  /** To be added to this node's clock; 0 as long as too few groups have been heard. */
  offsetMs: Milliseconds
  groups: number
}

/**
 * The median over address groups, one vote each: whoever wants to move a node's clock has to hold more than half of the
 * groups it talks to.
 */
export function clockState(samples: readonly ClockSample[]): ClockState {
  const votes = samples.map(sample => sample.aheadMs).sort((a, b) => a - b)
  if (votes.length < minClockGroups) return { offsetMs: 0, groups: votes.length }
  const middle = (votes.length - 1) / 2
  const [low = 0, high = 0] = [votes[Math.floor(middle)], votes[Math.ceil(middle)]]
  return { offsetMs: Math.round((low + high) / 2), groups: votes.length }
}

/** This node's clock and a steady one, read together. */
export interface ClockReading {
  now: Milliseconds
  steady: Milliseconds
}

/** How far the clock was set between two readings, rather than moved with time; 0 where it only runs a little fast or slow. */
export function setBy(before: ClockReading, after: ClockReading): Milliseconds {
  const movedMs = after.now - before.now - (after.steady - before.steady)
  return Math.abs(movedMs) > leastSetMs ? Math.round(movedMs) : 0
}

/** Half of the round trip has passed since the other side read its clock. */
export function aheadBy(theirNow: Milliseconds, askedAt: Milliseconds, heardAt: Milliseconds): Milliseconds {
  return theirNow + (heardAt - askedAt) / 2 - heardAt
}
