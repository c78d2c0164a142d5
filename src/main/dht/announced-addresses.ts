import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import { isRelayed } from './is-relayed.ts'

export interface AnnouncedAddressesInit {
  selfId: string
  /** Multiaddrs, without peer id, that the owner vouches for. */
  announce?: readonly string[]
  /** A coordinator is known to be reachable at the addresses it listens on. */
  coordinator?: boolean
}

/**
 * The addresses a node tells others: those that were found to lead to it (libp2p counts private ones among these), those its
 * owner vouches for, and relays. libp2p by itself leaves out the latter, and a public address until others have tried it.
 * Pure.
 */
export function announcedAddresses(
  verified: readonly Multiaddr[],
  listened: readonly Multiaddr[],
  { selfId, announce = [], coordinator = false }: AnnouncedAddressesInit,
): Multiaddr[] {
  const own = listened.filter(address => coordinator || isRelayed(address))
  const all = [...announce.map(text => multiaddr(text)), ...verified, ...own]
  const texts = all.map(address => `${withoutPeer(address, selfId)}/p2p/${selfId}`)
  return [...new Set(texts)].map(text => multiaddr(text))
}

function withoutPeer(address: Multiaddr, selfId: string): string {
  const text = address.toString()
  const suffix = `/p2p/${selfId}`
  return text.endsWith(suffix) ? text.slice(0, -suffix.length) : text
}
