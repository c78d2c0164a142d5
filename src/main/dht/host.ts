import { autoNATv2 } from '@libp2p/autonat-v2'
import type { CircuitRelayService } from '@libp2p/circuit-relay-v2'
import { type Identify, type IdentifyPush, identify, identifyPush } from '@libp2p/identify'
import {
  type Connection,
  type Libp2p,
  type PeerDiscovery,
  type PeerId,
  type PrivateKey,
  peerRoutingSymbol,
  type StreamMiddleware,
  start,
  stop,
} from '@libp2p/interface'
import { type KadDHT, type KadDHTComponents, kadDHT } from '@libp2p/kad-dht'
import { mdns } from '@libp2p/mdns'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { type Ping, ping } from '@libp2p/ping'
import { tcp } from '@libp2p/tcp'
import { webSockets } from '@libp2p/websockets'
import { yamux } from '@libp2p/yamux'
import type { Multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { fromString } from 'uint8arrays/from-string'
import { type Milliseconds, second } from '../../shared/units.ts'
import type { PortChoice } from '../config/node-config.ts'
import type { Startable } from '../lifecycle.ts'
import { LiveValue } from '../live-value.ts'
import type { Logger } from '../log.ts'
import type { MappedHost } from '../port-mapping/port-mapper.ts'
import { announcedAddresses } from './announced-addresses.ts'
import { Circuits } from './circuits.ts'
import { connectedOnly } from './connected-only.ts'
import { type ConnectionLister, listInOneGo } from './connection-list.ts'
import { keepGate } from './gatekeeper.ts'
import { InboundLimits } from './inbound-limits.ts'
import { libp2pLog } from './libp2p-log.ts'
import {
  addressesRememberedMs,
  connectionCheckIntervalMs,
  connectionCheckTimeoutMs,
  connectionTimeouts,
  coordinatorLimits,
  donorLimits,
  type HostLimits,
  isCrowded,
  kadOptions,
  loopbackSwarmLimits,
  maxPeerAddrsToDial,
  muxerLimits,
  pingStreams,
} from './limits.ts'
import { Listening, type ListeningComponents } from './listening.ts'
import { MappedAddresses, type MappedAddressesComponents } from './mapped-addresses.ts'
import { mdnsServiceTag, type ProtocolNames, protocolNames, protocolPrefix } from './network.ts'
import { noiseCrypto } from './noise-crypto.ts'
import { RecentPeers } from './recent-peers.ts'
import { RefusingStore } from './refusing-store.ts'
import { donorRelayLimits, loopbackSwarmPlaces, meteredRelay, type RelayInit, relayLimits } from './relay-server.ts'
import { SingleDial, type SingleDialComponents } from './single-dial.ts'
import type { ConnectionBudget } from './surplus.ts'
import { WebSocketDoor, type WebSocketDoorComponents } from './web-socket-door.ts'
import { noiseInWholeFrames, type Traffic } from './whole-frames.ts'

/** Changes that come within this time are told together. */
const pushAfterMs = 0.1 * second

export interface HostComponents {
  privateKey: PrivateKey
  log: Logger
}

export interface HostInit {
  networkId: string
  port: PortChoice
  /** IP addresses to listen on. A machine without IPv6 starts without its IPv6 ones. */
  listen: string[]
  /** Find peers on the LAN by multicast DNS. */
  mdns: boolean
  /** `client`: uses the DHT and the directory without serving them, as a node that others cannot reach. Default: server. */
  mode?: 'server' | 'client'
  /** Lets others find out whether they can be reached, and finds out itself. */
  autoNat?: boolean
  /** Is known to be reachable at the addresses it listens on, and relays for those that are not. */
  coordinator?: boolean
  /** Relays for those that cannot be reached, for as long as it can be reached itself. A coordinator does so in any case. */
  relay?: Pick<RelayInit, 'book'>
  /** Multiaddrs, without peer id, announced besides those it listens on. */
  announce?: readonly string[]
  /** Runs before each stream, in both directions: in a network with a CA it lets members pass. */
  gate?: StreamMiddleware
  /** Lifts the per-address limits. Loopback tests and benches only. */
  relaxedLimits?: boolean
  /** How often an open connection is checked; one that does not answer is closed. Default 2 min. */
  connectionCheckIntervalMs?: Milliseconds
}

export interface HostServices extends Record<string, unknown> {
  identify: Identify
  identifyPush: IdentifyPush
  ping: Ping
  dht: KadDHT
  listening: Listening
  mappedAddresses: MappedAddresses
  dialling: SingleDial
  /** Makes connections of what comes through a tunnel. */
  webSocketDoor: WebSocketDoor
  relay?: CircuitRelayService
  mdns?: PeerDiscovery
}

/** The node's place in the peer-to-peer network: listeners, connections, and a kad-dht private to the network. */
export interface Host extends Startable, MappedHost {
  readonly networkId: string
  readonly protocols: ProtocolNames
  readonly peerId: PeerId
  /** Whether this node answers others' questions to the DHT and the directory. */
  readonly isServer: boolean
  readonly mode: LiveValue<'server' | 'client'>
  /** Becomes one or the other; a client lets itself be reached through relays. */
  setMode(mode: 'server' | 'client'): Promise<void>
  readonly libp2p: Libp2p<HostServices>
  /** What has passed between this node and others. */
  readonly traffic: Readonly<Traffic>
  /** When it hangs up on those that nobody needs. */
  readonly budget: ConnectionBudget
  /** Whether it takes hardly any more connections: others may have been turned away. */
  readonly isCrowded: boolean
  /** TCP port in use; 0 while not started. */
  readonly port: number
  /** Multiaddrs, without peer id, by which others may reach this node. */
  addresses(): string[]
  /** Listens at one more IP address of this machine, as it has in a VPN. */
  listenAlso(ip: string): Promise<void>
  listenNoMore(ip: string): Promise<void>
  /** Where it listens, as the network cards and the relays have it. */
  listens(): Multiaddr[]
  /** Who relays for this node, and who could. */
  readonly circuits: Pick<Circuits, 'taken' | 'untaken' | 'ask'>
  /**
   * Opens one connection to one address, for the peer id at its end. libp2p's own `dial` tries a peer's addresses one after
   * the other, and makes no second connection beside an open one.
   */
  dial(address: Multiaddr, signal: AbortSignal): Promise<Connection>
}

/** Makes a host that is not started yet. Its `start` rejects with PORT_IN_USE. */
export async function createHost(components: HostComponents, init: HostInit): Promise<Host> {
  const selfId = peerIdFromPrivateKey(components.privateKey).toString()
  const mode = new LiveValue(init.mode ?? 'server')
  const traffic: Traffic = { bytesIn: 0, bytesOut: 0 }
  let listening: Listening | undefined
  const circuits = new Circuits()
  const datastore = new RecentPeers({
    mostPeers: limitsOf(init).mostPeersRemembered,
    connected: () => libp2p.getPeers().map(peer => peer.toCID().toString()),
  })
  const libp2p: Libp2p<HostServices> = await createLibp2p<HostServices>({
    ...limitOptions(init),
    connectionGater: new InboundLimits(limitsOf(init).ofAddress),
    datastore,
    start: false,
    privateKey: components.privateKey,
    logger: libp2pLog(components.log),
    nodeInfo: { name: 'rma-donor', version: '1', userAgent: 'rma-donor' },
    transports: [tcp(), circuits.transport, webSockets()],
    addresses: {
      announceFilter: verified => announcedAddresses(verified, listening?.ofEachListener() ?? [], { ...init, selfId }),
    },
    // With the network's id in the handshake, nodes of two networks cannot even connect.
    connectionEncrypters: [
      noiseInWholeFrames({ prologueBytes: fromString(init.networkId), crypto: noiseCrypto }, traffic),
    ],
    streamMuxers: [yamux(muxerLimits)],
    services: {
      ...services(init),
      listening: (parts: ListeningComponents) => {
        listening = new Listening(parts, init)
        return listening
      },
      mappedAddresses: (parts: MappedAddressesComponents) =>
        new MappedAddresses(parts, { prefix: protocolPrefix(init.networkId) }),
      dialling: (parts: SingleDialComponents) => new SingleDial(parts),
      webSocketDoor: (parts: WebSocketDoorComponents) => new WebSocketDoor(parts),
    },
  })
  return {
    networkId: init.networkId,
    protocols: protocolNames(init.networkId),
    peerId: libp2p.peerId,
    get isServer() {
      return mode.get() === 'server'
    },
    mode,
    async setMode(wanted) {
      await libp2p.services.dht.setMode(wanted)
      mode.set(wanted)
      const { relay, listening } = libp2p.services
      if (wanted === 'client') {
        await stopRelaying(libp2p)
        await listening.throughRelays()
      } else {
        await listening.directly()
        await start(relay)
      }
    },
    libp2p,
    traffic,
    budget: limitsOf(init).budget,
    get isCrowded() {
      return isCrowded(libp2p.getConnections().length, limitsOf(init))
    },
    get port() {
      return libp2p.services.listening.port
    },
    listens: () => libp2p.services.listening.addresses(),
    circuits,
    listenIps: () =>
      libp2p.services.listening
        .addresses()
        .filter(address => !address.toString().includes('/p2p-circuit'))
        .flatMap(address => address.getComponents()[0]?.value ?? []),
    addMapping: mapping => libp2p.services.mappedAddresses.add(mapping),
    removeMapping: mapping => libp2p.services.mappedAddresses.remove(mapping),
    proveAgain: mapping => void libp2p.services.mappedAddresses.proveAgain(mapping),
    isProven: ({ externalIp, externalPort }) =>
      libp2p
        .getMultiaddrs()
        .some(address => address.toString().startsWith(`/ip4/${externalIp}/tcp/${externalPort}/p2p/`)),
    dial: (address, signal) => libp2p.services.dialling.dial(address, signal),
    addresses: () => libp2p.getMultiaddrs().map(address => address.decapsulate('/p2p').toString()),
    listenAlso: ip => libp2p.services.listening.also(ip),
    listenNoMore: ip => libp2p.services.listening.noMore(ip),
    start: () => libp2p.start(),
    stop: () => libp2p.stop(),
  }
}

function services(init: HostInit) {
  const prefix = protocolPrefix(init.networkId)
  const { gate } = init
  return {
    identify: identify({ protocolPrefix: prefix }),
    // Peers may connect before this node serves all it will, and what it serves changes with its side: they are told.
    identifyPush: identifyPush({ protocolPrefix: prefix, debounce: pushAfterMs }),
    ping: ping({ protocolPrefix: prefix, ...pingStreams }),
    dht: (components: KadDHTComponents) => kad(components, init),
    ...(init.autoNat === true || init.coordinator === true ? { autoNat: autoNATv2({ protocolPrefix: prefix }) } : {}),
    ...relayOf(init),
    connectionList: ({ connectionManager }: { connectionManager: ConnectionLister }) => listInOneGo(connectionManager),
    ...(gate === undefined ? {} : { gatekeeper: ({ registrar }: KadDHTComponents) => keepGate(registrar, gate) }),
    ...(init.mdns ? { mdns: mdns({ serviceTag: mdnsServiceTag(init.networkId) }) } : {}),
  }
}

function relayOf({ coordinator, relay, relaxedLimits }: HostInit) {
  if (coordinator !== true && relay === undefined) return {}
  const limits = coordinator === true ? relayLimits : donorRelayLimits
  const ofAddress = relaxedLimits === true ? loopbackSwarmPlaces : limits.ofAddress
  return { relay: meteredRelay({ limits: { ...limits, ofAddress }, ...(coordinator === true ? {} : relay) }) }
}

/**
 * `clientMode` is set either way: by itself kad-dht becomes a server only with a public address, and on a LAN nobody
 * would be one.
 * `peerInfoMapper`: the default drops private addresses, and with them every peer on a LAN.
 * libp2p may not route by it: to find a relay it would ask for one random key after the other, which a table of connected
 * peers answers at once, so that nothing else in the process got a turn.
 */
function kad(components: KadDHTComponents, init: HostInit): KadDHT {
  const { peerId, privateKey, registrar, addressManager, peerStore, events, logger } = components
  const { connectionManager, ping } = connectedOnly(components.connectionManager)
  const dht = kadDHT({
    ...kadOptions,
    protocol: protocolNames(init.networkId).kad,
    clientMode: init.mode === 'client',
    peerInfoMapper: peer => peer,
  })({
    peerId,
    privateKey,
    registrar,
    addressManager,
    peerStore,
    connectionManager,
    events,
    logger,
    ping,
    datastore: new RefusingStore(),
  })
  return Object.defineProperty(dht, peerRoutingSymbol, { value: undefined })
}

/** Those it relays for count on it for as long as they are connected: they look for another when it hangs up. */
async function stopRelaying(libp2p: Libp2p<HostServices>): Promise<void> {
  const { relay } = libp2p.services
  const reserved = [...(relay?.reservations.keys() ?? [])]
  await stop(relay)
  await Promise.allSettled(reserved.map(peer => libp2p.hangUp(peer)))
}

function limitsOf({ relaxedLimits, coordinator }: HostInit): HostLimits {
  if (relaxedLimits === true) return loopbackSwarmLimits
  return coordinator === true ? coordinatorLimits : donorLimits
}

/** Those that libp2p enforces itself. */
function libp2pLimits({
  ofAddress: _,
  mostPeersRemembered: __,
  budget: ___,
  ...limits
}: HostLimits): Omit<HostLimits, 'ofAddress' | 'mostPeersRemembered' | 'budget'> {
  return limits
}

function limitOptions(init: HostInit) {
  return {
    connectionManager: {
      ...libp2pLimits(limitsOf(init)),
      ...connectionTimeouts,
      maxPeerAddrsToDial,
    },
    connectionMonitor: {
      protocolPrefix: protocolPrefix(init.networkId),
      pingInterval: init.connectionCheckIntervalMs ?? connectionCheckIntervalMs,
      pingTimeout: { minTimeout: connectionCheckTimeoutMs },
    },
    peerStore: { maxAddressAge: addressesRememberedMs, maxPeerAge: addressesRememberedMs },
  }
}
