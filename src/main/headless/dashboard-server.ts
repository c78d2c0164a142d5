import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocketServer } from 'ws'
import { rpcProtocol } from '../../shared/rpc-protocol.ts'
import { KiB, second } from '../../shared/units.ts'
import type { Clock } from '../clock.ts'
import { listenOnPort } from '../config/listen-on-port.ts'
import type { PortChoice } from '../config/node-config.ts'
import type { Startable } from '../lifecycle.ts'
import type { Logger } from '../log.ts'
import type { RpcHandler } from '../rpc/handler.ts'
import { maxMessageBytes } from '../rpc/session.ts'
import { serveWebSocket } from '../rpc/web-socket.ts'
import { type Reply, replyTo, securityHeaders } from './dashboard-reply.ts'
import { type GateRequest, RequestGate } from './request-gate.ts'
import { loadStaticFiles, type StaticFiles } from './static-files.ts'

const host = '127.0.0.1'
const maxClients = 32
const maxConnections = 256
const goingAway = 1001

export interface DashboardServerComponents {
  rpc: RpcHandler
  clock: Clock
  log: Logger
}

export interface DashboardServerInit {
  port: PortChoice
  token: string
  /** The built renderer. */
  pagesFolder: string
}

/** The dashboard in a browser on this machine: its pages and its RPC, behind a token, on loopback only. */
export class DashboardServer implements Startable {
  readonly #components: DashboardServerComponents
  readonly #init: DashboardServerInit
  #running: { server: Server; sockets: WebSocketServer; port: number } | undefined

  constructor(components: DashboardServerComponents, init: DashboardServerInit) {
    this.#components = components
    this.#init = init
  }

  /** Where it is reached. Throws before it has started. */
  get url(): string {
    return `http://${host}:${this.#port()}/`
  }

  get rpcUrl(): string {
    return `ws://${host}:${this.#port()}/rpc`
  }

  /** The address that lets a browser in. */
  get accessUrl(): string {
    return `${this.url}?token=${this.#init.token}`
  }

  /** Rejects with PORT_IN_USE. */
  async start(): Promise<void> {
    const files = await loadStaticFiles(this.#init.pagesFolder)
    if (!files.has('/')) this.#components.log.warn({ folder: this.#init.pagesFolder }, 'the pages are not built')
    const server = createServer({
      headersTimeout: 5 * second,
      requestTimeout: 15 * second,
      keepAliveTimeout: 5 * second,
      connectionsCheckingInterval: second,
      maxHeaderSize: 8 * KiB,
    })
    server.maxConnections = maxConnections
    const sockets = new WebSocketServer({
      noServer: true,
      maxPayload: maxMessageBytes,
      perMessageDeflate: false,
      // The key that a page offers besides is not said back.
      handleProtocols: () => rpcProtocol,
    })
    const port = await listenOnPort(server, this.#init.port, host)
    const gate = new RequestGate({ port, token: this.#init.token })
    server.on('request', (request, response) => answer(request, response, gate, files))
    server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head, gate, sockets))
    this.#running = { server, sockets, port }
  }

  async stop(): Promise<void> {
    const running = this.#running
    this.#running = undefined
    if (running === undefined) return
    for (const client of running.sockets.clients) client.close(goingAway, 'the node stops')
    const closed = new Promise<void>(resolve => running.server.close(() => resolve()))
    running.server.closeAllConnections()
    // Sockets that were upgraded belong to no request any more: a client that does not hang up in time is cut off.
    const cut = setTimeout(() => {
      for (const client of running.sockets.clients) client.terminate()
    }, second / 2)
    await closed
    clearTimeout(cut)
  }

  #port(): number {
    if (this.#running === undefined) throw new Error('the dashboard has not started')
    return this.#running.port
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, gate: RequestGate, sockets: WebSocketServer): void {
    const { rpc, clock, log } = this.#components
    socket.on('error', error => log.debug({ reason: error.message }, 'a client connection broke'))
    const refused = upgradeRefusal(request, gate, sockets.clients.size)
    if (refused === undefined) {
      sockets.handleUpgrade(request, socket, head, client => serveWebSocket(client, { handler: rpc, clock, log }))
      return
    }
    log.warn({ reason: refused.reason }, 'refused an RPC client')
    // It belongs to no request any more, so nothing else would ever close it before the client does.
    socket.once('finish', () => socket.destroy())
    socket.end(
      `HTTP/1.1 ${refused.status} Refused\r\nConnection: close\r\nContent-Length: 0\r\nX-Refused: ${refused.reason}\r\n\r\n`,
    )
  }
}

function upgradeRefusal(
  request: IncomingMessage,
  gate: RequestGate,
  clients: number,
): { status: number; reason: string } | undefined {
  const verdict = gate.judgeUpgrade(gateRequest(request))
  if (verdict.kind === 'refused') return verdict
  if (request.url !== '/rpc') return { status: 404, reason: 'expected the path /rpc' }
  if (clients >= maxClients) return { status: 503, reason: `at most ${maxClients} clients at a time` }
  return undefined
}

function answer(request: IncomingMessage, response: ServerResponse, gate: RequestGate, files: StaticFiles): void {
  const reply = replyTo(
    {
      ...gateRequest(request),
      method: request.method ?? '',
      target: request.url ?? '',
      ifNoneMatch: request.headers['if-none-match'],
    },
    gate,
    files,
  )
  // No request of a page has a body: one that comes is not read, so its connection cannot be used again.
  if (hasBody(request)) response.shouldKeepAlive = false
  send(response, reply, request.method === 'HEAD')
}

function send(response: ServerResponse, { status, headers, body = '' }: Reply, headOnly: boolean): void {
  const length = { 'content-length': String(Buffer.byteLength(body)) }
  response.writeHead(status, { ...securityHeaders, ...headers, ...(status === 304 ? {} : length) })
  response.end(headOnly ? undefined : body)
}

function gateRequest({ headersDistinct }: IncomingMessage): GateRequest {
  return {
    hosts: headersDistinct.host ?? [],
    origins: headersDistinct.origin ?? [],
    authorization: headersDistinct.authorization?.join(', '),
    cookie: headersDistinct.cookie?.join('; '),
    protocols: headersDistinct['sec-websocket-protocol']?.join(', '),
  }
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}
