import { createServerPeerHandleRequestFn } from '@orpc/server/standard-peer'
import { type EncodedMessage, ServerPeer, type ServerPeerHandleRequestFn } from '@orpc/standard-server-peer'
import { KiB } from '../../shared/units.ts'
import type { Logger } from '../log.ts'
import type { RpcHandler } from './handler.ts'

/** Largest message a client may send, in bytes (for text: UTF-16 units). */
export const maxMessageBytes = 256 * KiB
const maxOpenCalls = 128

export type { EncodedMessage } from '@orpc/standard-server-peer'

/** The way back to one client. */
export interface RpcChannel {
  /**
   * Resolves once the message has left. Streams wait for it before they ask for the next snapshot, so a slow reader
   * gets fewer snapshots and never a longer queue.
   */
  send(message: EncodedMessage): Promise<void> | void
  /** Hangs up on a client that broke the protocol. */
  hangUp(reason: string): void
}

export interface RpcSessionComponents {
  channel: RpcChannel
  handler: RpcHandler
  log: Logger
}

/** One client's calls and streams, from its connection to its disconnect. */
export class RpcSession {
  readonly #channel: RpcChannel
  readonly #log: Logger
  readonly #peer: ServerPeer
  readonly #handle: ServerPeerHandleRequestFn
  #open = true

  constructor({ channel, handler, log }: RpcSessionComponents) {
    this.#channel = channel
    this.#log = log
    this.#peer = new ServerPeer(message => channel.send(message))
    this.#handle = createServerPeerHandleRequestFn(handler, {})
  }

  /** Takes one message of the client; resolves when its answer, a whole stream included, has been sent. Never rejects. */
  async receive(message: EncodedMessage): Promise<void> {
    if (!this.#open) return
    const length = typeof message === 'string' ? message.length : message.byteLength
    if (length > maxMessageBytes)
      return this.#refuse(`expected at most ${maxMessageBytes} bytes a message, got ${length}`)
    if (this.#peer.length > maxOpenCalls) return this.#refuse(`expected at most ${maxOpenCalls} calls at a time`)
    try {
      await this.#peer.message(message, this.#handle)
    } catch (error) {
      if (this.#open) this.#refuse(error instanceof Error ? error.message : String(error))
    }
  }

  /** The client is gone: cancels its calls and ends its streams. */
  end(): void {
    this.#open = false
    this.#peer.close()
  }

  #refuse(reason: string): void {
    this.#log.warn({ reason }, 'hung up on an RPC client')
    this.end()
    this.#channel.hangUp(reason)
  }
}
