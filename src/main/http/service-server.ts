import { createServer, type Server as HttpServer, type IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { getRequestListener } from '@hono/node-server'
import { KiB, second } from '../../shared/units.ts'
import { listenOnPort } from '../config/listen-on-port.ts'
import type { PortChoice } from '../config/node-config.ts'
import type { Startable } from '../lifecycle.ts'
import type { Origin, SocketOrigins } from './origin.ts'
import type { ServiceApp } from './service-app.ts'

const loopback = '127.0.0.1'
/** Longer than a client keeps an idle connection, so that the client closes first and no request meets a closing end. */
const keepAliveMs = 65 * second
const headersTimeoutMs = 5 * second
const stopGraceMs = 2 * second

/** Takes over a connection of anybody's that asks to become a WebSocket. */
export type OnWebSocket = (request: IncomingMessage, socket: Duplex, head: Buffer) => void

export interface ServiceServerComponents {
  app: ServiceApp
  origins: SocketOrigins
  /** Missing: nobody's may. */
  onWebSocket?: OnWebSocket
}

/**
 * The one HTTP server of a node. It takes sockets from its loopback listener and, through `serve`, libp2p streams: what
 * follows is the same for both, but for who is asking.
 */
export class ServiceServer implements Startable {
  readonly #http: HttpServer
  readonly #origins: SocketOrigins
  readonly #choice: PortChoice
  readonly #sockets = new Set<Duplex>()
  #port = 0

  constructor({ app, origins, onWebSocket }: ServiceServerComponents, init: { port: PortChoice }) {
    this.#origins = origins
    this.#choice = init.port
    const listener = getRequestListener(app.fetch, {
      overrideGlobalObjects: false,
      // The app reads refused bodies away itself; the adapter would cut them off after half a second.
      autoCleanupIncoming: false,
    })
    this.#http = createServer(
      {
        maxHeaderSize: 8 * KiB,
        keepAliveTimeout: keepAliveMs,
        headersTimeout: headersTimeoutMs,
        // Deadlines of requests are their own; a slow body ends with the deadline.
        requestTimeout: 0,
        // Peers and programs on this machine have better ways; what else they offer to speak is none of this server's.
        shouldUpgradeCallback: ({ socket, headers, url }) =>
          onWebSocket !== undefined &&
          origins.get(socket)?.kind === 'public' &&
          headers.upgrade?.toLowerCase() === 'websocket' &&
          url === '/',
      },
      listener,
    )
    // The app says `100 Continue` itself, once it wants the body.
    this.#http.on('checkContinue', listener)
    this.#http.on('upgrade', (request, socket, head) => onWebSocket?.(request, socket, head))
    // A socket that came through the server's own listener; the others were given an origin before.
    this.#http.prependListener('connection', (socket: Duplex) => {
      if (socket instanceof Socket && origins.get(socket) === undefined) this.#track(socket, { kind: 'loopback' })
    })
  }

  /** Port of the loopback listener, once started. */
  get port(): number {
    return this.#port
  }

  /** Serves HTTP on a socket from somewhere. */
  serve(socket: Duplex, origin: Origin): void {
    this.#track(socket, origin)
    this.#http.emit('connection', socket)
  }

  async start(): Promise<void> {
    this.#port = await listenOnPort(this.#http, this.#choice, loopback)
  }

  /** Ends idle connections at once and those with a request in flight after 2 s. */
  async stop(): Promise<void> {
    const closed = new Promise<void>(resolve => this.#http.close(() => resolve()))
    this.#http.closeIdleConnections()
    const timer = setTimeout(() => this.#destroyAll(), stopGraceMs)
    await this.#whenQuiet()
    clearTimeout(timer)
    await closed
  }

  #track(socket: Duplex, origin: Origin): void {
    this.#origins.set(socket, origin)
    this.#sockets.add(socket)
    socket.once('close', () => this.#sockets.delete(socket))
  }

  #whenQuiet(): Promise<void> {
    return new Promise(resolve => {
      const check = () => {
        if (this.#sockets.size === 0) resolve()
      }
      for (const socket of this.#sockets) socket.once('close', check)
      check()
    })
  }

  #destroyAll(): void {
    for (const socket of this.#sockets) socket.destroy()
  }
}
