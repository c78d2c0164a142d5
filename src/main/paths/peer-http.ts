import type { Socket } from 'node:net'
import { type Duplex, Readable } from 'node:stream'
import type { Connection, Libp2p, PeerId, Stream } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import { Pool } from 'undici'
import { RmaError } from '../../shared/errors.ts'
import type { PathKind, PeerIdText } from '../../shared/schema/primitives.ts'
import { second } from '../../shared/units.ts'
import type { Startable } from '../lifecycle.ts'
import type { Logger } from '../log.ts'
import { pathKindOf } from './path-kind.ts'
import { StreamSocket } from './stream-socket.ts'

/** Streams to one peer; libp2p resets a peer that opens more than `streamsFromPeer`. */
const streamsToPeer = 16
const streamsFromPeer = 32
const pooledPeers = 64
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
  body?: Uint8Array | AsyncIterable<Uint8Array> | undefined
  signal: AbortSignal
}

export interface PeerResponse {
  status: number
  headers: Record<string, string | string[] | undefined>
  body: Readable
  path: PathKind
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
  readonly #pools = new Map<PeerIdText, Pool>()

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
    const pools = [...this.#pools.values()]
    this.#pools.clear()
    await Promise.all(pools.map(pool => pool.destroy()))
  }

  /**
   * Sends a request and resolves with the head of its response. Rejects with WORKER_LOST and `details.sent` (whether any
   * of it may have reached the peer), or with the signal's reason.
   */
  async request(to: PeerAddress, request: PeerRequest): Promise<PeerResponse> {
    const connection = await this.#connect(to, request.signal)
    try {
      const response = await this.#pool(to).request({
        method: request.method,
        path: request.path,
        headers: request.headers,
        body: toUndiciBody(request.body),
        signal: request.signal,
      })
      return {
        status: response.statusCode,
        headers: response.headers,
        body: response.body,
        path: pathKindOf(connection.remoteAddr),
      }
    } catch (cause) {
      request.signal.throwIfAborted()
      throw cause instanceof RmaError ? cause : lost(to, cause, true)
    }
  }

  /** Closes what is kept open to a peer, so that the next request starts afresh. */
  async forget(peerId: PeerIdText): Promise<void> {
    const pool = this.#pools.get(peerId)
    this.#pools.delete(peerId)
    await pool?.destroy()
  }

  #accept(stream: Stream, connection: Connection): void {
    const socket = new StreamSocket(stream)
    socket.on('error', error => this.#log.debug({ err: error }, 'a stream from a peer broke'))
    this.#onSocket(socket, { peerId: connection.remotePeer.toString(), path: pathKindOf(connection.remoteAddr) })
  }

  async #connect(to: PeerAddress, signal: AbortSignal): Promise<Connection> {
    try {
      const peerId = peerIdFromString(to.peerId)
      const open = this.#libp2p.getConnections(peerId).find(connection => connection.status === 'open')
      if (open !== undefined) return open
      const dialSignal = AbortSignal.any([signal, AbortSignal.timeout(dialTimeoutMs)])
      const addresses = withPeerId(to.addresses, peerId)
      return await this.#libp2p.dial(addresses.length > 0 ? addresses : peerId, { signal: dialSignal })
    } catch (cause) {
      signal.throwIfAborted()
      throw lost(to, cause, false)
    }
  }

  #pool(to: PeerAddress): Pool {
    const known = this.#pools.get(to.peerId)
    if (known !== undefined) {
      this.#pools.delete(to.peerId)
      this.#pools.set(to.peerId, known)
      return known
    }
    const pool = new Pool('http://peer', {
      connections: streamsToPeer,
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
    this.#pools.set(to.peerId, pool)
    this.#evict()
    return pool
  }

  async #open(to: PeerAddress) {
    const signal = AbortSignal.timeout(dialTimeoutMs)
    const connection = await this.#connect(to, signal)
    const stream = await connection.newStream(this.#protocol, {
      signal,
      maxOutboundStreams: streamsToPeer,
      runOnLimitedConnection: true,
    })
    return new StreamSocket(stream)
  }

  #evict(): void {
    for (const [peerId, pool] of this.#pools) {
      if (this.#pools.size <= pooledPeers) return
      if (pool.stats.running > 0 || pool.stats.pending > 0 || pool.stats.queued > 0) continue
      this.#pools.delete(peerId)
      pool.close().catch(error => this.#log.debug({ err: error }, 'an idle pool did not close cleanly'))
    }
  }
}

function toUndiciBody(body: PeerRequest['body']): Uint8Array | Readable | null {
  if (body === undefined || body instanceof Uint8Array) return body ?? null
  return Readable.from(body, { objectMode: false })
}

function lost(to: PeerAddress, cause: unknown, sent: boolean): RmaError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  const message = sent ? 'the connection to the worker broke' : 'the worker could not be reached'
  return new RmaError('WORKER_LOST', `${message}: ${reason}`, { worker: to.peerId, sent }, { cause })
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
