import { createHash } from 'node:crypto'
import type { PeerId } from '@libp2p/interface'
import { xor } from 'uint8arrays/xor'
import { xorCompare } from 'uint8arrays/xor-compare'
import type { Host } from './host.ts'

/** Where a peer stands in the DHT's key space: sha256 of its id's bytes. */
export function kadIdOf(peer: PeerId): Uint8Array {
  return createHash('sha256').update(peer.toMultihash().bytes).digest()
}

/** Orders peers by their distance from `position`, closest first. */
export function byDistance<T extends { kadId: Uint8Array }>(peers: readonly T[], position: Uint8Array): T[] {
  return peers
    .map(peer => ({ peer, distance: xor(peer.kadId, position) }))
    .sort((a, b) => xorCompare(a.distance, b.distance))
    .map(({ peer }) => peer)
}

/**
 * Asks the DHT for the servers closest to `key` (whose place is its sha256): those that answered, closest first, this
 * node not among them. Empty when there is nobody to ask.
 */
export async function closestOnNetwork(host: Host, key: Uint8Array, signal: AbortSignal): Promise<PeerId[]> {
  const found: PeerId[] = []
  for await (const event of host.libp2p.services.dht.getClosestPeers(key, { signal })) {
    if (event.name === 'FINAL_PEER') found.push(event.peer.id)
  }
  return found
}
