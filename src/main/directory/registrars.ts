import { setTimeout as delay } from 'node:timers/promises'
import type { Connection, PeerId } from '@libp2p/interface'
import { isPrivate } from '@libp2p/utils'
import { fromString } from 'uint8arrays/from-string'
import type { PeerIdText } from '../../shared/schema/primitives.ts'
import { type Milliseconds, millisecond } from '../../shared/units.ts'
import { addressGroup } from '../dht/address-group.ts'
import { closestOnNetwork } from '../dht/closest.ts'
import type { Host } from '../dht/host.ts'
import type { Startable } from '../lifecycle.ts'
import { isAmongClosest, type Place } from './closeness.ts'
import { closestPeers, type KeyText, keyPosition, type Position, peerPosition } from './keys.ts'

/** How many DHT servers keep the records of a key. */
export const registrarsPerKey = 8

/** kad-dht checks a new peer before it enters the table; until then a lookup has nobody to ask. */
const retryDelaysMs: readonly Milliseconds[] = [20, 40, 80, 160, 320].map(ms => ms * millisecond)

/** A DHT server that may keep records. */
export interface Registrar {
  peerId: PeerIdText
  position: Position
  /** Group of the address it is reached at. */
  group: string
}

export interface RegistrarsComponents {
  host: Host
}

/** The DHT servers this node can ask, itself included, and which of them are closest to a key. */
export class Registrars implements Startable {
  readonly self: Registrar
  readonly #host: Host
  readonly #known = new Map<PeerIdText, Registrar & Place>()
  readonly #listeners = new Set<() => void>()
  #topology: string | undefined

  constructor({ host }: RegistrarsComponents) {
    const peerId = host.peerId.toString()
    this.#host = host
    this.self = { peerId, position: peerPosition(peerId), group: 'self' }
  }

  async start(): Promise<void> {
    this.#topology = await this.#host.libp2p.register(this.#host.protocols.directory, {
      onConnect: (peer, connection) => this.#add(peer, connection),
      onDisconnect: peer => this.forget(peer.toString()),
    })
  }

  stop(): void {
    if (this.#topology !== undefined) this.#host.libp2p.unregister(this.#topology)
    this.#known.clear()
  }

  /** Servers this node is connected to. */
  get others(): number {
    return this.#known.size
  }

  /** The registrars of a key as far as this node knows, closest first, itself included where it is one. */
  of(key: KeyText): Registrar[] {
    const self = this.#host.isServer ? [this.self] : []
    return closestPeers([...self, ...this.#known.values()], keyPosition(key), registrarsPerKey)
  }

  /** Whether this node keeps records under `key`: it is one of the servers closest to it, as far as it knows. */
  keeps(key: KeyText): boolean {
    return isAmongClosest(this.self.position, this.#known.values(), keyPosition(key))
  }

  /** Asks the DHT who is closest to the key; `of` knows more afterwards. */
  async refresh(key: KeyText, signal: AbortSignal): Promise<void> {
    // The lookup connects to each peer it returns, which brings them here through the topology.
    for (const peer of await this.#closest(key, signal)) {
      const connection = this.#host.libp2p.getConnections(peer)[0]
      if (connection !== undefined) this.#add(peer, connection)
    }
  }

  /** No longer counts the peer as a registrar, until it connects or is found again. */
  forget(peerId: PeerIdText): void {
    if (this.#known.delete(peerId)) this.#tell()
  }

  /** Calls `listener` after each change until the returned function is called. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** A node that has just joined would be told that nobody keeps the key, and believe it for a while. */
  async #closest(key: KeyText, signal: AbortSignal): Promise<PeerId[]> {
    for (const delayMs of retryDelaysMs) {
      const peers = await closestOnNetwork(this.#host, fromString(key), signal)
      if (peers.length > 0 || this.others === 0) return peers
      await delay(delayMs, undefined, { signal, ref: false })
    }
    return closestOnNetwork(this.#host, fromString(key), signal)
  }

  #add(peer: PeerId, connection: Connection): void {
    const peerId = peer.toString()
    if (this.#known.has(peerId)) return
    const group = addressGroup(connection.remoteAddr)
    // On a LAN all addresses are of one group, and so are all its machines.
    const party = isPrivate(connection.remoteAddr) ? peerId : group
    this.#known.set(peerId, { peerId, position: peerPosition(peerId), group, party })
    this.#tell()
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener()
  }
}
