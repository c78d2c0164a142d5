import { closestPeers, isCloser, type Position } from './keys.ts'

/**
 * A key's registrars are the 8 closest servers, but nobody knows all servers: whoever is among this many closest that it
 * knows takes a record, so that two who know different servers still find each other.
 */
export const keptAmongClosest = 16
/** Servers of one party that count: any more may have been made up to push others out. */
export const maxOfOneParty = 2

export interface Place {
  position: Position
  /** Who is likely to hold it: servers of one party cannot push others out by their number. */
  party: string
}

/** Whether fewer than 16 of `others` are closer to `key` than `self`, at most two of each party counted. */
export function isAmongClosest(self: Position, others: Iterable<Place>, key: Position): boolean {
  const counted = new Map<string, number>()
  let closer = 0
  for (const { position, party } of others) {
    const ofParty = counted.get(party) ?? 0
    if (ofParty >= maxOfOneParty || !isCloser(position, self, key)) continue
    counted.set(party, ofParty + 1)
    closer++
    if (closer >= keptAmongClosest) return false
  }
  return true
}

/** The `count` of `peers` closest to `key`, closest first but for `firstOfParties`. */
export function closestOf<T extends Place>(peers: Iterable<T>, key: Position, count: number): T[] {
  const all = [...peers]
  const partyOf = ({ party }: T) => party
  const nearest = byParties(closestPeers(all, key, 2 * count), count, partyOf)
  // Seldom are so many of one party that those farther away count.
  if (nearest.first.length === count || all.length <= 2 * count) return inAll(nearest, count)
  return firstOfParties(closestPeers(all, key, Number.POSITIVE_INFINITY), count, partyOf)
}

/**
 * The first `count`. Those of one party beyond the second come last, and only where there are not enough others: in a
 * network of one party everybody still counts.
 */
export function firstOfParties<T>(sorted: Iterable<T>, count: number, partyOf: (item: T) => string): T[] {
  return inAll(byParties(sorted, count, partyOf), count)
}

/** The first `count` of which no party has more than two, and those left out before them. */
function byParties<T>(sorted: Iterable<T>, count: number, partyOf: (item: T) => string): { first: T[]; rest: T[] } {
  const ofParty = new Map<string, number>()
  const first: T[] = []
  const rest: T[] = []
  for (const item of sorted) {
    const party = partyOf(item)
    const seen = ofParty.get(party) ?? 0
    ofParty.set(party, seen + 1)
    if (seen < maxOfOneParty) first.push(item)
    else rest.push(item)
    if (first.length === count) break
  }
  return { first, rest }
}

function inAll<T>({ first, rest }: { first: T[]; rest: T[] }, count: number): T[] {
  return [...first, ...rest.slice(0, count - first.length)]
}
