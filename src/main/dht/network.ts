export { networkId } from '../../shared/membership/network-id.ts'

export interface ProtocolNames {
  kad: string
  directory: string
  hello: string
  http: string
  membership: string
  neighbours: string
  /** libp2p's own. */
  ping: string
}

export function protocolNames(networkId: string): ProtocolNames {
  const name = (protocol: string) => `/rma/${networkId}/${protocol}/1.0.0`
  return {
    kad: name('kad'),
    directory: name('directory'),
    hello: name('hello'),
    http: name('http'),
    membership: name('membership'),
    neighbours: name('neighbours'),
    ping: name('ping'),
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
