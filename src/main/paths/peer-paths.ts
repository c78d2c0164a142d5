import type { Connection, IdentifyResult, Libp2p, PeerId } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import { RmaError } from '../../shared/errors.ts'
import type { PeerIdText } from '../../shared/schema/primitives.ts'
import { type Milliseconds, minute, second } from '../../shared/units.ts'
import type { Clock } from '../clock.ts'
import { readPeerId } from '../dht/peer-ids.ts'
import type { Startable } from '../lifecycle.ts'
import type { Logger } from '../log.ts'
import { withSignal } from '../with-signal.ts'
import { bestConnection, tierOf } from './best-connection.ts'
import { type Candidate, candidates, type OwnPlace, type PeerPlaces } from './candidates.ts'
import { machineAddresses } from './machine-addresses.ts'
import { pathKindOf } from './path-kind.ts'
import { PathMemory } from './path-memory.ts'
import { pingConnection } from './ping-connection.ts'
import { race } from './race.ts'
import { type Lookup, lookupByDns, resolvedAddress } from './resolved-address.ts'

/** For all ways to a peer together. */
export const connectTimeoutMs = 5 * second
const attemptTimeoutMs = 2.5 * second
/** A connection over which nothing has come back for so long is looked at while a request waits on it. */
export const doubtAfterMs = 0.4 * second
const pingTimeoutMs = 0.6 * second
/** A better way is looked for again after this long, and after twice as long each time that there is none. */
const firstLookMs = 15 * second
const longestLookMs = 10 * minute
const peersRemembered = 1_000

/** The part of a host that paths need. */
export interface PathHost {
  libp2p: Pick<Libp2p, 'peerId' | 'getConnections' | 'peerStore' | 'addEventListener' | 'removeEventListener'>
  protocols: { ping: string }
  /** Opens one connection to one address, whatever other connections there are. */
  dial(address: Multiaddr, signal: AbortSignal): Promise<Connection>
  /** Where it listens. */
  listens(): Multiaddr[]
}

export interface PeerPathsComponents {
  host: PathHost
  clock: Clock
  /** Default: by DNS. */
  lookup?: Lookup
  log: Logger
}

interface Look {
  /** The places that were looked at. */
  places: string
  /** By `Clock.steady`. */
  nextAt: Milliseconds
  waitMs: Milliseconds
}

/**
 * Chooses the connection that a request to a peer goes over: the best that is open, or the first that can be made. While one
 * that passes through somebody else is in use, a better one is looked for in the background and taken for the next request.
 */
export class PeerPaths implements Startable {
  readonly #host: PathHost
  readonly #clock: Clock
  readonly #log: Logger
  readonly #lookup: Lookup
  readonly #memory: PathMemory
  readonly #races = new Map<PeerIdText, Promise<Connection>>()
  readonly #looks = new Map<PeerIdText, Look>()
  readonly #doubts = new Map<Connection, Promise<boolean>>()

  constructor({ host, clock, log, lookup = lookupByDns }: PeerPathsComponents) {
    this.#lookup = lookup
    this.#host = host
    this.#clock = clock
    this.#log = log.child({ component: 'paths' })
    this.#memory = new PathMemory({ clock })
  }

  start(): void {
    this.#host.libp2p.addEventListener('peer:identify', this.#onIdentified)
  }

  stop(): void {
    this.#host.libp2p.removeEventListener('peer:identify', this.#onIdentified)
  }

  /**
   * Somebody has come through a relay or a tunnel because this node cannot be reached; but they may be. What DCUtR does first,
   * without closing the relayed connection under the requests that run on it.
   */
  readonly #onIdentified = ({ detail: { connection, listenAddrs } }: CustomEvent<IdentifyResult>): void => {
    if (connection.direction !== 'inbound') return
    const peerId = connection.remotePeer.toString()
    this.#lookForBetter({ peerId, addresses: listenAddrs.map(String) }, connection)
  }

  /**
   * Rejects with WORKER_LOST and `sent: false` when no way leads to the peer, with `untried: true` as well where all that are
   * known rest, or with the signal's reason.
   */
  async connect(to: PeerPlaces, signal: AbortSignal, withinMs = connectTimeoutMs): Promise<Connection> {
    const open = bestConnection(this.#connections(to.peerId))
    if (open !== undefined) {
      this.#lookForBetter(to, open)
      return open
    }
    const limit = AbortSignal.timeout(Math.ceil(Math.min(withinMs, connectTimeoutMs)))
    try {
      return await withSignal(this.#raceOnce(to), AbortSignal.any([signal, limit]))
    } catch (cause) {
      signal.throwIfAborted()
      throw unreachable(to.peerId, cause)
    }
  }

  /**
   * Looks whether a connection on which a request waits still leads to its peer. When nothing comes back on it and the peer
   * answers another way, the path is lost and not the peer: the connection is closed, and the answer is true. A peer that
   * answers nowhere is left alone: it may only be slow.
   */
  isLost(connection: Connection, to: PeerPlaces): Promise<boolean> {
    const known = this.#doubts.get(connection)
    if (known !== undefined) return known
    const doubt = this.#doubt(connection, to).finally(() => this.#doubts.delete(connection))
    this.#doubts.set(connection, doubt)
    return doubt
  }

  async #doubt(connection: Connection, to: PeerPlaces): Promise<boolean> {
    let answered = false
    // Waits on for as long as another way is looked for: an answer that comes late is one.
    const ping = this.#ping(connection, connectTimeoutMs).then(alive => {
      answered = alive
    })
    await Promise.race([ping, this.#passes(pingTimeoutMs)])
    if (answered || connection.status !== 'open') return connection.status !== 'open'
    const others = this.#connections(to.peerId).filter(each => each !== connection)
    try {
      await Promise.any([...others.map(each => this.#answers(each)), this.#race(to, this.#order(to))])
    } catch {
      // Neither way: whether the peer is there at all is for those to say who wait for it.
      return false
    }
    if (answered) return false
    const path = pathKindOf(connection.remoteAddr)
    this.#log.info({ peer: to.peerId, path }, 'a path was lost; the next request takes another')
    connection.abort(new RmaError('WORKER_LOST', `the ${path} path to the worker was lost`, { worker: to.peerId }))
    return true
  }

  async #answers(connection: Connection): Promise<void> {
    if (!(await this.#ping(connection, pingTimeoutMs))) throw new Error('nothing came back')
  }

  /** Whether anything came back: a peer that refuses another ping at once is there. */
  async #ping(connection: Connection, withinMs: Milliseconds): Promise<boolean> {
    const signal = AbortSignal.timeout(Math.ceil(withinMs))
    try {
      await withSignal(pingConnection(connection, this.#host.protocols.ping, signal), signal)
      return true
    } catch (error) {
      this.#log.debug({ err: error, address: String(connection.remoteAddr) }, 'a ping did not come back')
      return !signal.aborted && connection.status === 'open'
    }
  }

  #passes(ms: Milliseconds): Promise<void> {
    return new Promise(resolve => this.#clock.after(ms, resolve))
  }

  #raceOnce(to: PeerPlaces): Promise<Connection> {
    const known = this.#races.get(to.peerId)
    if (known !== undefined) return known
    const running = this.#places(to)
      .then(places => this.#race(places, this.#order(places)))
      .finally(() => this.#races.delete(to.peerId))
    this.#races.set(to.peerId, running)
    return running
  }

  async #race(to: PeerPlaces, entries: readonly Candidate[]): Promise<Connection> {
    const { peerId } = to
    const { entry, value } = await race(entries, {
      attempt: (candidate, signal) => this.#attempt(candidate, signal),
      discard: late => this.#discard(late),
      onFailure: (candidate, error) => {
        this.#memory.failed(peerId, candidate, isFalseClaim(error))
        this.#log.debug({ err: error, peer: peerId, way: candidate.way }, 'a way to a peer failed')
      },
      clock: this.#clock,
      signal: AbortSignal.timeout(connectTimeoutMs),
    })
    this.#memory.succeeded(peerId, entry)
    void this.#measure(peerId, entry, value)
    return value
  }

  async #attempt(candidate: Candidate, signal: AbortSignal): Promise<Connection> {
    const limit = AbortSignal.timeout(attemptTimeoutMs)
    const within = AbortSignal.any([signal, limit])
    try {
      return await this.#host.dial(await resolvedAddress(candidate, this.#lookup, within), within)
    } catch (error) {
      throw limit.aborted ? limit.reason : error
    }
  }

  /** One that lost by moments may have been seen by others already: it stays until nobody uses it. */
  #discard(connection: Connection): void {
    const remaining = this.#connections(connection.remotePeer.toString()).filter(({ status }) => status === 'open')
    if (remaining.length < 2) return
    connection.close().catch(error => this.#log.debug({ err: error }, 'a connection that lost the race did not close'))
  }

  async #measure(peerId: PeerIdText, { kind, way }: Candidate, connection: Connection): Promise<void> {
    const startedAt = performance.now()
    if (!(await this.#ping(connection, pingTimeoutMs))) return
    this.#memory.measured(peerId, { kind, way }, connection.rtt ?? performance.now() - startedAt)
  }

  /** In the background, one at a time; ever more seldom while there is no better one and the peer names no other places. */
  #lookForBetter(to: PeerPlaces, current: Connection): void {
    const { peerId } = to
    const best = bestConnection(this.#connections(peerId)) ?? current
    const tier = tierOf(pathKindOf(best.remoteAddr))
    if (tier === 0) return
    const now = this.#clock.steady()
    const places = [...to.addresses, to.vpnIp, to.tunnelUrl].join()
    const known = this.#looks.get(peerId)
    const look = known?.places === places ? known : { nextAt: now, waitMs: firstLookMs }
    if (now < look.nextAt || this.#races.has(peerId)) return
    this.#remember(peerId, { places, nextAt: now + look.waitMs, waitMs: Math.min(longestLookMs, look.waitMs * 2) })
    const better = this.#order(to).filter(({ kind }) => tierOf(kind) < tier)
    if (better.length === 0) return
    this.#race(to, better).then(
      connection => {
        this.#looks.delete(peerId)
        this.#log.info(
          { peer: peerId, from: pathKindOf(current.remoteAddr), to: pathKindOf(connection.remoteAddr) },
          'a better path was found',
        )
        this.#retire(current)
      },
      error => this.#log.debug({ err: error, peer: peerId }, 'no better path was found'),
    )
  }

  /** What runs on a connection that is no longer the best runs to its end there. */
  #retire(connection: Connection): void {
    if (connection.status !== 'open') return
    if (connection.streams.length > 0) {
      this.#clock.after(firstLookMs, () => this.#retire(connection))
      return
    }
    connection.close().catch(error => this.#log.debug({ err: error }, 'a connection that is not needed did not close'))
  }

  #remember(peerId: PeerIdText, look: Look): void {
    this.#looks.delete(peerId)
    this.#looks.set(peerId, look)
    const [oldest] = this.#looks.keys()
    if (this.#looks.size > peersRemembered && oldest !== undefined) this.#looks.delete(oldest)
  }

  #order(to: PeerPlaces): Candidate[] {
    return this.#memory.order(to.peerId, candidates(to, this.#ownPlace()))
  }

  /** Where nobody has said how to reach a peer, what it told when it was connected counts. */
  async #places(to: PeerPlaces): Promise<PeerPlaces> {
    if (to.addresses.length > 0 || to.tunnelUrl !== undefined) return to
    const { peerStore } = this.#host.libp2p
    const id = this.#idOf(to.peerId)
    if (!(await peerStore.has(id))) return to
    const { addresses } = await peerStore.get(id)
    return { ...to, addresses: addresses.map(({ multiaddr }) => multiaddr.toString()) }
  }

  #ownPlace(): OwnPlace {
    return { peerId: this.#host.libp2p.peerId.toString(), listens: this.#host.listens(), ips: machineAddresses() }
  }

  #connections(peerId: PeerIdText): Connection[] {
    return this.#host.libp2p.getConnections(this.#idOf(peerId))
  }

  #idOf(peerId: PeerIdText): PeerId {
    try {
      return readPeerId(peerId)
    } catch (cause) {
      throw unreachable(peerId, cause)
    }
  }
}

/** Noise has shown that somebody else is at that address. */
function isFalseClaim(error: unknown): boolean {
  return error instanceof Error && error.name === 'UnexpectedPeerError'
}

function unreachable(peerId: PeerIdText, cause: unknown): RmaError {
  if (cause instanceof RmaError) return cause
  const reasons = cause instanceof AggregateError ? cause.errors.map(reasonOf) : [reasonOf(cause)]
  const reason =
    reasons.length === 0 ? 'none of its addresses can be tried from here now' : [...new Set(reasons)].join('; ')
  const timeLimits = (cause instanceof AggregateError ? cause.errors : [cause]).map(isTimeLimit)
  // A dial that ends at its time limit tells of no answer, one that was refused of nobody being there.
  const silent = timeLimits.length > 0 && timeLimits.every(Boolean) ? { silent: true } : {}
  const untried = reasons.length === 0 ? { untried: true } : {}
  return new RmaError(
    'WORKER_LOST',
    `the worker could not be reached: ${reason}`,
    { worker: peerId, sent: false, ...silent, ...untried },
    { cause },
  )
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function isTimeLimit(error: unknown): boolean {
  return error instanceof Error && error.name === 'TimeoutError'
}
