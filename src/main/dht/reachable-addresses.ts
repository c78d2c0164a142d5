import type { Connection } from '@libp2p/interface'
import { CODE_P2P, type Multiaddr } from '@multiformats/multiaddr'
import { maxPeerAddrsToDial } from './limits.ts'
import { isTellable } from './tellable-address.ts'

/**
 * Where a peer says it listens, and where it was reached if this node dialled it: multiaddrs without its id. This node names it to
 * others by these: one address that they would not read makes them refuse the whole answer.
 */
export function reachableAddresses(
  listenAddrs: readonly Multiaddr[],
  { direction, remoteAddr }: Pick<Connection, 'direction' | 'remoteAddr'>,
): string[] {
  const dialled = direction === 'outbound' ? [remoteAddr] : []
  const all = [...dialled, ...listenAddrs].map(address => address.decapsulateCode(CODE_P2P).toString())
  return [...new Set(all)].filter(isTellable).slice(0, maxPeerAddrsToDial)
}
