import type { Milliseconds } from '../../shared/units.ts'
import { soughtPeers } from './lookup.ts'

/** A peer this node is connected with. */
export interface HeldPeer {
  peerId: string
  /** Its bucket, where it is a contact. */
  bucket?: number
  connectedAt: Milliseconds
  /** When the directory's stream was last used, by either side. */
  usedAt: Milliseconds
  /** Whether anything else is going on: a request, a relayed connection. */
  busy: boolean
}

export interface ConnectionBudget {
  /** More connections than this are too many. */
  most: number
  /** Then they are brought down to this many. */
  wanted: number
  /** What was used later than this ago is not closed. */
  idleMs: Milliseconds
}

/**
 * Whom to hang up on: lookups leave connections behind that nobody uses any more. Kept are those in use, and of each bucket
 * the 8 that have been connected longest, for they are likely to stay. Those used least recently go first. Pure.
 */
export function surplusPeers(
  held: readonly HeldPeer[],
  now: Milliseconds,
  { most, wanted, idleMs }: ConnectionBudget,
): string[] {
  if (held.length <= most) return []
  const inBucket = new Map<number, number>()
  const idle: HeldPeer[] = []
  for (const peer of held.toSorted((a, b) => a.connectedAt - b.connectedAt)) {
    const place = peer.bucket === undefined ? undefined : (inBucket.get(peer.bucket) ?? 0) + 1
    if (peer.bucket !== undefined && place !== undefined) inBucket.set(peer.bucket, place)
    const isNeeded = place !== undefined && place <= soughtPeers
    if (!isNeeded && !peer.busy && now - peer.usedAt >= idleMs) idle.push(peer)
  }
  return idle
    .sort((a, b) => a.usedAt - b.usedAt)
    .slice(0, held.length - wanted)
    .map(({ peerId }) => peerId)
}
