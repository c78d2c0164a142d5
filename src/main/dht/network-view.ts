import type { Connection, PeerId } from '@libp2p/interface'
import type { PeerIdText, ServiceType } from '../../shared/schema/primitives.ts'
import type { Topology } from '../../shared/schema/topology.ts'
import type { WorkerView } from '../../shared/schema/worker.ts'
import { type Milliseconds, minute, second } from '../../shared/units.ts'
import type { Clock, StopTimer } from '../clock.ts'
import type { Startable } from '../lifecycle.ts'
import { LiveValue } from '../live-value.ts'
import type { Logger } from '../log.ts'
import { bestConnection } from '../paths/best-connection.ts'
import { pathKindOf } from '../paths/path-kind.ts'
import { Crawler } from './crawler.ts'
import { withHearsay } from './hearsay.ts'
import type { Host } from './host.ts'
import { buildTopology, forgetAfterMs, type Link, ringPosition } from './topology.ts'

/** How often workers are looked up: while somebody looks at the network, and otherwise. */
const attendedEveryMs = minute
const unattendedEveryMs = 4 * minute
/** Whoever has asked for the picture once may ask again. */
const attentionMs = minute
/** What changes is looked into this long after, together with what changes next, and not more often than each second. */
const discoverSoonMs = 0.2 * second
const discoverAtMostEveryMs = second
const publishGatherMs = 0.25 * second
/** A connection is measured once the bustle of its beginning is over. */
const measureAfterMs = second
const pingTimeoutMs = 3 * second
const pingsAtOnce = 8
const mostWorkersPerService = 1_000
/** Enough to know that there are some. */
const unattendedWorkersPerService = 64
const rememberedPeers = 10_000

export interface FindWorkersOptions {
  limit: number
  signal: AbortSignal
  /** Called when asking again may find more. */
  onMore(): void
}

export interface NetworkViewComponents {
  host: Host
  /** Asks the directory for a service's workers. */
  findWorkers(service: ServiceType, options: FindWorkersOptions): Promise<WorkerView[]>
  /** Asks the directory for coordinators, which need offer no service. */
  findCoordinators?(options: FindWorkersOptions): Promise<WorkerView[]>
  /** Calls back after each record that reached this node's part of the directory. */
  onAnnounced(listener: () => void): () => void
  /** Place of a peer in the key space: the sha256 of its id. */
  positionOf(peerId: PeerIdText): Uint8Array
  clock: Clock
  log: Logger
}

export interface NetworkViewInit {
  /** Services whose workers are shown. */
  services: readonly ServiceType[]
  /** The picture is always shown to somebody. */
  attended?: boolean
}

/**
 * Watches the network for the pages: own connections as they come and go, and the workers that the directory names. These
 * are asked for once a minute and soon after each change while somebody looks, and seldom otherwise: in a network of a hundred
 * all that asking was most of what an idle donor sent. Who the others are connected with is hearsay, asked for by the crawler.
 * Peers not seen for five minutes leave the picture.
 */
export class NetworkView implements Startable {
  readonly topology: LiveValue<Topology>
  readonly #parts: NetworkViewComponents
  readonly #services: readonly ServiceType[]
  readonly #alwaysAttended: boolean
  readonly #self: PeerIdText
  readonly #lastSeen = new Map<PeerIdText, Milliseconds>()
  readonly #rtts = new Map<PeerIdText, Milliseconds>()
  readonly #positions = new Map<PeerIdText, number>()
  readonly #crawler: Crawler
  #workers = new Map<PeerIdText, WorkerView>()
  #life = new AbortController()
  #stopTimers: StopTimer[] = []
  #stopSoon: StopTimer | undefined
  #stopPublish: StopTimer | undefined
  #stopExpiry: StopTimer | undefined
  #discovering: Promise<void> | undefined
  /** By `Clock.steady`, as is the next: what is known of the others' clocks may set this node's back. */
  #discoveredAt = Number.NEGATIVE_INFINITY
  #lookedAt = Number.NEGATIVE_INFINITY
  #pinging = 0

  constructor(components: NetworkViewComponents, { services, attended = false }: NetworkViewInit) {
    this.#parts = components
    this.#services = services
    this.#alwaysAttended = attended
    this.#self = components.host.peerId.toString()
    const { host, clock, log } = components
    this.#crawler = new Crawler({
      host,
      links: () => this.#links(),
      watched: () => this.#attended,
      onHeard: () => this.#publishSoon(),
      clock,
      log,
    })
    this.topology = new LiveValue(this.#build())
  }

  async start(): Promise<void> {
    const { host, clock } = this.#parts
    this.#life = new AbortController()
    await this.#crawler.start()
    host.libp2p.addEventListener('peer:connect', this.#onConnect)
    host.libp2p.addEventListener('peer:disconnect', this.#onDisconnect)
    this.#stopTimers = [
      clock.every(attendedEveryMs, () => {
        if (this.#dueInMs < discoverAtMostEveryMs) void this.#discover()
      }),
      this.#parts.onAnnounced(() => this.#discoverSoon()),
    ]
    this.#publishSoon()
  }

  async stop(): Promise<void> {
    const { libp2p } = this.#parts.host
    libp2p.removeEventListener('peer:connect', this.#onConnect)
    libp2p.removeEventListener('peer:disconnect', this.#onDisconnect)
    this.#life.abort()
    for (const stopTimer of this.#stopTimers) stopTimer()
    this.#stopSoon?.()
    this.#stopPublish?.()
    this.#stopExpiry?.()
    this.#stopSoon = undefined
    this.#stopPublish = undefined
    await this.#crawler.stop()
  }

  /** The picture as it is now: asks for what is older than a second, and waits for the answers. */
  async look(): Promise<Topology> {
    const { clock } = this.#parts
    this.#lookedAt = clock.steady()
    if (this.#discovering === undefined && this.#sinceLastMs >= discoverAtMostEveryMs) void this.#discover()
    // What is under way may have missed what came since it began, while nobody looked.
    else this.#discoverSoon()
    await this.#discovering
    this.topology.set(this.#build())
    return this.topology.get()
  }

  get #attended(): boolean {
    return this.#alwaysAttended || this.topology.watched || this.#parts.clock.steady() - this.#lookedAt < attentionMs
  }

  get #sinceLastMs(): Milliseconds {
    return this.#parts.clock.steady() - this.#discoveredAt
  }

  get #dueInMs(): Milliseconds {
    return Math.max(0, (this.#attended ? attendedEveryMs : unattendedEveryMs) - this.#sinceLastMs)
  }

  #discoverSoon(): void {
    const atMostEveryMs = this.#attended ? discoverAtMostEveryMs : unattendedEveryMs
    const delayMs = Math.max(discoverSoonMs, atMostEveryMs - this.#sinceLastMs)
    if (delayMs > attendedEveryMs) return
    this.#stopSoon ??= this.#parts.clock.after(delayMs, () => {
      this.#stopSoon = undefined
      void this.#discover()
    })
  }

  async #discover(): Promise<void> {
    if (this.#life.signal.aborted) return
    if (this.#discovering !== undefined) return this.#discoverSoon()
    this.#discoveredAt = this.#parts.clock.steady()
    this.#discovering = this.#askDirectory()
    await this.#discovering
    this.#discovering = undefined
  }

  async #askDirectory(): Promise<void> {
    const { findWorkers, findCoordinators, clock, log } = this.#parts
    const options = {
      limit: this.#attended ? mostWorkersPerService : unattendedWorkersPerService,
      signal: this.#life.signal,
      onMore: () => this.#discoverSoon(),
    }
    try {
      const lookups = this.#services.map(service => findWorkers(service, options))
      const found = (await Promise.all([...lookups, findCoordinators?.(options) ?? []])).flat()
      this.#workers = new Map(found.map(worker => [worker.peerId, worker]))
      this.#publishAtNextExpiry()
      for (const { peerId } of found) this.#lastSeen.set(peerId, clock.now())
      this.#forgetOld()
      this.#publishSoon()
    } catch (error) {
      if (!this.#life.signal.aborted) log.debug({ err: error }, 'workers could not be looked up')
    }
  }

  readonly #onConnect = ({ detail: peerId }: CustomEvent<PeerId>): void => {
    this.#lastSeen.set(peerId.toString(), this.#parts.clock.now())
    this.#parts.clock.after(measureAfterMs, () => void this.#measure(peerId))
    this.#discoverSoon()
    this.#publishSoon()
  }

  readonly #onDisconnect = ({ detail: peerId }: CustomEvent<PeerId>): void => {
    this.#lastSeen.set(peerId.toString(), this.#parts.clock.now())
    this.#rtts.delete(peerId.toString())
    this.#discoverSoon()
    this.#publishSoon()
  }

  /** One round trip when a peer connects; from then on libp2p's own checks keep the figure. */
  async #measure(peerId: PeerId): Promise<void> {
    const { libp2p } = this.#parts.host
    if (this.#life.signal.aborted || this.#pinging >= pingsAtOnce || libp2p.getConnections(peerId).length === 0) return
    this.#pinging++
    try {
      const signal = AbortSignal.any([this.#life.signal, AbortSignal.timeout(pingTimeoutMs)])
      this.#rtts.set(peerId.toString(), await libp2p.services.ping.ping(peerId, { signal }))
      this.#publishSoon()
    } catch (error) {
      this.#parts.log.debug({ peer: peerId.toString(), err: error }, 'a new peer did not answer a ping')
    } finally {
      this.#pinging--
    }
  }

  #publishSoon(): void {
    if (this.#life.signal.aborted) return
    this.#stopPublish ??= this.#parts.clock.after(publishGatherMs, () => {
      this.#stopPublish = undefined
      this.topology.setLater(() => this.#build())
    })
  }

  /** A worker that died leaves the picture when its record ends, not with the next lookup. */
  #publishAtNextExpiry(): void {
    const { clock } = this.#parts
    this.#stopExpiry?.()
    const ends = [...this.#workers.values()].map(({ expiresAt }) => expiresAt).filter(at => at > clock.now())
    if (ends.length === 0) return
    const nextMs = ends.reduce((first, at) => Math.min(first, at)) - clock.now()
    this.#stopExpiry = clock.after(nextMs, () => {
      this.#publishSoon()
      this.#publishAtNextExpiry()
    })
  }

  #build(): Topology {
    const links = this.#links()
    const self = this.#self
    const now = this.#parts.clock.now()
    const position = (peerId: PeerIdText) => this.#position(peerId)
    for (const { peerId } of links) this.#lastSeen.set(peerId, now)
    const workers = [...this.#workers.values()]
    const seen = buildTopology({ self, links, workers, lastSeen: this.#lastSeen, now, position })
    return withHearsay(seen, this.#crawler.hearsay, { self, now, position })
  }

  #links(): Link[] {
    return linksOf(this.#parts.host.libp2p.getConnections(), this.#rtts)
  }

  #position(peerId: PeerIdText): number {
    const known = this.#positions.get(peerId)
    if (known !== undefined) return known
    const position = ringPosition(this.#parts.positionOf(peerId))
    this.#positions.set(peerId, position)
    return position
  }

  #forgetOld(): void {
    const now = this.#parts.clock.now()
    if (this.#positions.size > rememberedPeers) this.#positions.clear()
    const byAge = [...this.#lastSeen].sort(([, a], [, b]) => b - a)
    for (const [index, [peerId, at]] of byAge.entries()) {
      if (index < rememberedPeers && at > now - forgetAfterMs) continue
      this.#lastSeen.delete(peerId)
      this.#positions.delete(peerId)
      this.#rtts.delete(peerId)
    }
  }
}

/** One link a peer, over the connection that requests take. */
function linksOf(connections: Connection[], rtts: ReadonlyMap<PeerIdText, Milliseconds>): Link[] {
  const byPeer = Map.groupBy(connections, connection => connection.remotePeer.toString())
  return [...byPeer].flatMap(([peerId, itsConnections]) => {
    const connection = bestConnection(itsConnections)
    if (connection === undefined) return []
    return { peerId, path: pathKindOf(connection.remoteAddr), rttMs: connection.rtt ?? rtts.get(peerId) }
  })
}
