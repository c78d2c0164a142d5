import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import { isRelayed } from './is-relayed.ts'
import { isPrivateAddress } from './private-address.ts'
import { isTellable } from './tellable-address.ts'

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
 * `listened` are the addresses of each listener. Those of a relay are what the relay says of itself: however many they are and
 * whatever they look like, this node goes on being announced. Pure.
 */
export function announcedAddresses(
  verified: readonly Multiaddr[],
  listened: readonly (readonly Multiaddr[])[],
  { selfId, announce = [], coordinator = false }: AnnouncedAddressesInit,
): Multiaddr[] {
  const tellable = (addresses: readonly Multiaddr[]) =>
    addresses.map(address => `${withoutPeer(address, selfId)}/p2p/${selfId}`).filter(isTellable)
  const vouchedFor = announce.map(text => multiaddr(text))
  const direct = [...verified, ...(coordinator ? listened.flat() : [])].filter(address => !isRelayed(address))
  const relayed = listened.map(addresses => fewOf(tellable(addresses.filter(isRelayed)).map(text => multiaddr(text))))
  const texts = tellable([...vouchedFor, ...direct, ...relayed.flat()])
  return [...new Set(texts)].map(text => multiaddr(text))
}

/** Of one relay two: where this node has reached it, which comes first, and one on the other side of its router if there is one. */
function fewOf([first, ...others]: readonly Multiaddr[]): Multiaddr[] {
  if (first === undefined) return []
  const second = others.find(address => isPrivateAddress(address) !== isPrivateAddress(first)) ?? others[0]
  return second === undefined ? [first] : [first, second]
}

function withoutPeer(address: Multiaddr, selfId: string): string {
  const text = address.toString()
  const suffix = `/p2p/${selfId}`
  return text.endsWith(suffix) ? text.slice(0, -suffix.length) : text
}
