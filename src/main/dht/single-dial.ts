import type { Connection } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'

/** The part of libp2p's transport manager that opens connections. */
export interface SingleDialComponents {
  transportManager: { dial(address: Multiaddr, options: { signal: AbortSignal }): Promise<Connection> }
}

/**
 * Opens one connection to one address. libp2p's own `dial` tries a peer's addresses one after the other, joins a dial that is
 * under way, and makes no second connection beside an open one.
 */
export class SingleDial {
  readonly #transports: SingleDialComponents['transportManager']

  constructor({ transportManager }: SingleDialComponents) {
    this.#transports = transportManager
  }

  /** The signal ends the attempt alone: libp2p's sockets would die with it for as long as they live. */
  async dial(address: Multiaddr, signal: AbortSignal): Promise<Connection> {
    signal.throwIfAborted()
    const attempt = new AbortController()
    const abort = () => attempt.abort(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    try {
      return await this.#transports.dial(address, { signal: attempt.signal })
    } finally {
      signal.removeEventListener('abort', abort)
    }
  }
}
