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
  /** What the given one of the requesters finds: workers, each with its record, up to date. */
  find(requester: number): Promise<Found>
  /** One worker more publishes itself, for something nobody offers yet. Resolves once everybody who is to keep it does. */
  announce(): Promise<void>
  /** A newcomer starts, joins by one address and finds the workers; it leaves again. Returns the time until it had found any. */
  joinAndFind(): Promise<number>
  stop(): Promise<void>
}

export interface Found {
  count: number
  /** Checks signatures that a requester need not wait for, where the network leaves any to be checked. */
  check?(): Promise<unknown>
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
  /** The same until all signatures are checked. */
  checkedMs: number
  /** Workers found in one lookup: the fewest, and the median. */
  found: { least: number; median: number }
}

export interface DiscoveryTimes {
  join: number[]
  announce: number[]
  find: number[]
  checked: number[]
  found: number[]
}

export const noTimes = (): DiscoveryTimes => ({ join: [], announce: [], find: [], checked: [], found: [] })

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
      await findOnce(network, requester, times)
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

async function findOnce(network: DiscoveryNetwork, requester: number, times: DiscoveryTimes): Promise<void> {
  const start = performance.now()
  const { count, check } = await network.find(requester)
  times.find.push(performance.now() - start)
  await check?.()
  times.checked.push(performance.now() - start)
  times.found.push(count)
}

export function figuresOf({ join, announce, find, checked, found }: DiscoveryTimes): DiscoveryFigures {
  return {
    joinMs: median(join),
    announceMs: median(announce),
    findMs: median(find),
    findP99Ms: percentile(find, 0.99),
    checkedMs: median(checked),
    found: { least: Math.min(...found), median: median(found) },
  }
}
