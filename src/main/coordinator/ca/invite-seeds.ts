import { maxInviteSeeds } from '../../../shared/membership/invite.ts'

export interface OwnAddresses {
  /** Where HTTP reaches this coordinator from elsewhere. */
  tunnelUrl: string | undefined
  /** The same on this machine alone. */
  localUrl: string | undefined
  /** Multiaddrs without peer id. */
  multiaddrs: readonly string[]
  peerId: string
}

const isLoopback = (address: string) => /^\/(ip4\/127\.|ip6\/::1\/)/.test(address)

/** What an invite names as places to ask, best first. Addresses of this machine alone only where it has no others. */
export function inviteSeeds({ tunnelUrl, localUrl, multiaddrs, peerId }: OwnAddresses): string[] {
  const elsewhere = multiaddrs.filter(address => !isLoopback(address))
  const urls = tunnelUrl ?? (elsewhere.length === 0 ? localUrl : undefined)
  const named = (elsewhere.length > 0 ? elsewhere : multiaddrs).map(address => `${address}/p2p/${peerId}`)
  return [...(urls === undefined ? [] : [urls]), ...named].slice(0, maxInviteSeeds)
}
