import type { AddressBook } from './address-book.ts'

/** Somewhere that addresses to join by come from. Sources are asked in order, each only while the node is alone. */
export interface SeedSource {
  readonly name: string
  /** Multiaddrs that end in a peer id, best first. May reject: the next source is tried then. */
  addresses(signal: AbortSignal): Promise<string[]>
}

/** Peers known from last time. */
export function knownPeers(book: AddressBook): SeedSource {
  return {
    name: 'known peers',
    addresses: async () => book.peers().flatMap(peer => peer.addresses.map(address => `${address}/p2p/${peer.peerId}`)),
  }
}

/** Addresses the owner of this node has set. */
export function configuredSeeds(seeds: readonly string[]): SeedSource {
  return { name: 'configured seeds', addresses: async () => [...seeds] }
}
