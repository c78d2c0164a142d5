import type { Multiaddr } from '@multiformats/multiaddr'

/** Whether an address leads through a relay: what it begins with is where the relay is, and says nothing of who is behind. */
export function isRelayed(address: Multiaddr): boolean {
  return address.getComponents().some(({ name }) => name === 'p2p-circuit')
}
