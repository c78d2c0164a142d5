import type { Lighthouse } from '../../../shared/membership/vpn-lease.ts'
import { lighthousePort } from './nebula-config.ts'

/** As many as a lease has room for. */
const most = 8
/** Of the first, who gives the lease, and of each other one. */
const mostEndpoints = { first: 4, other: 2 }

/** A coordinator as a lighthouse: its address in the VPN, while it is in it, and those that others have for it. */
export interface LighthousePlace {
  ip: string | undefined
  /** Multiaddrs. */
  addresses: readonly string[]
}

/** Who tells members of the VPN where the others are, and at which UDP ports: with more than one, each may be lost. Pure. */
export function lighthouses(places: readonly LighthousePlace[]): Lighthouse[] {
  const named = new Map<string, Lighthouse>()
  for (const [index, { ip, addresses }] of places.entries()) {
    const hosts = addresses
      .filter(address => !address.includes('/p2p-circuit'))
      .flatMap(address => /^\/(?:ip4|dns4|dns)\/([^/]+)\/tcp\//.exec(address)?.[1] ?? [])
    const endpoints = [...new Set(hosts)]
      .slice(0, index === 0 ? mostEndpoints.first : mostEndpoints.other)
      .map(host => `${host}:${lighthousePort}`)
    if (ip !== undefined && endpoints.length > 0 && !named.has(ip)) named.set(ip, { ip, endpoints })
  }
  return [...named.values()].slice(0, most)
}
