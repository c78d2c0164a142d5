import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import type { Ed25519PrivateKey, PeerId } from '@libp2p/interface'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import type { Host } from '../../src/main/dht/host.ts'
import { type HostLimits, isCrowded } from '../../src/main/dht/limits.ts'
import { type ProtocolNames, protocolNames } from '../../src/main/dht/network.ts'
import { LiveValue } from '../../src/main/live-value.ts'
import type { PeerIdText } from '../../src/shared/schema/primitives.ts'
import { Emitter } from './emitter.ts'
import type { SimulatedConnection, SimulatedStream } from './simulated-connection.ts'
import type { SimulatedInternet } from './simulated-internet.ts'

export interface PeerInit {
  number: number
  networkId: string
  mode: 'server' | 'client'
  limits: HostLimits
}

/** What has passed a peer, and what it tried. */
export interface PeerTraffic {
  framesIn: number
  framesOut: number
  bytesIn: number
  bytesOut: number
  /** Bytes that came in by what they were: the kind of a frame, or `connecting`. */
  bytesInBy: Map<string, number>
  /** Frames it sent on streams it has opened, and bytes of those that came back on them. */
  questions: number
  answerBytesIn: number
  /** Connections it made, and those it could not make. */
  dials: number
  failedDials: number
  /** Connections of others it had no room for. */
  turnedAway: number
}

export function receive(traffic: PeerTraffic, kind: string, bytes: number): void {
  traffic.bytesIn += bytes
  traffic.bytesInBy.set(kind, (traffic.bytesInBy.get(kind) ?? 0) + bytes)
}

type StreamHandler = (stream: SimulatedStream, connection: SimulatedConnection) => void

interface Topology {
  onConnect?(peer: PeerId, connection: SimulatedConnection): void
  onDisconnect?(peer: PeerId): void
}

/** As much of a libp2p host as the directory, the DHT's lookups and the bootstrap use, on simulated wires. */
export class SimulatedPeer extends Emitter {
  readonly id: PeerIdText
  readonly peerId: PeerId
  readonly privateKey: Ed25519PrivateKey
  readonly networkId: string
  readonly protocols: ProtocolNames
  readonly mode: LiveValue<'server' | 'client'>
  /** Where connections of this peer come from, and where it listens if it can be reached. */
  readonly seenAt: Multiaddr
  readonly number: number
  readonly limits: HostLimits
  readonly traffic: PeerTraffic = {
    framesIn: 0,
    framesOut: 0,
    bytesIn: 0,
    bytesOut: 0,
    bytesInBy: new Map(),
    questions: 0,
    answerBytesIn: 0,
    dials: 0,
    failedDials: 0,
    turnedAway: 0,
  }
  /** Nothing leaves it and nothing reaches it, though it runs. */
  cutOff = false
  readonly internet: SimulatedInternet
  readonly #connections = new Map<PeerIdText, SimulatedConnection>()
  /** Those it is connected with; undefined once that has changed. */
  #peers: PeerId[] | undefined
  /** Those that have told it where they are: libp2p remembers that. */
  readonly #placed = new Set<PeerIdText>()
  readonly #dialling = new Map<PeerIdText, Promise<SimulatedConnection>>()
  readonly #handlers = new Map<string, StreamHandler>()
  readonly #topologies = new Map<string, { protocol: string; topology: Topology }>()

  static async make(internet: SimulatedInternet, init: PeerInit): Promise<SimulatedPeer> {
    const seed = new Uint8Array(32)
    new DataView(seed.buffer).setUint32(0, init.number + 1)
    return new SimulatedPeer(internet, init, await generateKeyPairFromSeed('Ed25519', seed))
  }

  private constructor(internet: SimulatedInternet, init: PeerInit, privateKey: Ed25519PrivateKey) {
    super()
    this.internet = internet
    this.privateKey = privateKey
    this.peerId = peerIdFromPrivateKey(privateKey)
    this.id = this.peerId.toString()
    this.networkId = init.networkId
    this.protocols = protocolNames(init.networkId)
    this.mode = new LiveValue(init.mode)
    this.number = init.number
    this.limits = init.limits
    this.seenAt = multiaddr(publicAddress(init.number))
  }

  get isServer(): boolean {
    return this.mode.get() === 'server'
  }

  /** For parts that take a host. */
  asHost(): Host {
    const libp2p = {
      peerId: this.peerId,
      services: {},
      peerStore: { all: async () => [] },
      addEventListener: this.addEventListener.bind(this),
      removeEventListener: this.removeEventListener.bind(this),
      getPeers: () => this.#peersNow(),
      getConnections: (peer?: PeerId) => this.#connectionsWith(peer),
      dial: (target: Target, options: { signal?: AbortSignal }) => this.#dial(target, options.signal),
      dialProtocol: async (target: Target, protocol: string, options: { signal?: AbortSignal }) =>
        (await this.#dial(target, options.signal)).open(protocol),
      handle: async (protocol: string, handler: StreamHandler) => void this.#handlers.set(protocol, handler),
      unhandle: async (protocol: string) => void this.#handlers.delete(protocol),
      register: async (protocol: string, topology: Topology) => {
        const id = `${this.#topologies.size}`
        this.#topologies.set(id, { protocol, topology })
        return id
      },
      unregister: (id: string) => void this.#topologies.delete(id),
    }
    const host = {
      networkId: this.networkId,
      protocols: this.protocols,
      peerId: this.peerId,
      mode: this.mode,
      budget: this.limits.budget,
      libp2p,
      addresses: () => this.addresses(),
    }
    // The rest of libp2p does not exist here: whoever uses it fails at once.
    return Object.defineProperties(host, {
      isServer: { get: () => this.isServer },
      isCrowded: { get: () => isCrowded(this.connections, this.limits) },
    }) as unknown as Host
  }

  addresses(): string[] {
    return this.isServer ? [this.seenAt.toString()] : []
  }

  get connections(): number {
    return this.#connections.size
  }

  openConnections(): Iterable<SimulatedConnection> {
    return this.#connections.values()
  }

  /** Connects unless it is connected. Rejects where nobody answers or there is no room. */
  connect(peerId: PeerIdText, signal?: AbortSignal): Promise<SimulatedConnection> {
    signal?.throwIfAborted()
    const open = this.#connections.get(peerId)
    if (open !== undefined) return Promise.resolve(open)
    const running = this.#dialling.get(peerId)
    if (running !== undefined) return running
    this.traffic.dials++
    const dialling = this.internet
      .dial(this, peerId)
      .catch(error => {
        this.traffic.failedDials++
        throw error
      })
      .finally(() => this.#dialling.delete(peerId))
    this.#dialling.set(peerId, dialling)
    return dialling
  }

  connected(connection: SimulatedConnection): void {
    if (!this.#connections.has(connection.remote.id)) this.#peers?.push(connection.remotePeer)
    this.#connections.set(connection.remote.id, connection)
    this.emit('peer:connect', { detail: connection.remotePeer })
  }

  /** The other side has said what it serves and where. */
  identified(connection: SimulatedConnection): void {
    if (connection.status !== 'open') return
    const { remote, remotePeer } = connection
    if (remote.isServer) this.#placed.add(remote.id)
    const protocols = [...remote.#handlers.keys()]
    const listenAddrs = remote.isServer ? [remote.seenAt] : []
    this.emit('peer:identify', { detail: { peerId: remotePeer, protocols, listenAddrs, connection } })
    for (const { protocol, topology } of this.#topologies.values())
      if (protocols.includes(protocol)) topology.onConnect?.(remotePeer, connection)
  }

  disconnected({ remote, remotePeer }: SimulatedConnection): void {
    if (!this.#connections.delete(remote.id)) return
    this.#forgetPeer(remotePeer)
    this.emit('peer:disconnect', { detail: remotePeer })
    for (const { topology } of this.#topologies.values()) topology.onDisconnect?.(remotePeer)
  }

  accepts(protocol: string, stream: SimulatedStream, connection: SimulatedConnection): boolean {
    const handler = this.#handlers.get(protocol)
    handler?.(stream, connection)
    return handler !== undefined
  }

  /** The connections it has now, of which it will know nothing any more. */
  takeConnections(): SimulatedConnection[] {
    const connections = [...this.#connections.values()]
    this.#connections.clear()
    this.#peers = undefined
    return connections
  }

  /** By a peer id alone only those can be dialled that are connected, or were. */
  async #dial(target: Target, signal: AbortSignal | undefined): Promise<SimulatedConnection> {
    const id = peerIdIn(target)
    const isKnown = this.#placed.has(id) || this.#connections.has(id)
    if ('toMultihash' in target && !isKnown) throw new Error(`no address is known of ${id}`)
    return this.connect(id, signal)
  }

  #forgetPeer(peer: PeerId): void {
    const peers = this.#peers
    const last = peers?.pop()
    if (peers === undefined || last === undefined || last === peer) return
    peers[peers.indexOf(peer)] = last
  }

  /** Kept from call to call: a coordinator has thousands, and is asked at each that comes or goes. */
  #peersNow(): PeerId[] {
    this.#peers ??= Array.from(this.#connections.values(), ({ remotePeer }) => remotePeer)
    return this.#peers
  }

  #connectionsWith(peer: PeerId | undefined): SimulatedConnection[] {
    if (peer === undefined) return [...this.#connections.values()]
    const connection = this.#connections.get(peer.toString())
    return connection === undefined ? [] : [connection]
  }
}

/** One network of a provider for each peer, as far as they last: 64,000 of a /16 each. */
function publicAddress(number: number): string {
  const group = number % 40_000
  return `/ip4/${60 + (group >> 8)}.${group & 255}.${1 + Math.floor(number / 40_000)}.1/tcp/8468`
}

type Target = PeerId | Multiaddr | readonly Multiaddr[]

function peerIdIn(target: Target): PeerIdText {
  const first = Array.isArray(target) ? target[0] : target
  if (first === undefined) throw new Error('nobody to dial')
  if ('toMultihash' in first) return first.toString()
  const id = (first as Multiaddr).getComponents().findLast(({ name }) => name === 'p2p')?.value
  if (id === undefined) throw new Error(`${String(first)} names no peer`)
  return id
}
