import { isLoopback } from '@libp2p/utils'
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import { isPrivateAddress } from './private-address.ts'

/**
 * Which of the addresses that a peer gives for others are worth dialling. One that is reached over the internet cannot know
 * what is on this node's LAN or machine: it could only make this node knock there. Text that is no multiaddr is left out.
 */
export function worthDialling(addresses: readonly string[], said: Multiaddr): Multiaddr[] {
  return addresses.flatMap(text => {
    const address = parse(text)
    return address !== undefined && isFromThere(address, said) ? [address] : []
  })
}

function isFromThere(address: Multiaddr, said: Multiaddr): boolean {
  if (!isPrivateAddress(address)) return true
  return isLoopback(address) ? isLoopback(said) : isPrivateAddress(said)
}

function parse(text: string): Multiaddr | undefined {
  try {
    return multiaddr(text)
  } catch {
    return undefined
  }
}
