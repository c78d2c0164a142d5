import { isLoopback } from '@libp2p/utils'
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import { remembering } from '../remembering.ts'
import { isRelayed } from './is-relayed.ts'
import { isPrivateAddress } from './private-address.ts'

/** Addresses remembered as they were read, some 500 bytes each. */
const mostRead = 1_024

/**
 * Which of the addresses that a peer gives for others are worth dialling. One that is reached over the internet, or through a
 * relay wherever that is, cannot know what is on this node's LAN or machine: it could only make this node knock there. Text that
 * is no multiaddr is left out.
 */
export function worthDialling(addresses: readonly string[], said: Multiaddr): Multiaddr[] {
  return addresses.flatMap(text => {
    const address = parse(text)
    return address !== undefined && isFromThere(address, said) ? [address] : []
  })
}

function isFromThere(address: Multiaddr, said: Multiaddr): boolean {
  if (!isPrivateAddress(address)) return true
  if (isRelayed(said)) return false
  return isLoopback(address) ? isLoopback(said) : isPrivateAddress(said)
}

const read = remembering(text => multiaddr(text), mostRead)

function parse(text: string): Multiaddr | undefined {
  try {
    return read(text)
  } catch {
    return undefined
  }
}
