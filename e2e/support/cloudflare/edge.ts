import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { chmod, readFile, writeFile } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { type Conduct, Connector, type FromConnector, obedient, speakLines, type ToConnector } from './connector.ts'
import { bringEdgeIntoReach, type EdgePlace } from './edge-in-reach.ts'
import { type Onward, passOn, passUpgradeOn } from './reverse-proxy.ts'

const domains = ['.trycloudflare.com', '.example.org']
const mostInFlight = 200
const script = fileURLToPath(new URL('stand-in-cloudflared.ts', import.meta.url))
const preload = fileURLToPath(new URL('edge-in-reach.ts', import.meta.url))

/**
 * Cloudflare, as far as tunnels go, on this machine's loopback. It ends TLS with a certificate of its own signing and
 * passes each request on by its host name: to a stand-in cloudflared (`cloudflared()` writes one that belongs to this
 * edge), or straight to whom `routes` names. Names are as they would be, `a-b-c.trycloudflare.com`: tests reach them as
 * `edge-in-reach.ts` says, in this process (`comeIntoReach`) or another (`environment`).
 */
export class CloudflareEdge {
  /** What was asked of it, in order. */
  readonly asked: string[] = []
  /** Where requests for a host go that no cloudflared serves: `https://127.0.0.1:<port>` is one such. */
  readonly routes = new Map<string, string>()
  /** Named tunnels by their token: what their operator has set up. */
  readonly named = new Map<string, { hostname: string; service: string }>()
  /** The stand-ins that run, oldest first. */
  readonly connectors: Connector[] = []
  /** How the next one is to behave. */
  conduct: Conduct = obedient
  /** The address that requests seem to come from. */
  clientAddress = '198.51.100.1'
  readonly #folder: string
  readonly #public: ReturnType<typeof createTlsServer>
  readonly #control = createServer(socket => this.#meet(socket))
  readonly #sockets = new Set<Duplex>()
  readonly #timers = new Set<NodeJS.Timeout>()

  private constructor(folder: string, key: string, cert: string) {
    this.#folder = folder
    this.#public = createTlsServer({ key, cert }, (incoming, outgoing) => {
      this.asked.push(`${incoming.method} ${incoming.url}`)
      const way = this.#wayOf(incoming)
      if (typeof way === 'number') {
        outgoing.writeHead(way).end()
        return
      }
      way.pass?.(outgoing)
      passOn(incoming, outgoing, way.onward)
    })
    this.#public.on('upgrade', (incoming: IncomingMessage, socket: Duplex, head: Buffer) => {
      this.asked.push(`${incoming.method} ${incoming.url}`)
      const way = this.#wayOf(incoming)
      if (typeof way === 'number') {
        socket.end(`HTTP/1.1 ${way} Refused\r\ncontent-length: 0\r\nconnection: close\r\n\r\n`)
        return
      }
      way.pass?.(socket)
      passUpgradeOn(incoming, socket, head, way.onward)
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
  static async start(folder: string): Promise<CloudflareEdge> {
    const [key, cert] = [join(folder, 'edge-key.pem'), join(folder, 'edge-cert.pem')]
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
    const names = ['IP:127.0.0.1', ...domains.map(domain => `DNS:*${domain}`)].join(',')
    const subject = ['-subj', '/CN=edge', '-addext', `subjectAltName=${names}`, '-days', '2']
    await promisify(execFile)('openssl', ['req', '-x509', ...curve, ...subject, '-keyout', key, '-out', cert])
    const edge = new CloudflareEdge(folder, await readFile(key, 'utf8'), await readFile(cert, 'utf8'))
    for (const server of [edge.#public, edge.#control]) {
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
    }
    return edge
  }

  /** Its own address, for what `routes` has for 127.0.0.1. */
  get url(): string {
    return `https://127.0.0.1:${this.place.port}`
  }

  get place(): EdgePlace {
    const { port } = this.#public.address() as AddressInfo
    return { port, certificate: join(this.#folder, 'edge-cert.pem'), domains }
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
    await writeFile(path, `#!/bin/sh\nSTAND_IN_EDGE=${port} exec '${process.execPath}' '${script}' "$@"\n`)
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

  /** Where a request goes, or the status that refuses it: 530 for a tunnel that is not there, 429 past 200 at once. */
  #wayOf(
    incoming: IncomingMessage,
  ): number | { onward: Onward; pass?: (through: Duplex | NodeJS.EventEmitter) => void } {
    const host = (incoming.headers.host ?? '').replace(/:\d+$/, '')
    const headers = { 'cf-connecting-ip': this.clientAddress, 'x-forwarded-proto': 'https' }
    const route = this.routes.get(host)
    if (route !== undefined) return { onward: { to: route, headers } }
    const connector = this.connectors.find(one => one.hostname === host && one.port !== undefined)
    if (connector === undefined) return 530
    if (connector.isQuick && connector.inFlight >= mostInFlight) return 429
    return {
      onward: {
        to: `http://127.0.0.1:${connector.port}`,
        headers,
        holdsEvents: connector.isQuick && incoming.method === 'GET',
      },
      pass: through => {
        connector.inFlight += 1
        through.once('close', () => {
          connector.inFlight -= 1
        })
      },
    }
  }

  #meet(socket: Socket): void {
    let connector: Connector | undefined
    const tell = speakLines<FromConnector, ToConnector>(socket, message => {
      if (message.kind === 'hello') connector = this.#welcome(message, tell)
      else if (connector !== undefined) connector.port = message.kind === 'connected' ? message.port : undefined
    })
    socket.once('close', () => {
      if (connector !== undefined) this.connectors.splice(this.connectors.indexOf(connector), 1)
    })
  }

  #welcome(
    { pid, args, token }: Extract<FromConnector, { kind: 'hello' }>,
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
      const connector = new Connector({ pid, args, hostname: setUp.hostname, isQuick }, tell)
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
