import type { IdentifyResult, PeerId, PeerInfo } from '@libp2p/interface'
import type { SourceTry } from '../../shared/schema/diagnosis.ts'
import type { PeerIdText } from '../../shared/schema/primitives.ts'
import { day, type Milliseconds, minute, second } from '../../shared/units.ts'
import type { Clock, StopTimer } from '../clock.ts'
import type { Startable } from '../lifecycle.ts'
import { LiveValue } from '../live-value.ts'
import type { Logger } from '../log.ts'
import type { AddressBook, KnownPeer } from './address-book.ts'
import { Dialer } from './dialer.ts'
import { worthDialling } from './hearsay-addresses.ts'
import type { Host } from './host.ts'
import { type JoinState, notJoined } from './join-state.ts'
import { reachableAddresses } from './reachable-addresses.ts'
import { retryDelay } from './retry-delay.ts'
import type { SeedSource } from './seed-source.ts'

/** Connections worth making from one source; the DHT finds the rest. */
const enoughPeers = 4
/** A source that has not led anywhere by then no longer holds up the next one. */
const headStartMs = 0.5 * second
/** How long somebody on the same LAN may take to be found before the last resort is asked: they answer within 0.2 s or so. */
const patienceMs = second
const maxAddressesTried = 64
/** How often peers that went missing are looked for, and how many at a time: half of them among so many of the latest. */
const probeIntervalMs = 15 * second
const probedAtOnce = 4
const latestMissing = 16
/**
 * How often a server that misses nobody looks for one all the same: where a part of a large network was cut off each of its nodes has
 * enough others, and nobody names those of the other part.
 */
const lookBackIntervalMs = 1 * minute
/** Who left longer ago is likely gone. */
const lookBackMs = 1 * day
/** With as many peers none is missed: connections that nobody uses are closed, here and by others. A client needs few. */
const enoughToMissNobody = { server: 48, client: 8 }

export interface BootstrapComponents {
  host: Host
  addressBook: AddressBook
  /** In the order they are asked. */
  sources: SeedSource[]
  clock: Clock
  log: Logger
}

/**
 * Gets the node into its network and back in when it falls out: known peers first, then each further source, again with
 * growing, jittered delays while it is alone. Peers that multicast DNS finds are dialled as they show up.
 */
export class Bootstrap implements Startable {
  readonly state = new LiveValue<JoinState>(notJoined)
  readonly #components: BootstrapComponents
  readonly #dialer: Dialer
  #life = new AbortController()
  #stopRetry: StopTimer | undefined
  #stopProbing: StopTimer = () => undefined
  #trying = false
  #failures = 0
  #mostPeers = 0
  /** Told by libp2p's events: `getPeers` makes an object of each peer's text, and at a coordinator there are thousands. */
  readonly #connected = new Set<PeerIdText>()

  constructor(components: BootstrapComponents) {
    this.#components = components
    this.#dialer = new Dialer({ libp2p: components.host.libp2p, log: components.log })
  }

  start(): void {
    const { libp2p } = this.#components.host
    this.#life = new AbortController()
    this.#failures = 0
    this.#mostPeers = 0
    this.state.set(notJoined)
    libp2p.addEventListener('peer:connect', this.#onConnect)
    libp2p.addEventListener('peer:disconnect', this.#onDisconnect)
    libp2p.addEventListener('peer:identify', this.#onIdentify)
    for (const peer of libp2p.getPeers()) this.#connected.add(peer.toString())
    libp2p.services.mdns?.addEventListener('peer', this.#onDiscovered)
    const { clock } = this.#components
    const stopProbing = clock.every(probeIntervalMs, () => void this.#probe())
    const stopLookingBack = clock.every(lookBackIntervalMs, () => void this.#lookBack())
    this.#stopProbing = () => {
      stopProbing()
      stopLookingBack()
    }
    void this.#dialEarlyFinds()
    void this.#join()
  }

  stop(): void {
    const { libp2p } = this.#components.host
    libp2p.removeEventListener('peer:connect', this.#onConnect)
    libp2p.removeEventListener('peer:disconnect', this.#onDisconnect)
    libp2p.removeEventListener('peer:identify', this.#onIdentify)
    libp2p.services.mdns?.removeEventListener('peer', this.#onDiscovered)
    this.#life.abort()
    this.#stopRetry?.()
    this.#stopProbing()
    this.#connected.clear()
    this.state.set(notJoined)
  }

  get #peers(): number {
    return this.#connected.size
  }

  async #join(): Promise<void> {
    if (this.#trying) return
    this.#trying = true
    this.#stopRetry?.()
    this.#setState({ nextTryAt: undefined })
    try {
      const tried = await this.#askSources(this.#life.signal)
      if (!this.#life.signal.aborted) this.#setState({ tried })
    } finally {
      this.#trying = false
    }
    if (!this.#life.signal.aborted && this.#peers === 0) this.#retryLater()
  }

  async #askSources(signal: AbortSignal): Promise<SourceTry[]> {
    const tries: Promise<SourceTry>[] = []
    for (const source of this.#components.sources) {
      if (source.lastResort === true) await this.#allElseTried(tries, signal)
      if (signal.aborted || this.#peers > 0) break
      const attempt = this.#askSource(source, signal)
      tries.push(attempt)
      await Promise.race([attempt, this.#connectedOr(headStartMs, signal)])
    }
    return Promise.all(tries)
  }

  /** Before the last resort: each other source has had its turn, and multicast DNS, where it is on, some time. */
  async #allElseTried(tries: Promise<SourceTry>[], signal: AbortSignal): Promise<void> {
    await Promise.all(tries)
    const neighbours = this.#components.host.libp2p.services.mdns !== undefined
    if (neighbours && this.#peers === 0) await this.#connectedOr(patienceMs, signal)
  }

  async #askSource(source: SeedSource, signal: AbortSignal): Promise<SourceTry> {
    try {
      const addresses = (await source.addresses(signal)).slice(0, maxAddressesTried)
      const reached = await this.#dialer.dialAll(addresses, enoughPeers, signal)
      return { source: source.name, offered: addresses.length, reached }
    } catch (error) {
      this.#components.log.debug({ source: source.name, err: error }, 'a source of addresses failed')
      return { source: source.name, offered: 0, reached: 0, failure: String(error) }
    }
  }

  /** Resolves once there is a peer, the time is over, or `signal` aborts. */
  #connectedOr(withinMs: Milliseconds, signal: AbortSignal): Promise<void> {
    const { libp2p } = this.#components.host
    return new Promise(resolve => {
      const done = () => {
        stopTimer()
        libp2p.removeEventListener('peer:connect', done)
        signal.removeEventListener('abort', done)
        resolve()
      }
      const stopTimer = this.#components.clock.after(withinMs, done)
      libp2p.addEventListener('peer:connect', done)
      signal.addEventListener('abort', done)
    })
  }

  #retryLater(): void {
    this.#failures++
    const delayMs = retryDelay(this.#failures, Math.random())
    this.#stopRetry?.()
    this.#stopRetry = this.#components.clock.after(delayMs, () => void this.#join())
    this.#setState({ nextTryAt: this.#components.clock.now() + delayMs })
  }

  /** A partition that heals is noticed by dialling, now and then, some of the peers that were here before it. */
  async #probe(): Promise<void> {
    if (this.#peers >= Math.min(this.#mostPeers, enoughToMissNobody[this.#components.host.mode.get()])) return
    const missing = this.#missing()
    const latest = shuffled(missing.slice(0, latestMissing)).slice(0, probedAtOnce / 2)
    const others = shuffled(missing.filter(peer => !latest.includes(peer))).slice(0, probedAtOnce / 2)
    await this.#dialMissing([...latest, ...others])
  }

  async #lookBack(): Promise<void> {
    const { host, clock } = this.#components
    if (!host.isServer || this.#peers < enoughToMissNobody.server) return
    const lately = this.#missing().filter(peer => peer.isServer && peer.lastSeen > clock.now() - lookBackMs)
    await this.#dialMissing(shuffled(lately).slice(0, 1))
  }

  /** Those that were here once and are not connected now, the last ones first. */
  #missing(): KnownPeer[] {
    return this.#components.addressBook.peers().filter(({ peerId }) => !this.#connected.has(peerId))
  }

  async #dialMissing(missing: readonly KnownPeer[]): Promise<void> {
    const addresses = missing.flatMap(peer => peer.addresses.map(address => `${address}/p2p/${peer.peerId}`))
    await this.#dialer.dialAll(addresses, probedAtOnce, this.#life.signal)
  }

  /** Multicast DNS may have answered while the host was still starting: those peers are in libp2p's peer store. */
  async #dialEarlyFinds(): Promise<void> {
    const { libp2p } = this.#components.host
    const found = await libp2p.peerStore.all({ limit: maxAddressesTried })
    for (const peer of found) {
      this.#dialFound({ id: peer.id, multiaddrs: peer.addresses.map(address => address.multiaddr) })
    }
  }

  #dialFound(peer: PeerInfo): void {
    const { libp2p } = this.#components.host
    if (peer.id.equals(libp2p.peerId) || libp2p.getConnections(peer.id).length > 0) return
    const addresses = peer.multiaddrs.map(address => `${address}/p2p/${peer.id}`)
    void this.#dialer.dialAll(addresses, 1, this.#life.signal)
  }

  readonly #onDiscovered = (event: CustomEvent<PeerInfo>): void => this.#dialFound(event.detail)

  readonly #onIdentify = ({ detail }: CustomEvent<IdentifyResult>): void => {
    const { peerId, protocols, listenAddrs, connection } = detail
    const { host, addressBook } = this.#components
    if (host.libp2p.getConnections(peerId).length === 0) return
    const addresses = worthDialling(reachableAddresses(listenAddrs, connection), connection.remoteAddr).map(String)
    addressBook.seen(peerId.toString(), addresses, { isServer: protocols.includes(host.protocols.directory) })
  }

  readonly #onConnect = ({ detail }: CustomEvent<PeerId>): void => {
    this.#connected.add(detail.toString())
    this.#peersChanged()
  }

  readonly #onDisconnect = ({ detail }: CustomEvent<PeerId>): void => {
    this.#connected.delete(detail.toString())
    this.#components.addressBook.left(detail.toString())
    this.#peersChanged()
  }

  #peersChanged(): void {
    if (this.#life.signal.aborted) return
    const peers = this.#peers
    this.#mostPeers = Math.max(this.#mostPeers, peers)
    if (peers > 0) {
      this.#failures = 0
      this.#stopRetry?.()
      this.#setState({ nextTryAt: undefined })
    } else {
      this.#setState({})
      void this.#join()
    }
  }

  #setState(change: { nextTryAt?: Milliseconds | undefined; tried?: SourceTry[] }): void {
    const { nextTryAt, ...state } = { ...this.state.get(), ...change, peers: this.#peers }
    this.state.set(nextTryAt === undefined ? state : { ...state, nextTryAt })
  }
}

function shuffled<T>(items: readonly T[]): T[] {
  return items
    .map(item => ({ item, rank: Math.random() }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ item }) => item)
}
