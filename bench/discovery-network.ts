import { median } from './benchmark.ts'
import { elapsed, percentile } from './timing.ts'

/** Nodes in each network. */
export const networkSize = 100
/** Nodes that offer the service which is looked for. */
export const workerCount = 50

/**
 * A network of 100 nodes in this process, half of them workers, and what a program does with it: the same jobs whether the
 * network is ours or one that a user might pick instead.
 */
export interface DiscoveryNetwork {
  /** All workers publish themselves at once, from nothing. Resolves once they have been heard, or 30 s later. */
  publishAll(): Promise<void>
  /** Every other worker publishes a new state. */
  renewHalf(): Promise<void>
  /** How many workers the given one of the requesters finds, each with its record, checked and up to date. */
  find(requester: number): Promise<number>
  /** One worker more publishes itself, for something nobody offers yet. Resolves once everybody who is to keep it does. */
  announce(): Promise<void>
  /** A newcomer starts, joins by one address and finds the workers; it leaves again. Returns the time until it had found any. */
  joinAndFind(): Promise<number>
  stop(): Promise<void>
}

/** How much is measured of one network; slow ones are measured less often. */
export interface DiscoveryPlan {
  /** Rounds in each repeat: half of the workers renew, then each requester finds them. */
  rounds: number
  requesters: number
  announcements: number
  newcomers: number
}

export interface DiscoveryFigures {
  joinMs: number
  announceMs: number
  findMs: number
  findP99Ms: number
  /** Workers found in one lookup: the fewest, and the median. */
  found: { least: number; median: number }
}

export interface DiscoveryTimes {
  join: number[]
  announce: number[]
  find: number[]
  found: number[]
}

export const noTimes = (): DiscoveryTimes => ({ join: [], announce: [], find: [], found: [] })

/** One repeat of what all networks are measured by; its times are added to `times`. */
export async function measureRepeat(
  network: DiscoveryNetwork,
  plan: DiscoveryPlan,
  times: DiscoveryTimes,
  signal: AbortSignal,
): Promise<void> {
  for (let round = 0; round < plan.rounds; round++) {
    await network.renewHalf()
    for (let requester = 0; requester < plan.requesters; requester++) {
      signal.throwIfAborted()
      times.find.push(await elapsed(async () => times.found.push(await network.find(requester))))
    }
  }
  for (let count = 0; count < plan.announcements; count++) {
    signal.throwIfAborted()
    times.announce.push(await elapsed(() => network.announce()))
  }
  for (let count = 0; count < plan.newcomers; count++) {
    signal.throwIfAborted()
    times.join.push(await network.joinAndFind())
  }
}

export function figuresOf({ join, announce, find, found }: DiscoveryTimes): DiscoveryFigures {
  return {
    joinMs: median(join),
    announceMs: median(announce),
    findMs: median(find),
    findP99Ms: percentile(find, 0.99),
    found: { least: Math.min(...found), median: median(found) },
  }
}
