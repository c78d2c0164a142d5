import type { Socket } from 'node:net'
import type { Duplex, Readable } from 'node:stream'
import type { Connection, Libp2p, PeerId, Stream } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import { Pool } from 'undici'
import { RmaError } from '../../shared/errors.ts'
import type { PathKind, PeerIdText } from '../../shared/schema/primitives.ts'
import { type Milliseconds, second } from '../../shared/units.ts'
import type { Startable } from '../lifecycle.ts'
import type { Logger } from '../log.ts'
import { pathKindOf } from './path-kind.ts'
import { sendAfterContinue } from './send-after-continue.ts'
import { StreamSlots } from './stream-slots.ts'
import { StreamSocket } from './stream-socket.ts'

/** Requests to one peer at once; others wait, up to a bound. */
const requestsToPeer = 16
const waitingForPeer = 256
/**
 * libp2p resets a peer that opens more streams than these. Twice as many as requests: kept-alive ones may lie idle while
 * large bodies go over streams of their own; and some room for those that are just closing.
 */
const streamsToPeer = 2 * requestsToPeer
const streamsFromPeer = streamsToPeer + 8
const linesKept = 64
const dialTimeoutMs = 5 * second
const idleStreamMs = 30 * second

/** A peer as the directory names it. */
export interface PeerAddress {
  peerId: PeerIdText
  /** Multiaddrs, with or without the peer id at the end. */
  addresses: string[]
}

export interface PeerRequest {
  method: 'GET' | 'POST'
  path: string
  headers: Record<string, string>
  /** One that streams is sent only once the peer has asked for it (`100 Continue`). */
  body?: Uint8Array | (() => AsyncIterable<Uint8Array>) | undefined
  /** Whom it is for: they take turns where requests to the peer have to wait. */
  onBehalfOf: string
  /** How long a connection may take to be made. Default 5 s. */
  connectMs?: Milliseconds
  signal: AbortSignal
}

export interface PeerResponse {
  status: number
  headers: Record<string, string | string[] | undefined>
  body: Readable
  path: PathKind
}

/** What is kept open to one peer. */
interface PeerLine {
  pool: Pool
  slots: StreamSlots
}

/** A socket that another peer opened, whose id its Noise handshake has proven. */
export type OnPeerSocket = (socket: Duplex, from: { peerId: PeerIdText; path: PathKind }) => void

export interface PeerHttpComponents {
  libp2p: Libp2p
  log: Logger
}

export interface PeerHttpInit {
  /** libp2p protocol name, `/rma/<networkId>/http/1.0.0`. */
  protocol: string
  onSocket: OnPeerSocket
}

/**
 * HTTP between nodes: each libp2p stream is a socket for Node's own HTTP server and for undici, kept alive and reused.
 * Whoever is at the other end is the peer that was asked for, or the Noise handshake fails.
 */
export class PeerHttp implements Startable {
  readonly #libp2p: Libp2p
  readonly #log: Logger
  readonly #protocol: string
  readonly #onSocket: OnPeerSocket
  readonly #lines = new Map<PeerIdText, PeerLine>()

  constructor({ libp2p, log }: PeerHttpComponents, { protocol, onSocket }: PeerHttpInit) {
    this.#libp2p = libp2p
    this.#log = log.child({ component: 'peer-http' })
    this.#protocol = protocol
    this.#onSocket = onSocket
  }

  async start(): Promise<void> {
    await this.#libp2p.handle(this.#protocol, (stream, connection) => this.#accept(stream, connection), {
      maxInboundStreams: streamsFromPeer,
      maxOutboundStreams: streamsToPeer,
      runOnLimitedConnection: true,
    })
  }

  async stop(): Promise<void> {
    await this.#libp2p.unhandle(this.#protocol)
    const lines = [...this.#lines.values()]
    this.#lines.clear()
    await Promise.all(lines.map(({ pool }) => pool.destroy()))
  }

  /**
   * Sends a request and resolves with the head of its response. Rejects with WORKER_LOST and `details.sent` (whether the
   * peer may have begun on it), with BUSY when too many requests wait for this peer, or with the signal's reason.
   */
  async request(to: PeerAddress, request: PeerRequest): Promise<PeerResponse> {
    const { signal, body } = request
    const { pool, slots } = this.#line(to)
    const release = await slots.take(request.onBehalfOf, signal)
    try {
      const connection = await this.#connect(to, signal, request.connectMs)
      const response =
        typeof body === 'function' ? await this.#sendStreaming(to, request, body) : await sendHeld(to, request, pool)
      response.body.once('close', release)
      return { ...response, path: pathKindOf(connection.remoteAddr) }
    } catch (error) {
      release()
      signal.throwIfAborted()
      throw error
    }
  }

  async #sendStreaming(
    to: PeerAddress,
    request: PeerRequest,
    body: () => AsyncIterable<Uint8Array>,
  ): Promise<Omit<PeerResponse, 'path'>> {
    let socket: StreamSocket
    try {
      socket = await this.#open(to)
    } catch (cause) {
      throw cause instanceof RmaError ? cause : lost(to, cause, false)
    }
    return await sendAfterContinue(socket, { ...request, body }).catch(({ cause, sent }) => {
      throw lost(to, cause, sent)
    })
  }

  #accept(stream: Stream, connection: Connection): void {
    const socket = new StreamSocket(stream)
    socket.on('error', error => this.#log.debug({ err: error }, 'a stream from a peer broke'))
    this.#onSocket(socket, { peerId: connection.remotePeer.toString(), path: pathKindOf(connection.remoteAddr) })
  }

  async #connect(to: PeerAddress, signal: AbortSignal, withinMs = dialTimeoutMs): Promise<Connection> {
    try {
      const peerId = peerIdFromString(to.peerId)
      const open = this.#libp2p.getConnections(peerId).find(connection => connection.status === 'open')
      if (open !== undefined) return open
      const dialSignal = AbortSignal.any([signal, AbortSignal.timeout(Math.min(withinMs, dialTimeoutMs))])
      const addresses = withPeerId(to.addresses, peerId)
      return await this.#libp2p.dial(addresses.length > 0 ? addresses : peerId, { signal: dialSignal })
    } catch (cause) {
      signal.throwIfAborted()
      throw lost(to, cause, false)
    }
  }

  #line(to: PeerAddress): PeerLine {
    const known = this.#lines.get(to.peerId)
    if (known !== undefined) {
      this.#lines.delete(to.peerId)
      this.#lines.set(to.peerId, known)
      return known
    }
    const pool = new Pool('http://peer', {
      connections: requestsToPeer,
      pipelining: 1,
      keepAliveTimeout: idleStreamMs,
      // Deadlines are the caller's, through its signal.
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: (_options, done) => {
        this.#open(to).then(
          // undici asks no more of a socket than a duplex stream has.
          socket => done(null, socket as unknown as Socket),
          error => done(error, null),
        )
      },
    })
    const line = { pool, slots: new StreamSlots({ slots: requestsToPeer, bound: waitingForPeer }) }
    this.#lines.set(to.peerId, line)
    this.#evict()
    return line
  }

  async #open(to: PeerAddress) {
    const signal = AbortSignal.timeout(dialTimeoutMs)
    const connection = await this.#connect(to, signal)
    const options = { signal, maxOutboundStreams: streamsToPeer, runOnLimitedConnection: true }
    try {
      return new StreamSocket(await connection.newStream(this.#protocol, options))
    } catch (cause) {
      // Also where the other end is no member of the network, or no more: somebody else may serve the request.
      throw lost(to, cause, false)
    }
  }

  #evict(): void {
    for (const [peerId, { pool, slots }] of this.#lines) {
      if (this.#lines.size <= linesKept) return
      if (!slots.isIdle) continue
      this.#lines.delete(peerId)
      pool.close().catch(error => this.#log.debug({ err: error }, 'an idle pool did not close cleanly'))
    }
  }
}

async function sendHeld(to: PeerAddress, request: PeerRequest, pool: Pool): Promise<Omit<PeerResponse, 'path'>> {
  const { method, path, headers, body, signal } = request
  try {
    const response = await pool.request({
      method,
      path,
      headers,
      body: body instanceof Uint8Array ? body : null,
      signal,
    })
    return { status: response.statusCode, headers: response.headers, body: response.body }
  } catch (cause) {
    throw cause instanceof RmaError ? cause : lost(to, cause, true)
  }
}

function lost(to: PeerAddress, cause: unknown, sent: boolean): RmaError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  const message = sent ? 'the connection to the worker broke' : 'the worker could not be reached'
  // A dial that ends at its time limit tells of no answer, one that was refused of nobody being there.
  const silent = cause instanceof Error && cause.name === 'TimeoutError' ? { silent: true } : {}
  return new RmaError('WORKER_LOST', `${message}: ${reason}`, { worker: to.peerId, sent, ...silent }, { cause })
}

/** Addresses that name this peer, or nobody; others would be somebody else's. */
function withPeerId(addresses: string[], peerId: PeerId): Multiaddr[] {
  const suffix = `/p2p/${peerId}`
  return addresses.flatMap(text => {
    const address = parse(text)
    if (address === undefined) return []
    const named = address.getComponents().findLast(component => component.name === 'p2p')?.value
    if (named === peerId.toString()) return [address]
    return named === undefined || text.endsWith('/p2p-circuit') ? [address.encapsulate(suffix)] : []
  })
}

function parse(text: string): Multiaddr | undefined {
  try {
    return multiaddr(text)
  } catch {
    return undefined
  }
}
