import { createServer, type Server } from 'node:http'
import type { Socket } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { KiB, second } from '../../shared/units.ts'
import { listenOnPort } from '../config/listen-on-port.ts'
import type { PortChoice } from '../config/node-config.ts'
import { shareConnections } from '../http/connection-share.ts'
import type { Startable } from '../lifecycle.ts'
import type { CoordinatorApp } from './coordinator-app.ts'

const headersTimeoutMs = 5 * second
/** Longer than proxies in front keep an idle connection, so that they close first and no request meets a closing end. */
const keepAliveMs = 65 * second
const mostConnections = 10_000
/** As for connections between nodes: many may stand behind one address of a provider. */
const mostOfAddress = 500
const stopGraceMs = 1 * second

export interface CoordinatorServerInit {
  port: PortChoice
  /** IP address to listen on. */
  host: string
}

/** The listener of the coordinator's HTTP API. */
export class CoordinatorServer implements Startable {
  readonly #http: Server
  readonly #init: CoordinatorServerInit
  readonly #sockets = new Set<Socket>()
  #port = 0

  constructor({ app }: { app: CoordinatorApp }, init: CoordinatorServerInit) {
    this.#init = init
    this.#http = createServer(
      // Deadlines of requests are their own; a slow body ends with the deadline.
      { maxHeaderSize: 8 * KiB, headersTimeout: headersTimeoutMs, keepAliveTimeout: keepAliveMs, requestTimeout: 0 },
      // The app reads refused bodies away itself; the adapter would cut them off after half a second.
      getRequestListener(app.fetch, { overrideGlobalObjects: false, autoCleanupIncoming: false }),
    )
    this.#http.maxConnections = mostConnections
    shareConnections(this.#http, mostOfAddress)
    this.#http.on('connection', socket => {
      this.#sockets.add(socket)
      socket.once('close', () => this.#sockets.delete(socket))
    })
  }

  /** 0 while not started. */
  get port(): number {
    return this.#port
  }

  /** Rejects with PORT_IN_USE. */
  async start(): Promise<void> {
    this.#port = await listenOnPort(this.#http, this.#init.port, this.#init.host)
  }

  /** Ends idle connections at once, the others after a second: what ran has had its time to end before. */
  async stop(): Promise<void> {
    const closed = new Promise<void>(resolve => this.#http.close(() => resolve()))
    this.#http.closeIdleConnections()
    const timer = setTimeout(() => this.#destroyAll(), stopGraceMs)
    await closed
    clearTimeout(timer)
    this.#port = 0
  }

  #destroyAll(): void {
    for (const socket of this.#sockets) socket.destroy()
  }
}
