import { generateKeyPair } from '@libp2p/crypto/keys'
import type { Ed25519PrivateKey, PeerId } from '@libp2p/interface'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import type { Host } from '../../src/main/dht/host.ts'
import { protocolNames } from '../../src/main/dht/network.ts'
import { LiveValue } from '../../src/main/live-value.ts'

/** A newcomer that has reached somebody comes to know others until it has so many: what the DHT does. */
const enoughPeers = 12
const protocols = protocolNames('a'.repeat(16))

/** Who is up, and who is connected with whom: what libp2p would do, without sockets. */
export class SimulatedWires {
  readonly #up = new Map<string, SimulatedHost>()
  /** Whoever was ever up. */
  readonly #all: SimulatedHost[] = []
  readonly #introduced = new Set<SimulatedHost>()
  readonly #random: () => number

  /** Attempts so far: what follows from one needs a moment of the event loop. */
  dials = 0

  /** `random`: 0 up to 1. */
  constructor(random: () => number) {
    this.#random = random
  }

  up(host: SimulatedHost): void {
    if (!this.#all.includes(host)) this.#all.push(host)
    this.#up.set(host.id, host)
  }

  down(host: SimulatedHost): void {
    this.#up.delete(host.id)
    for (const peer of host.peers()) this.#disconnect(host, peer)
  }

  /** Rejects where nobody answers. */
  async dial(from: SimulatedHost, peerId: string): Promise<void> {
    this.dials++
    const to = this.#up.get(peerId)
    if (to === undefined || !this.#up.has(from.id)) throw new Error(`${peerId} does not answer`)
    this.#connect(from, to)
    if (this.#introduced.has(from)) return
    this.#introduced.add(from)
    for (let count = from.peers().length; count < enoughPeers; count++) {
      const other = this.#all[Math.floor(this.#random() * this.#all.length)]
      if (other !== undefined && other !== from && this.#up.has(other.id)) this.#connect(from, other)
    }
  }

  #connect(one: SimulatedHost, other: SimulatedHost): void {
    if (one.isConnected(other)) return
    one.connected(other)
    other.connected(one)
  }

  #disconnect(one: SimulatedHost, other: SimulatedHost): void {
    one.disconnected(other)
    other.disconnected(one)
  }
}

/** As much of a libp2p host as a node's bootstrap uses. */
export class SimulatedHost extends EventTarget {
  readonly id: string
  readonly peerId: PeerId
  readonly address: string
  readonly privateKey: Ed25519PrivateKey
  readonly #wires: SimulatedWires
  readonly #peers = new Map<string, SimulatedHost>()

  static async make(wires: SimulatedWires, number: number): Promise<SimulatedHost> {
    return new SimulatedHost(wires, await generateKeyPair('Ed25519'), number)
  }

  private constructor(wires: SimulatedWires, privateKey: Ed25519PrivateKey, number: number) {
    super()
    this.#wires = wires
    this.privateKey = privateKey
    this.peerId = peerIdFromPrivateKey(privateKey)
    this.id = this.peerId.toString()
    this.address = `/ip4/10.${number >> 16}.${(number >> 8) & 255}.${number & 255}/tcp/8468`
  }

  /** For parts that take a libp2p host. */
  asHost(): Pick<Host, 'libp2p' | 'mode' | 'protocols'> {
    const libp2p = {
      peerId: this.peerId,
      services: {},
      peerStore: { all: async () => [] },
      addEventListener: this.addEventListener.bind(this),
      removeEventListener: this.removeEventListener.bind(this),
      getPeers: () => this.peers().map(peer => peer.peerId),
      getConnections: (peer: PeerId) => (this.#peers.has(peer.toString()) ? [peer] : []),
      dial: async (targets: Multiaddr[]) => {
        const id = targets[0]?.getComponents().findLast(({ name }) => name === 'p2p')?.value
        await this.#wires.dial(this, id ?? '')
      },
    }
    const mode = new LiveValue<'server' | 'client'>('server')
    return { libp2p: libp2p as unknown as Host['libp2p'], mode, protocols }
  }

  peers(): SimulatedHost[] {
    return [...this.#peers.values()]
  }

  isConnected(peer: SimulatedHost): boolean {
    return this.#peers.has(peer.id)
  }

  connected(peer: SimulatedHost): void {
    this.#peers.set(peer.id, peer)
    this.dispatchEvent(new CustomEvent('peer:connect', { detail: peer.peerId }))
    const address = multiaddr(peer.address)
    const connection = { direction: 'outbound', remoteAddr: address }
    const identified = { peerId: peer.peerId, protocols: [protocols.directory], listenAddrs: [address], connection }
    this.dispatchEvent(new CustomEvent('peer:identify', { detail: identified }))
  }

  disconnected(peer: SimulatedHost): void {
    this.#peers.delete(peer.id)
    this.dispatchEvent(new CustomEvent('peer:disconnect', { detail: peer.peerId }))
  }
}
