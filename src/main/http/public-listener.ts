import { createServer, type Server } from 'node:net'
import { listenOnPort } from '../config/listen-on-port.ts'
import type { PublicListenerChoice } from '../config/node-config.ts'
import type { Startable } from '../lifecycle.ts'
import { shareConnections } from './connection-share.ts'
import type { ServiceServer } from './service-server.ts'

const mostConnections = 512
/** Pages behind one address may be many, but are not most. */
const mostOfAddress = 64

/**
 * Where a tunnel, a proxy or a VPN leads to. Its connections come from this machine's loopback for the most part, and from
 * anybody in truth: each is marked as such before its first byte is read.
 */
export class PublicListener implements Startable {
  readonly #listener: Server
  readonly #choice: PublicListenerChoice
  #port = 0

  constructor({ server }: { server: Pick<ServiceServer, 'serve'> }, choice: PublicListenerChoice) {
    this.#choice = choice
    // As an HTTP server's own listener has it: a client that has sent all still reads the answer.
    this.#listener = createServer({ allowHalfOpen: true, noDelay: true }, socket =>
      server.serve(socket, { kind: 'public' }),
    )
    this.#listener.maxConnections = mostConnections
    shareConnections(this.#listener, mostOfAddress)
  }

  /** On this machine; undefined while not started. */
  get url(): string | undefined {
    if (this.#port === 0) return undefined
    const { host } = this.#choice
    const reached = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host
    return `http://${reached.includes(':') ? `[${reached}]` : reached}:${this.#port}`
  }

  /** Rejects with PORT_IN_USE. */
  async start(): Promise<void> {
    this.#port = await listenOnPort(this.#listener, this.#choice.port, this.#choice.host)
  }

  /** Takes no more connections; those there are end with the HTTP server. */
  stop(): void {
    this.#port = 0
    this.#listener.close()
  }
}
