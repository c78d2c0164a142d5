import { type Connection, UnsupportedProtocolError } from '@libp2p/interface'
import { type Milliseconds, second } from '../../shared/units.ts'
import { pingConnection } from './ping-connection.ts'

/** What does not answer within this time has gone. */
const answerWithinMs = 10 * second
/** Silence is looked for so many times within the time it is allowed. */
const looksPerSilence = 6

/** When something last came by each connection, by the address of its other end. */
export class Hearing {
  readonly #heardAt = new Map<string, Milliseconds>()
  readonly #now: () => Milliseconds

  /** @param now any clock that never goes back */
  constructor(now: () => Milliseconds = () => performance.now()) {
    this.#now = now
  }

  heard(address: string): void {
    this.#heardAt.set(address, this.#now())
  }

  forget(address: string): void {
    this.#heardAt.delete(address)
  }

  /** How long nothing has come; undefined where nothing ever did. */
  silenceOf(address: string): Milliseconds | undefined {
    const at = this.#heardAt.get(address)
    return at === undefined ? undefined : this.#now() - at
  }
}

/** The part of libp2p that knows the connections. */
export interface ConnectionCheckComponents {
  connectionManager: { getConnections(): Connection[] }
}

export interface ConnectionCheckInit {
  /** The network's ping protocol. */
  protocol: string
  hearing: Hearing
  /** How long a connection may be silent until it is asked whether it is still there. */
  silenceMs: Milliseconds
}

/**
 * Closes connections whose other end has gone without a word. libp2p's own monitor opens a stream on each connection each time;
 * here only those are asked that nothing comes by, not even the muxer's keep-alive.
 */
export class ConnectionCheck {
  readonly #connections: ConnectionCheckComponents['connectionManager']
  readonly #init: ConnectionCheckInit
  readonly #asked = new Set<Connection>()
  #timer: NodeJS.Timeout | undefined

  constructor({ connectionManager }: ConnectionCheckComponents, init: ConnectionCheckInit) {
    this.#connections = connectionManager
    this.#init = init
  }

  start(): void {
    this.#timer = setInterval(() => this.look(), this.#init.silenceMs / looksPerSilence).unref()
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  /** Asks those that have been silent for too long. */
  look(): void {
    const { hearing, silenceMs } = this.#init
    for (const connection of this.#connections.getConnections()) {
      const silence = hearing.silenceOf(connection.remoteAddr.toString()) ?? Number.POSITIVE_INFINITY
      if (silence >= silenceMs && !this.#asked.has(connection)) void this.#ask(connection)
    }
  }

  async #ask(connection: Connection): Promise<void> {
    this.#asked.add(connection)
    const signal = AbortSignal.timeout(answerWithinMs)
    try {
      await pingConnection(connection, this.#init.protocol, signal)
    } catch (error) {
      // One that does not speak the protocol has said so.
      if (!(error instanceof UnsupportedProtocolError)) connection.abort(error as Error)
    } finally {
      this.#asked.delete(connection)
    }
  }
}
