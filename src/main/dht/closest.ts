import type { PeerId } from '@libp2p/interface'
import type { Host } from './host.ts'

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
