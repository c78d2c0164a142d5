import type { Multiaddr } from '@multiformats/multiaddr'
import type { PathKind } from '../../shared/schema/primitives.ts'

const vpnPrefix = '10.42.'

/** What is served by the node itself takes no connection. */
export type ConnectionPath = Exclude<PathKind, 'local'>

/** Whether an IP address is one of the network's VPN. */
export function isVpnAddress(ip: string): boolean {
  return ip.startsWith(vpnPrefix)
}

/** Which way a connection goes, told from the address it was made to. */
export function pathKindOf(address: Multiaddr): ConnectionPath {
  const text = address.toString()
  if (text.includes('/p2p-circuit')) return 'relay'
  if (text.startsWith(`/ip4/${vpnPrefix}`)) return 'vpn'
  if (/\/(ws|wss)(\/|$)/.test(text)) return 'tunnel'
  return 'direct'
}
