import { isIP } from 'node:net'
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import type { PeerIdText } from '../../shared/schema/primitives.ts'
import { ipReach, sharesPrivateNetwork } from './ip-reach.ts'
import { type ConnectionPath, isVpnAddress, pathKindOf } from './path-kind.ts'

/** Where a peer says that it can be reached; its record is where others read it. */
export interface PeerPlaces {
  peerId: PeerIdText
  /** Multiaddrs, with or without the peer id at the end. */
  addresses: readonly string[]
  vpnIp?: string | undefined
  tunnelUrl?: string | undefined
}

/** What this node has to know of itself to tell which addresses could lead anywhere. */
export interface OwnPlace {
  peerId: PeerIdText
  /** Where it listens, as its network cards have it. */
  listens: readonly Multiaddr[]
  /** IP addresses of this machine. */
  ips: readonly string[]
}

/** One way to reach a peer: an address that is dialled for its peer id. */
export interface Candidate {
  kind: ConnectionPath
  /** Ends with the peer's id, so that somebody else at that address fails in the handshake. */
  address: Multiaddr
  /** Names the way, the same from one record to the next. */
  way: string
  /** IP address or name of the machine that is connected to: the relay's, where there is one. */
  host: string
  /** On this machine or in a network that this machine is part of. */
  near: boolean
  /** Where `host` is a name that no certificate has to prove: whether it may stand for that IP address. */
  mayBeAt?: (ip: string) => boolean
}

/** At most so many of each kind, of a record that may name sixteen addresses. */
const mostOfKind: Record<ConnectionPath, number> = { direct: 4, vpn: 1, tunnel: 2, relay: 2 }
/** And so many at one machine, whoever's it is. */
const mostAtHost = 2
const defaultVpnPort = 8468

/** Ports below are those of the system's own services. */
const firstUserPort = 1024
const webPorts = [80, 443]
/** Services that may take any bytes for an order: databases, container engines, printers. */
const closedPorts = [1433, 2049, 2375, 3306, 5432, 6379, 9100, 9200, 11211, 27017]
const closedNames = /(^|\.)(localhost|local|internal|lan|home\.arpa|onion|invalid|test)$/

const shape =
  /^\/(ip4|ip6|dns|dns4|dns6)\/([^/]+)\/tcp\/(\d+)(\/ws|\/wss|\/tls\/ws)?(?:\/p2p\/([^/]+))?(\/p2p-circuit(?:\/p2p\/([^/]+))?)?$/

/**
 * The ways to reach a peer that can be true and may be tried, in the order of its record. Whatever a record says, nobody is
 * dialled but for that peer's id, and no address is dialled that could only be this machine's own service, somebody's private
 * network that this machine has no part in, or no node's at all. Pure.
 */
export function candidates(peer: PeerPlaces, own: OwnPlace): Candidate[] {
  const claimed = [...peer.addresses, ...vpnAddress(peer), ...tunnelAddress(peer)]
  const local = isOnThisMachine(claimed, own)
  const chosen = new Map<string, Candidate>()
  const count = new Map<string, number>()
  for (const text of claimed) {
    const candidate = read(text, peer.peerId, own, local)
    if (candidate === undefined || chosen.has(candidate.way)) continue
    const { kind, host } = candidate
    const [ofKind, atHost] = [count.get(kind) ?? 0, count.get(`at ${host}`) ?? 0]
    if (ofKind >= mostOfKind[kind] || atHost >= mostAtHost) continue
    count.set(kind, ofKind + 1).set(`at ${host}`, atHost + 1)
    chosen.set(candidate.way, candidate)
  }
  return [...chosen.values()]
}

function read(text: string, peerId: PeerIdText, own: OwnPlace, local: boolean): Candidate | undefined {
  const parsed = parse(text)
  const parts = parsed === undefined ? null : shape.exec(parsed.toString())
  if (parsed === undefined || parts === null) return undefined
  const [, protocol = '', host = '', portText = '', web, named, circuit, behind] = parts
  const port = Number(portText)
  const isName = protocol.startsWith('dns')
  const secure = web === '/wss' || web === '/tls/ws'
  if (!isOpenPort(port) || (isName ? !isPublicName(host) : !isOpenIp(host, port, own, local))) return undefined
  // Without TLS a WebSocket is for those who run both ends of a tunnel on one machine.
  if (web !== undefined && !secure && ipReach(host) !== 'loopback') return undefined
  if (circuit === undefined) {
    if (named !== undefined && named !== peerId) return undefined
  } else {
    if (named === undefined || named === own.peerId || named === peerId) return undefined
    if (behind !== undefined && behind !== peerId) return undefined
  }
  const kind = pathKindOf(parsed)
  const address = (circuit === undefined ? named : behind) === undefined ? parsed.encapsulate(`/p2p/${peerId}`) : parsed
  const near = !isName && ipReach(host) !== 'public'
  const way = address.decapsulate(`/p2p/${peerId}`).toString()
  return {
    kind,
    address,
    way,
    host,
    near,
    ...(isName && !secure ? { mayBeAt: ip => isOpenIp(ip, port, own, local) } : {}),
  }
}

function isOpenPort(port: number): boolean {
  if (port > 65_535 || closedPorts.includes(port)) return false
  return port >= firstUserPort || webPorts.includes(port)
}

function isOpenIp(ip: string, port: number, own: OwnPlace, local: boolean): boolean {
  if (own.listens.some(address => isAt(address, ip, port))) return false
  // A router's own pages are nobody's node.
  if (ipReach(ip) !== 'public' && port < firstUserPort) return false
  switch (ipReach(ip)) {
    case 'nowhere':
      return false
    case 'loopback':
      return local
    case 'private':
      // One that is everywhere, such as a container bridge's, leads to this machine and not to the peer.
      if (own.ips.includes(ip)) return local
      return own.ips.some(each =>
        isVpnAddress(ip) || isVpnAddress(each)
          ? isVpnAddress(ip) && isVpnAddress(each)
          : sharesPrivateNetwork(ip, each),
      )
    case 'public':
      return true
  }
}

/** Whether this machine itself listens there; a node that listens through a relay shares the relay's address with others. */
function isAt(address: Multiaddr, ip: string, port: number): boolean {
  const [first, second, ...more] = address.getComponents()
  if (more.some(({ name }) => name === 'p2p-circuit')) return false
  return first?.value === ip && second?.name === 'tcp' && Number(second.value) === port
}

/** A peer on this machine has the machine's addresses; where there are none but loopback, every peer is here. */
function isOnThisMachine(claimed: readonly string[], own: OwnPlace): boolean {
  const outward = own.ips.filter(ip => ipReach(ip) !== 'loopback' && ipReach(ip) !== 'nowhere')
  const onLoopback = own.listens.every(address => ipReach(address.getComponents()[0]?.value ?? '') === 'loopback')
  return outward.length === 0 || onLoopback || outward.every(ip => claimed.some(text => text.includes(`/${ip}/`)))
}

function isPublicName(name: string): boolean {
  return name.includes('.') && isIP(name) === 0 && !closedNames.test(name.toLowerCase().replace(/\.+$/, ''))
}

/** The node listens on the same port at each of its addresses. */
function vpnAddress({ vpnIp, addresses }: PeerPlaces): string[] {
  if (vpnIp === undefined || !isVpnAddress(vpnIp)) return []
  const ports = addresses.flatMap(text => /^\/ip[46]\/[^/]+\/tcp\/(\d+)(?:\/p2p\/[^/]+)?$/.exec(text)?.[1] ?? [])
  return [`/ip4/${vpnIp}/tcp/${ports[0] ?? defaultVpnPort}`]
}

function tunnelAddress({ tunnelUrl }: PeerPlaces): string[] {
  if (tunnelUrl === undefined || !URL.canParse(tunnelUrl)) return []
  const { protocol, hostname, port } = new URL(tunnelUrl)
  const secure = protocol === 'https:' || protocol === 'wss:'
  const ip = hostname.replace(/^\[|\]$/g, '')
  const at = isIP(ip) === 0 ? `dns4/${ip}` : `ip${isIP(ip)}/${ip}`
  return [`/${at}/tcp/${port === '' ? (secure ? 443 : 80) : port}${secure ? '/tls/ws' : '/ws'}`]
}

function parse(text: string): Multiaddr | undefined {
  try {
    return multiaddr(text)
  } catch {
    return undefined
  }
}
