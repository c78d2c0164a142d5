import { createHash } from 'node:crypto'
import { fromString } from 'uint8arrays/from-string'

/**
 * Names a network: the first 16 hex digits of sha256(name ‖ CA public key). It is part of each protocol name, so nodes of
 * two networks have no protocol in common. `caPublicKey` is base64url; open networks have none.
 */
export function networkId(name: string, caPublicKey?: string): string {
  const hash = createHash('sha256').update(name, 'utf8')
  if (caPublicKey !== undefined) hash.update(fromString(caPublicKey, 'base64url'))
  return hash.digest('hex').slice(0, 16)
}

export interface ProtocolNames {
  kad: string
  directory: string
  hello: string
  http: string
  neighbours: string
}

export function protocolNames(networkId: string): ProtocolNames {
  const name = (protocol: string) => `/rma/${networkId}/${protocol}/1.0.0`
  return {
    kad: name('kad'),
    directory: name('directory'),
    hello: name('hello'),
    http: name('http'),
    neighbours: name('neighbours'),
  }
}

/** The prefix that libp2p's own identify and ping take, without slashes at its ends. */
export function protocolPrefix(networkId: string): string {
  return `rma/${networkId}`
}

/** The multicast DNS service by which nodes of one network find each other on a LAN. */
export function mdnsServiceTag(networkId: string): string {
  return `_rma-${networkId}._udp.local`
}
