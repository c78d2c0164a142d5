import type { Multiaddr } from '@multiformats/multiaddr'
import type { PathKind } from '../../shared/schema/primitives.ts'

const vpnPrefix = '/ip4/10.42.'

/** What is served by the node itself takes no connection. */
export type ConnectionPath = Exclude<PathKind, 'local'>

/** Which way a connection goes, told from the address it was made to. */
export function pathKindOf(address: Multiaddr): ConnectionPath {
  const text = address.toString()
  if (text.includes('/p2p-circuit')) return 'relay'
  if (text.startsWith(vpnPrefix)) return 'vpn'
  if (/\/(ws|wss)(\/|$)/.test(text)) return 'tunnel'
  return 'direct'
}
