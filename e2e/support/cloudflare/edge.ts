import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { chmod, readFile, writeFile } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { type ClientHttp2Session, connect as speakHttp2 } from 'node:http2'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { asksFor, type Carriage, carriedWindow, carry, carryUpgrade, sessionOptions } from './carrying.ts'
import { type Conduct, Connector, type FromConnector, obedient, speakLines, type ToConnector } from './connector.ts'
import { bringEdgeIntoReach, type EdgePlace } from './edge-in-reach.ts'

const domains = ['.trycloudflare.com', '.example.org']
const mostInFlight = 200
const script = fileURLToPath(new URL('stand-in-cloudflared.ts', import.meta.url))
const preload = fileURLToPath(new URL('edge-in-reach.ts', import.meta.url))

/**
 * Cloudflare, as far as tunnels go. It ends TLS with a certificate of its own signing and passes each request on by its host
 * name, over the connection that a stand-in cloudflared has made to it (`cloudflared()` writes one that belongs to this edge):
 * it connects to nobody. Names are as they would be, `a-b-c.trycloudflare.com`: tests reach them as `edge-in-reach.ts` says, in
 * this process (`comeIntoReach`) or another (`environment`).
 */
export class CloudflareEdge {
  /** What was asked of it, in order. */
  readonly asked: string[] = []
  /** Named tunnels by their token: what their operator has set up. */
  readonly named = new Map<string, { hostname: string; service: string }>()
  /** The stand-ins that run, oldest first. */
  readonly connectors: Connector[] = []
  /** How the next one is to behave. */
  conduct: Conduct = obedient
  /** The address that requests from this machine seem to come from. */
  clientAddress = '198.51.100.1'
  readonly #folder: string
  readonly #address: string
  readonly #public: ReturnType<typeof createTlsServer>
  readonly #control = createServer(socket => this.#meet(socket))
  readonly #sockets = new Set<Duplex>()
  readonly #timers = new Set<NodeJS.Timeout>()

  private constructor(folder: string, address: string, { key, cert }: { key: string; cert: string }) {
    this.#folder = folder
    this.#address = address
    this.#public = createTlsServer({ key, cert }, (incoming, outgoing) => {
      this.asked.push(`${incoming.method} ${incoming.url}`)
      const way = this.#wayOf(incoming)
      if (typeof way === 'number') {
        outgoing.writeHead(way).end()
        return
      }
      countWhile(way.connector, outgoing)
      carry(incoming, outgoing, way.carriage)
    })
    this.#public.on('upgrade', (incoming: IncomingMessage, socket: Duplex, head: Buffer) => {
      this.asked.push(`${incoming.method} ${incoming.url}`)
      const way = this.#wayOf(incoming)
      if (typeof way === 'number') {
        socket.end(`HTTP/1.1 ${way} Refused\r\ncontent-length: 0\r\nconnection: close\r\n\r\n`)
        return
      }
      countWhile(way.connector, socket)
      carryUpgrade(incoming, socket, head, way.carriage)
    })
    for (const server of [this.#public, this.#control]) {
      server.on('connection', (socket: Socket) => {
        this.#sockets.add(socket)
        socket.once('close', () => this.#sockets.delete(socket))
        socket.on('error', () => socket.destroy())
      })
    }
  }

  /** Its certificate, and what `cloudflared` writes, lie in that folder. */
  static async start(folder: string, address = '127.0.0.1'): Promise<CloudflareEdge> {
    const [key, cert] = [join(folder, 'edge-key.pem'), join(folder, 'edge-cert.pem')]
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
    const names = [`IP:${address}`, ...domains.map(domain => `DNS:*${domain}`)].join(',')
    const subject = ['-subj', '/CN=edge', '-addext', `subjectAltName=${names}`, '-days', '2']
    await promisify(execFile)('openssl', ['req', '-x509', ...curve, ...subject, '-keyout', key, '-out', cert])
    const identity = { key: await readFile(key, 'utf8'), cert: await readFile(cert, 'utf8') }
    const edge = new CloudflareEdge(folder, address, identity)
    for (const server of [edge.#public, edge.#control]) {
      server.listen(0, address)
      await once(server, 'listening')
    }
    return edge
  }

  get place(): EdgePlace {
    const { port } = this.#public.address() as AddressInfo
    return { address: this.#address, port, certificate: join(this.#folder, 'edge-cert.pem'), domains }
  }

  /** Lets a program that is started with it reach the edge by its names. */
  get environment(): NodeJS.ProcessEnv {
    return { NODE_OPTIONS: `--import=${pathToFileURL(preload)}`, TEST_EDGE: JSON.stringify(this.place) }
  }

  /** Lets this process reach it. Returns how to take that back. */
  comeIntoReach(): () => void {
    return bringEdgeIntoReach(this.place)
  }

  /** Writes an executable that does as cloudflared does, here. Returns its path. Not for Windows. */
  async cloudflared(name = 'cloudflared'): Promise<string> {
    const path = join(this.#folder, name)
    const { port } = this.#control.address() as AddressInfo
    const url = `tcp://${this.#address}:${port}`
    await writeFile(path, `#!/bin/sh\nSTAND_IN_EDGE=${url} exec '${process.execPath}' '${script}' "$@"\n`)
    await chmod(path, 0o700)
    return path
  }

  async stop(): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer)
    const closed = [this.#public, this.#control].map(server => new Promise(resolve => server.close(resolve)))
    // A stand-in ends when its edge does.
    for (const socket of this.#sockets) socket.destroy()
    await Promise.all(closed)
  }

  /** How a request goes on, or the status that refuses it: 530 for a tunnel that is not there, 429 past 200 at once. */
  #wayOf({ headers, method, socket }: IncomingMessage): number | { connector: Connector; carriage: Carriage } {
    const host = (headers.host ?? '').replace(/:\d+$/, '')
    const connector = this.connectors.find(one => one.hostname === host && one.isConnected)
    if (connector === undefined) return 530
    const { isQuick, inFlight, session } = connector
    if (isQuick && inFlight >= mostInFlight) return 429
    const { remoteAddress = '' } = socket
    const client = remoteAddress === this.#address ? this.clientAddress : remoteAddress
    const ofClient = { 'cf-connecting-ip': client, 'x-forwarded-proto': 'https' }
    return { connector, carriage: { session, headers: ofClient, holdsEvents: isQuick && method === 'GET' } }
  }

  #meet(socket: Socket): void {
    const session = speakHttp2('http://connector', { ...sessionOptions, createConnection: () => socket })
    session.once('connect', () => session.setLocalWindowSize(carriedWindow.ofSession))
    session.on('error', () => session.destroy())
    const control = session.request({ ':method': 'POST', [asksFor]: 'control-stream' }, { endStream: false })
    control.on('error', () => session.destroy())
    let connector: Connector | undefined
    const tell = speakLines<FromConnector, ToConnector>(control, message => {
      if (message.kind === 'hello') connector = this.#welcome(message, session, tell)
      else if (connector !== undefined) connector.isConnected = message.kind === 'connected'
    })
    socket.once('close', () => {
      if (connector !== undefined) this.connectors.splice(this.connectors.indexOf(connector), 1)
    })
  }

  #welcome(
    { pid, args, token }: Extract<FromConnector, { kind: 'hello' }>,
    session: ClientHttp2Session,
    tell: (message: ToConnector) => void,
  ): Connector | undefined {
    const { rateLimited, startAfterMs, connects, crashAfterMs, ignoreTermMs, hostname } = this.conduct
    const isQuick = token === undefined
    const setUp = isQuick
      ? { hostname: hostname ?? `stand-in-${randomBytes(4).toString('hex')}.trycloudflare.com` }
      : this.named.get(token)
    if (isQuick && rateLimited) tell({ kind: 'rate limited' })
    else if (setUp === undefined) tell({ kind: 'unknown token' })
    else {
      const connector = new Connector({ pid, args, hostname: setUp.hostname, isQuick, session }, tell)
      this.connectors.push(connector)
      this.#after(startAfterMs, () => {
        tell({ kind: 'granted', ...setUp, ignoreTermMs })
        if (connects === 'when told') return
        this.#after(connects.afterMs, () => connector.connect())
        if (crashAfterMs !== undefined) this.#after(connects.afterMs + crashAfterMs, () => connector.crash())
      })
      return connector
    }
    return undefined
  }

  #after(ms: number, act: () => void): void {
    if (ms === 0) {
      act()
      return
    }
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      act()
    }, ms)
    this.#timers.add(timer)
  }
}

function countWhile(connector: Connector, through: NodeJS.EventEmitter): void {
  connector.inFlight += 1
  through.once('close', () => {
    connector.inFlight -= 1
  })
}
