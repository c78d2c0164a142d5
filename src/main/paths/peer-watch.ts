import type { Libp2p, PeerId } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { RmaError } from '../../shared/errors.ts'
import type { PeerIdText } from '../../shared/schema/primitives.ts'
import { second } from '../../shared/units.ts'
import type { Clock, StopTimer } from '../clock.ts'

const pingEveryMs = 2 * second
const pingTimeoutMs = 3 * second
const missedToLose = 2

interface Watched {
  watchers: Set<AbortController>
  missed: number
  pinging: boolean
  stopTimer: StopTimer
}

/** Answers once a peer has answered, rejects when it does not; libp2p's ping service is one. */
export type Ping = (peerId: PeerId, options: { signal: AbortSignal }) => Promise<number>

export interface PeerWatchComponents {
  libp2p: Pick<Libp2p, 'getConnections'>
  ping: Ping
  clock: Clock
}

/**
 * Pings peers while requests wait for them, one ping a peer however many requests: a peer that has stopped, or that a cut
 * cable hides, is noticed within about 8 s although its connection never closes.
 */
export class PingWatch {
  readonly #libp2p: Pick<Libp2p, 'getConnections'>
  readonly #ping: Ping
  readonly #clock: Clock
  readonly #peers = new Map<PeerIdText, Watched>()

  constructor({ libp2p, ping, clock }: PeerWatchComponents) {
    this.#libp2p = libp2p
    this.#ping = ping
    this.#clock = clock
  }

  watch(peerId: PeerIdText): { signal: AbortSignal; stop: () => void } {
    const controller = new AbortController()
    const watched = this.#peers.get(peerId) ?? this.#begin(peerId)
    watched.watchers.add(controller)
    const stop = () => {
      watched.watchers.delete(controller)
      if (watched.watchers.size === 0) this.#end(peerId, watched)
    }
    return { signal: controller.signal, stop }
  }

  #begin(peerId: PeerIdText): Watched {
    const id = peerIdFromString(peerId)
    const watched: Watched = { watchers: new Set(), missed: 0, pinging: false, stopTimer: () => undefined }
    watched.stopTimer = this.#clock.every(pingEveryMs, () => {
      // Without a connection the request is still dialling, or its stream has broken and says so itself.
      if (!watched.pinging && this.#libp2p.getConnections(id).length > 0) void this.#check(peerId, id, watched)
    })
    this.#peers.set(peerId, watched)
    return watched
  }

  async #check(peerId: PeerIdText, id: PeerId, watched: Watched): Promise<void> {
    watched.pinging = true
    try {
      await this.#ping(id, { signal: AbortSignal.timeout(pingTimeoutMs) })
      watched.missed = 0
    } catch (cause) {
      watched.missed++
      if (watched.missed >= missedToLose) this.#lose(peerId, watched, cause)
    } finally {
      watched.pinging = false
    }
  }

  #lose(peerId: PeerIdText, watched: Watched, cause: unknown): void {
    this.#end(peerId, watched)
    const error = new RmaError('WORKER_LOST', 'the worker no longer answers', { worker: peerId, sent: true }, { cause })
    for (const watcher of watched.watchers) watcher.abort(error)
  }

  #end(peerId: PeerIdText, watched: Watched): void {
    watched.stopTimer()
    if (this.#peers.get(peerId) === watched) this.#peers.delete(peerId)
  }
}
