import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import type { Duplex } from 'node:stream'
import type { ComponentLogger, Upgrader } from '@libp2p/interface'
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import { WebSocketServer } from 'ws'
import { KiB } from '../../shared/units.ts'
import { WebSocketConnection } from './web-socket-connection.ts'

/** A message of Noise is at most 64 KiB, with its length before it. */
const maxMessageBytes = 128 * KiB
const loopbacks = ['127.0.0.1', '::1', '::ffff:127.0.0.1']

/** The parts of libp2p that it needs. */
export interface WebSocketDoorComponents {
  upgrader: Upgrader
  logger: ComponentLogger
}

/** Makes libp2p connections of WebSockets that come to an HTTP server of the node's, as they do through a tunnel. */
export class WebSocketDoor {
  readonly #upgrader: Upgrader
  readonly #logger: ComponentLogger
  readonly #server = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: maxMessageBytes })
  #life = new AbortController()

  constructor({ upgrader, logger }: WebSocketDoorComponents) {
    this.#upgrader = upgrader
    this.#logger = logger
  }

  /** Called by libp2p. */
  start(): void {
    this.#life = new AbortController()
  }

  stop(): void {
    this.#life.abort()
  }

  /** Takes over a connection that asks to become a WebSocket. */
  enter(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { signal } = this.#life
    if (signal.aborted) {
      socket.destroy()
      return
    }
    this.#server.handleUpgrade(request, socket, head, webSocket => {
      const log = this.#logger.forComponent('web-socket-door')
      const connection = new WebSocketConnection({
        webSocket,
        remoteAddr: remoteAddressOf(request),
        direction: 'inbound',
        log,
      })
      this.#upgrader.upgradeInbound(connection, { signal }).catch(error => {
        log.trace('a WebSocket became no connection - %e', error)
        connection.abort(error instanceof Error ? error : new Error(String(error)))
      })
    })
  }
}

/**
 * Who is at the other end, for the limits on what one address may do. cloudflared comes from this machine's loopback and says
 * for whom; Cloudflare replaces what a client claims there. Nobody else's word is taken for it.
 */
export function remoteAddressOf({ headers, socket }: Pick<IncomingMessage, 'headers' | 'socket'>): Multiaddr {
  const from = socket.remoteAddress ?? '0.0.0.0'
  const claimed = headers['cf-connecting-ip']
  const ip = loopbacks.includes(from) && typeof claimed === 'string' && isIP(claimed) !== 0 ? claimed : from
  const plain = ip.startsWith('::ffff:') ? ip.slice('::ffff:'.length) : ip
  return multiaddr(`/${isIP(plain) === 6 ? 'ip6' : 'ip4'}/${plain}/tcp/${socket.remotePort ?? 0}/ws`)
}
