import type { Connection } from '@libp2p/interface'
import type { PeerIdText } from '../../shared/schema/primitives.ts'
import { type Milliseconds, second } from '../../shared/units.ts'
import type { Clock, StopTimer } from '../clock.ts'
import { peerPosition } from '../directory/keys.ts'
import type { Startable } from '../lifecycle.ts'
import type { Logger } from '../log.ts'
import { bucketOf } from './buckets.ts'
import type { Contacts } from './contacts.ts'
import type { Host } from './host.ts'
import { readPeerId } from './peer-ids.ts'
import { type ConnectionBudget, type HeldPeer, surplusPeers } from './surplus.ts'
import { enoughForClient } from './table-filler.ts'

const trimIntervalMs = 30 * second

export interface ConnectionTrimmerComponents {
  host: Host
  contacts: Pick<Contacts, 'get' | 'part' | 'size'>
  channels: {
    /** Whether a question to the peer is on its way. */
    isAsking(peerId: PeerIdText): boolean
  }
  clock: Clock
  log: Logger
}

/** Hangs up on peers that nobody needs to be connected with, so that connections do not grow with the network. */
export class ConnectionTrimmer implements Startable {
  readonly #components: ConnectionTrimmerComponents
  readonly #budget: ConnectionBudget
  /** By `Clock.steady`, as are all times here. */
  readonly #usedAt = new Map<string, Milliseconds>()
  /** When each connection was there first, to half a minute: libp2p notes it by the machine's clock, which may be set meanwhile. */
  readonly #metAt = new WeakMap<Connection, Milliseconds>()
  #stopTimer: StopTimer | undefined

  constructor(components: ConnectionTrimmerComponents, budget: ConnectionBudget = components.host.budget) {
    this.#components = components
    this.#budget = budget
  }

  start(): void {
    this.#stopTimer = this.#components.clock.every(trimIntervalMs, () => void this.trim())
  }

  stop(): void {
    this.#stopTimer?.()
    this.#usedAt.clear()
  }

  /** To be called when this node has asked a peer, or the peer this node. */
  used(peerId: string): void {
    this.#usedAt.set(peerId, this.#components.clock.steady())
  }

  /** As `letGo`, unless the peer has been asked for something, or has asked, since it is connected. */
  async leave(peerId: string): Promise<void> {
    if (!this.#usedAt.has(peerId)) await this.letGo(peerId)
  }

  /**
   * Hangs up on a server of which this node, a client, wants nothing more, and keeps in mind where it is: among many workers
   * each would otherwise take up a place at servers it has once asked something, and at the registrars of every key that is full.
   */
  async letGo(peerId: string): Promise<void> {
    const { host, contacts, channels, log } = this.#components
    if (host.isServer || contacts.get(peerId) === undefined || contacts.size <= enoughForClient) return
    const connections = host.libp2p.getConnections(readPeerId(peerId))
    const isRelay = host.addresses().some(address => address.includes(peerId))
    if (isRelay || channels.isAsking(peerId) || connections.some(connection => this.#isBusy(connection))) return
    contacts.part(peerId)
    const closed = await Promise.allSettled(connections.map(connection => connection.close()))
    const failed = closed.filter(({ status }) => status === 'rejected').length
    if (failed > 0) log.debug({ peer: peerId, failed }, 'a connection was not closed in order')
  }

  /** Resolves with how many were hung up on. */
  async trim(): Promise<number> {
    const { host, clock, log } = this.#components
    const now = clock.steady()
    const open = host.libp2p.getConnections()
    for (const connection of open) if (!this.#metAt.has(connection)) this.#metAt.set(connection, now)
    const connections = new Map(open.map(each => [each.remotePeer.toString(), each]))
    for (const peerId of this.#usedAt.keys()) if (!connections.has(peerId)) this.#usedAt.delete(peerId)
    if (connections.size <= this.#budget.most) return 0
    const held = [...connections].map(([peerId, connection]) => this.#describe(peerId, connection))
    const surplus = surplusPeers(held, now, this.#budget)
    const closed = await Promise.allSettled(surplus.map(peerId => connections.get(peerId)?.close()))
    const failed = closed.filter(({ status }) => status === 'rejected').length
    if (surplus.length > 0)
      log.debug({ connections: held.length, closed: surplus.length, failed }, 'hung up on idle peers')
    return surplus.length - failed
  }

  #describe(peerId: string, connection: Connection): HeldPeer {
    const { host, contacts } = this.#components
    const connectedAt = this.#metAt.get(connection) ?? 0
    const isContact = contacts.get(peerId)?.connected === true
    return {
      peerId,
      ...(isContact ? { bucket: bucketOf(peerPosition(host.peerId.toString()), peerPosition(peerId)) } : {}),
      connectedAt,
      // Who has come back was used before that, perhaps long ago.
      usedAt: Math.max(this.#usedAt.get(peerId) ?? 0, connectedAt),
      busy: this.#isBusy(connection),
    }
  }

  /** Whether anything but the directory's stream is open. */
  #isBusy({ streams }: Pick<Connection, 'streams'>): boolean {
    return streams.some(({ protocol }) => protocol !== this.#components.host.protocols.directory)
  }
}
