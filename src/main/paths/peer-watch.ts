import { setTimeout } from 'node:timers/promises'
import type { Connection, PeerId } from '@libp2p/interface'
import { RmaError } from '../../shared/errors.ts'
import type { PeerIdText } from '../../shared/schema/primitives.ts'
import { type Milliseconds, second } from '../../shared/units.ts'
import type { Clock, StopTimer } from '../clock.ts'
import { readPeerId } from '../dht/peer-ids.ts'
import { keepLatest } from '../keep-latest.ts'
import { isResting } from '../resting.ts'
import { withSignal } from '../with-signal.ts'

/** How long a peer may be silent whatever the deadline: then its connections are closed, too. */
export const longestSilenceMs = 4 * second
/** A path that nobody heard anything on for as long is probed before it is used. */
export const idlePathMs = 30 * second
const probeMs = second
const probeAgainMs = 50
const pingAfterMs = second
const pingTimeoutMs = 3 * second
const shortestCheckMs = 20
const longestCheckMs = 250
const peersRemembered = 1_000

interface Watcher {
  controller: AbortController
  since: Milliseconds
  patienceMs: Milliseconds
}

interface Watched {
  id: PeerId
  watchers: Set<Watcher>
  checkMs: Milliseconds
  stopTimer: StopTimer
}

/** Answers once a peer has answered, rejects when it does not; libp2p's ping service is one. */
export type Ping = (peerId: PeerId, options: { signal: AbortSignal }) => Promise<number>

export interface PeerWatchComponents {
  libp2p: { getConnections(peerId: PeerId): Pick<Connection, 'abort' | 'timeline'>[] }
  ping: Ping
  clock: Clock
}

/**
 * Pings peers while requests wait for them, one ping a peer however many requests: one that has stopped, or that a cut
 * cable hides, is noticed although its connection never closes. How long it may be silent is each request's own matter.
 */
export class PingWatch {
  readonly #libp2p: PeerWatchComponents['libp2p']
  readonly #ping: Ping
  readonly #clock: Clock
  readonly #watched = new Map<PeerIdText, Watched>()
  /** When each peer last gave a sign of life, in the order of the signs. */
  readonly #heardAt = new Map<PeerIdText, Milliseconds>()
  /** One to a peer at a time: more would tell the same. */
  readonly #pings = new Map<PeerIdText, Promise<boolean>>()

  constructor({ libp2p, ping, clock }: PeerWatchComponents) {
    this.#libp2p = libp2p
    this.#ping = ping
    this.#clock = clock
  }

  /** The peer has said something. */
  heard(peerId: PeerIdText): void {
    keepLatest(this.#heardAt, peerId, this.#clock.now(), peersRemembered)
  }

  /** The signal aborts with WORKER_LOST once the peer has been silent for as long as the request can wait. */
  watch(peerId: PeerIdText, patienceMs: Milliseconds = longestSilenceMs): { signal: AbortSignal; stop: () => void } {
    const watched = this.#watched.get(peerId) ?? this.#begin(peerId)
    const watcher = { controller: new AbortController(), since: this.#clock.now(), patienceMs }
    watched.watchers.add(watcher)
    this.#checkEach(peerId, watched, Math.max(shortestCheckMs, Math.min(longestCheckMs, patienceMs / 8)))
    const stop = () => {
      watched.watchers.delete(watcher)
      if (watched.watchers.size === 0) this.#end(peerId, watched)
    }
    return { signal: watcher.controller.signal, stop }
  }

  /**
   * Makes sure that a peer whose path has been idle is still there, before a request is sent. One that does not answer is
   * lost with nothing sent, and its connections are closed, so that the next use dials afresh.
   *
   * @throws RmaError WORKER_LOST; the reason of `signal`
   */
  async probe(peerId: PeerIdText, patienceMs: Milliseconds, signal: AbortSignal): Promise<void> {
    const id = readPeerId(peerId)
    const connections = this.#libp2p.getConnections(id)
    if (connections.length === 0 || !this.#isIdle(peerId, connections)) return
    const limit = AbortSignal.any([signal, AbortSignal.timeout(Math.ceil(Math.min(probeMs, patienceMs)))])
    while (!limit.aborted) {
      if (await withSignal(this.#pingOnce(peerId, id), limit).catch(() => false)) return
      // It may also have failed because other parts of the node ping just now: there are few streams for it.
      await setTimeout(probeAgainMs, undefined, { signal: limit }).catch(() => undefined)
    }
    signal.throwIfAborted()
    const error = new RmaError('WORKER_LOST', 'the worker did not answer a probe', {
      worker: peerId,
      sent: false,
      silent: true,
    })
    for (const connection of connections) connection.abort(error)
    throw error
  }

  #isIdle(peerId: PeerIdText, connections: Pick<Connection, 'timeline'>[]): boolean {
    const openedAt = Math.max(...connections.map(({ timeline }) => timeline.open))
    const heardAt = Math.max(this.#heardAt.get(peerId) ?? 0, openedAt)
    return !isResting(heardAt + idlePathMs, this.#clock.now(), idlePathMs)
  }

  #begin(peerId: PeerIdText): Watched {
    const watched: Watched = {
      id: readPeerId(peerId),
      watchers: new Set(),
      checkMs: Number.POSITIVE_INFINITY,
      stopTimer: () => undefined,
    }
    this.#watched.set(peerId, watched)
    return watched
  }

  #checkEach(peerId: PeerIdText, watched: Watched, checkMs: Milliseconds): void {
    if (watched.checkMs <= checkMs) return
    watched.stopTimer()
    watched.checkMs = checkMs
    watched.stopTimer = this.#clock.every(checkMs, () => this.#check(peerId, watched))
  }

  #check(peerId: PeerIdText, watched: Watched): void {
    const { id, watchers } = watched
    const now = this.#clock.now()
    const connections = this.#libp2p.getConnections(id)
    // Without a connection the request is still dialling, or its stream has broken and says so itself.
    if (connections.length === 0) return
    const heardAt = this.#heardAt.get(peerId) ?? 0
    let isDoubtful = false
    for (const watcher of [...watchers]) {
      const silentMs = now - Math.max(heardAt, watcher.since)
      isDoubtful ||= silentMs >= Math.min(pingAfterMs, watcher.patienceMs / 4)
      if (silentMs < watcher.patienceMs) continue
      watchers.delete(watcher)
      const error = new RmaError('WORKER_LOST', `the worker has been silent for ${Math.round(silentMs)} ms`, {
        worker: peerId,
        sent: true,
        silent: true,
      })
      if (silentMs >= longestSilenceMs) for (const connection of connections) connection.abort(error)
      watcher.controller.abort(error)
    }
    if (watchers.size === 0) this.#end(peerId, watched)
    else if (isDoubtful) void this.#pingOnce(peerId, id)
  }

  /** Resolves with whether it was answered; joins a ping that is under way. */
  #pingOnce(peerId: PeerIdText, id: PeerId): Promise<boolean> {
    const known = this.#pings.get(peerId)
    if (known !== undefined) return known
    const ping = this.#ping(id, { signal: AbortSignal.timeout(pingTimeoutMs) })
      .then(
        () => {
          this.heard(peerId)
          return true
        },
        () => false,
      )
      .finally(() => this.#pings.delete(peerId))
    this.#pings.set(peerId, ping)
    return ping
  }

  #end(peerId: PeerIdText, watched: Watched): void {
    watched.stopTimer()
    if (this.#watched.get(peerId) === watched) this.#watched.delete(peerId)
  }
}
