import type { PeerId } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import type { PeerIdText } from '../../shared/schema/primitives.ts'
import type { Clock } from '../clock.ts'
import type { Host } from '../dht/host.ts'
import type { Startable } from '../lifecycle.ts'
import { type AskOptions, Channel, type Question } from './channel.ts'
import { type AnswerFrame, errorOf } from './frames.ts'

export interface ChannelsComponents {
  host: Host
  clock: Clock
}

/** The channels to all registrars in use: one a peer, opened at the first question and again after it broke. */
export class Channels implements Startable {
  readonly #components: ChannelsComponents
  readonly #channels = new Map<PeerIdText, Promise<Channel>>()
  #life = new AbortController()

  constructor(components: ChannelsComponents) {
    this.#components = components
  }

  start(): void {
    this.#life = new AbortController()
  }

  stop(): void {
    this.#life.abort()
    for (const opening of this.#channels.values()) void opening.then(channel => channel.close(), ignoreFailedOpening)
    this.#channels.clear()
  }

  /**
   * Asks a registrar. Rejects as `Channel.ask` does, with the libp2p error where the peer cannot be reached, and with
   * the registrar's own error where it answered with one.
   */
  async ask(peerId: PeerIdText, question: Question, options: AskOptions): Promise<AnswerFrame> {
    const signal = AbortSignal.any([
      this.#life.signal,
      AbortSignal.timeout(options.timeoutMs),
      ...(options.signal === undefined ? [] : [options.signal]),
    ])
    const channel = await this.#channelTo(peerId, signal)
    const answer = await channel.ask(question, options)
    if (answer.kind === 'error') throw errorOf(answer)
    return answer
  }

  async #channelTo(peerId: PeerIdText, signal: AbortSignal): Promise<Channel> {
    const known = this.#channels.get(peerId)
    if (known !== undefined) {
      const channel = await known
      if (channel.open) return channel
      if (this.#channels.get(peerId) === known) this.#channels.delete(peerId)
      return this.#channelTo(peerId, signal)
    }
    const opening = this.#open(peerIdFromString(peerId), signal)
    this.#channels.set(peerId, opening)
    try {
      return await opening
    } catch (error) {
      if (this.#channels.get(peerId) === opening) this.#channels.delete(peerId)
      throw error
    }
  }

  async #open(peer: PeerId, signal: AbortSignal): Promise<Channel> {
    const { host, clock } = this.#components
    // The protocol's name travels with the first question: a round trip less.
    const stream = await host.libp2p.dialProtocol(peer, host.protocols.directory, { signal, negotiateFully: false })
    return new Channel(stream, clock)
  }
}

function ignoreFailedOpening(): void {
  // Whoever asked for it has been told; there is nothing to close.
}
