import { addressBlock } from '../../shared/address-block.ts'

/** Where a request came from, as the socket and its headers say. */
export interface AddressFacts {
  socketAddress: string | undefined
  headers: Record<string, string | string[] | undefined>
  /** A tunnel of this machine's own ends here: what comes from loopback names its client in a header. */
  behindTunnel: boolean
}

/**
 * What a quota for each address counts by: the IPv4 address, or the /64 that an IPv6 client has to itself. Headers are
 * believed only from this machine's own tunnel: anybody else could write any address into them.
 */
export function quotaAddress({ socketAddress = '', headers, behindTunnel }: AddressFacts): string {
  const named = headers['cf-connecting-ip']
  const trusted = behindTunnel && isLoopback(socketAddress) && typeof named === 'string'
  return addressBlock(trusted ? named.trim() : socketAddress)
}

function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.') || address.startsWith('::ffff:127.')
}
