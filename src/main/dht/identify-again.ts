import type { IdentifyResult, PeerId } from '@libp2p/interface'
import type { PeerIdText } from '../../shared/schema/primitives.ts'
import { type Milliseconds, second } from '../../shared/units.ts'
import type { Clock, StopTimer } from '../clock.ts'
import type { Startable } from '../lifecycle.ts'
import type { Logger } from '../log.ts'
import { askAgainAfter } from './ask-again.ts'
import type { Host } from './host.ts'

const lookEveryMs = 10 * second
/** libp2p's own question is given up after 5 s. */
const firstAskMs = 6 * second
const askedAtOnce = 4

export interface IdentifyAgainComponents {
  host: Pick<Host, 'libp2p'>
  clock: Clock
  log: Logger
}

/**
 * Asks peers again that never said what they are and serve. libp2p asks once, as they connect: where a machine is too busy to answer
 * in time, the two would stay connected and be of no use to each other.
 */
export class IdentifyAgain implements Startable {
  readonly #parts: IdentifyAgainComponents
  readonly #known = new Set<PeerIdText>()
  /** When each of the others is asked, and how often it was. */
  readonly #due = new Map<PeerIdText, { at: Milliseconds; asked: number }>()
  #stopTimer: StopTimer | undefined

  constructor(components: IdentifyAgainComponents) {
    this.#parts = components
  }

  start(): void {
    const { host, clock } = this.#parts
    host.libp2p.addEventListener('peer:identify', this.#onIdentify)
    host.libp2p.addEventListener('peer:connect', this.#onConnect)
    host.libp2p.addEventListener('peer:disconnect', this.#onDisconnect)
    for (const peer of host.libp2p.getPeers()) this.#connected(peer)
    this.#stopTimer = clock.every(lookEveryMs, () => this.#askDue())
  }

  stop(): void {
    const { libp2p } = this.#parts.host
    libp2p.removeEventListener('peer:identify', this.#onIdentify)
    libp2p.removeEventListener('peer:connect', this.#onConnect)
    libp2p.removeEventListener('peer:disconnect', this.#onDisconnect)
    this.#stopTimer?.()
    this.#known.clear()
    this.#due.clear()
  }

  #askDue(): void {
    const now = this.#parts.clock.steady()
    const due = [...this.#due].filter(([, { at }]) => now >= at).slice(0, askedAtOnce)
    for (const [peer, { asked }] of due) {
      this.#due.set(peer, { at: now + askAgainAfter(asked + 1), asked: asked + 1 })
      void this.#ask(peer)
    }
  }

  async #ask(peer: PeerIdText): Promise<void> {
    const { host, log } = this.#parts
    const connection = host.libp2p
      .getConnections()
      .find(({ remotePeer, status }) => status === 'open' && remotePeer.toString() === peer)
    if (connection === undefined) return
    try {
      await host.libp2p.services.identify.identify(connection)
    } catch (error) {
      log.debug({ peer, err: error }, 'a peer does not say what it is')
    }
  }

  #connected(peerId: PeerId): void {
    const peer = peerId.toString()
    if (this.#known.has(peer)) return
    this.#due.set(peer, { at: this.#parts.clock.steady() + firstAskMs, asked: 0 })
  }

  readonly #onConnect = ({ detail }: CustomEvent<PeerId>): void => this.#connected(detail)

  readonly #onIdentify = ({ detail }: CustomEvent<IdentifyResult>): void => {
    // Who hung up right after it said so would be kept in mind for good, and left alone when it comes back.
    if (this.#parts.host.libp2p.getConnections(detail.peerId).length === 0) return
    const peer = detail.peerId.toString()
    this.#known.add(peer)
    this.#due.delete(peer)
  }

  readonly #onDisconnect = ({ detail }: CustomEvent<PeerId>): void => {
    this.#known.delete(detail.toString())
    this.#due.delete(detail.toString())
  }
}
