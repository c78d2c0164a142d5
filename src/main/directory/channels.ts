import { multiaddr } from '@multiformats/multiaddr'
import { RmaError } from '../../shared/errors.ts'
import type { PeerIdText } from '../../shared/schema/primitives.ts'
import { second } from '../../shared/units.ts'
import type { Clock } from '../clock.ts'
import type { Contacts } from '../dht/contacts.ts'
import type { Host } from '../dht/host.ts'
import { readPeerId } from '../dht/peer-ids.ts'
import type { Startable } from '../lifecycle.ts'
import { timeLimit } from '../time-limit.ts'
import { type AskOptions, Channel, type Question } from './channel.ts'
import { type AnswerFrame, errorOf } from './frames.ts'

/** Connecting included. */
const openTimeoutMs = 5 * second

export interface ChannelsComponents {
  host: Host
  /** Where peers are that this node is not connected with. */
  contacts: Pick<Contacts, 'get' | 'forget'>
  clock: Clock
}

/** The channels to all registrars in use: one a peer, opened at the first question and again after it broke. */
export class Channels implements Startable {
  readonly #components: ChannelsComponents
  readonly #open = new Map<PeerIdText, Channel>()
  readonly #opening = new Map<PeerIdText, Promise<Channel>>()
  #life = new AbortController()

  constructor(components: ChannelsComponents) {
    this.#components = components
  }

  start(): void {
    this.#life = new AbortController()
  }

  stop(): void {
    this.#life.abort()
    for (const channel of [...this.#open.values()]) channel.close()
    this.#opening.clear()
  }

  /**
   * Asks a registrar. Rejects as `Channel.ask` does, with the libp2p error where the peer cannot be reached, and with
   * the registrar's own error where it answered with one.
   */
  async ask(peerId: PeerIdText, question: Question, options: AskOptions): Promise<AnswerFrame> {
    const channel = this.#open.get(peerId) ?? (await this.#opened(peerId, options))
    const answer = await channel.ask(question, options)
    if (answer.kind === 'error') throw errorOf(answer)
    return answer
  }

  /** Whether a question to the peer is on its way. */
  isAsking(peerId: PeerIdText): boolean {
    return this.#opening.has(peerId) || this.#open.get(peerId)?.isAsking === true
  }

  /** Waits for the channel no longer than the question may take; the others who wait for it go on. */
  async #opened(peerId: PeerIdText, { timeoutMs, signal }: AskOptions): Promise<Channel> {
    signal?.throwIfAborted()
    const opening = this.#opening.get(peerId) ?? this.#start(peerId)
    const { promise: given, reject } = Promise.withResolvers<never>()
    const cancel = () => reject(new RmaError('CANCELLED', 'the question was cancelled'))
    const stopTimer = this.#components.clock.after(timeoutMs, () =>
      reject(new RmaError('DEADLINE', `the registrar was not reached within ${timeoutMs} ms`)),
    )
    signal?.addEventListener('abort', cancel)
    try {
      return await Promise.race([opening, given])
    } finally {
      stopTimer()
      signal?.removeEventListener('abort', cancel)
    }
  }

  #start(peerId: PeerIdText): Promise<Channel> {
    const life = this.#life.signal
    const opening = this.#connect(
      peerId,
      AbortSignal.any([life, timeLimit(this.#components.clock, openTimeoutMs)]),
    ).finally(() => {
      if (this.#opening.get(peerId) === opening) this.#opening.delete(peerId)
    })
    this.#opening.set(peerId, opening)
    opening.catch(() => {
      if (!life.aborted) this.#components.contacts.forget(peerId)
    })
    return opening
  }

  async #connect(peerId: PeerIdText, signal: AbortSignal): Promise<Channel> {
    const { host, clock } = this.#components
    const peer = readPeerId(peerId)
    const target = host.libp2p.getConnections(peer).length > 0 ? peer : this.#addressesOf(peerId)
    const stream = await host.libp2p.dialProtocol(target ?? peer, host.protocols.directory, { signal })
    signal.throwIfAborted()
    const channel = new Channel(stream, clock, () => this.#open.delete(peerId))
    this.#open.set(peerId, channel)
    return channel
  }

  /** As they were heard; what libp2p remembers of the peer may be older. */
  #addressesOf(peerId: PeerIdText) {
    const contact = this.#components.contacts.get(peerId)
    return contact?.addresses.map(address => multiaddr(`${address}/p2p/${peerId}`))
  }
}
