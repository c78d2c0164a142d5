import type { Socket } from 'node:net'
import { type Duplex, finished, type Readable } from 'node:stream'
import type { Connection, Libp2p, Stream } from '@libp2p/interface'
import { Pool } from 'undici'
import { RmaError } from '../../shared/errors.ts'
import type { PathKind, PeerIdText } from '../../shared/schema/primitives.ts'
import { type Milliseconds, second } from '../../shared/units.ts'
import type { Startable } from '../lifecycle.ts'
import type { Logger } from '../log.ts'
import type { PeerPlaces } from './candidates.ts'
import { pathKindOf } from './path-kind.ts'
import { doubtAfterMs, type PeerPaths } from './peer-paths.ts'
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
const openStreamMs = 5 * second
/** A path that is lost while a request waits on it is replaced; one path after another is not. */
const pathsTried = 2
const idleStreamMs = 30 * second

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

/** What is kept open to one peer: of each connection its own streams, so that what runs on one is never told to be on another. */
interface PeerLine {
  pools: Map<Connection, LinePool>
  slots: StreamSlots
}

interface LinePool {
  pool: Pool
  /** Hears no more of when the connection closes. */
  unwatch: () => void
}

/** A socket that another peer opened, whose id its Noise handshake has proven. */
export type OnPeerSocket = (socket: Duplex, from: { peerId: PeerIdText; path: PathKind }) => void

export interface PeerHttpComponents {
  libp2p: Pick<Libp2p, 'handle' | 'unhandle'>
  paths: Pick<PeerPaths, 'connect' | 'isLost'>
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
  readonly #libp2p: PeerHttpComponents['libp2p']
  readonly #paths: PeerHttpComponents['paths']
  readonly #log: Logger
  readonly #protocol: string
  readonly #onSocket: OnPeerSocket
  readonly #lines = new Map<PeerIdText, PeerLine>()

  constructor({ libp2p, paths, log }: PeerHttpComponents, { protocol, onSocket }: PeerHttpInit) {
    this.#libp2p = libp2p
    this.#paths = paths
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
    const pools = [...this.#lines.values()].flatMap(line =>
      [...line.pools.keys()].map(connection => take(line, connection)),
    )
    this.#lines.clear()
    await Promise.all(pools.map(pool => pool?.destroy()))
  }

  /**
   * Sends a request and resolves with the head of its response. Where the path is lost while it waits and the peer answers on
   * another, it is sent again there: the peer knows it by its id and runs it once. Where the path turns out to have been lost
   * before, another is looked for. Rejects with WORKER_LOST and `details.sent` (whether the peer may have begun on it), with
   * BUSY when too many requests wait for this peer, or with the signal's reason.
   */
  async request(to: PeerPlaces, request: PeerRequest): Promise<PeerResponse> {
    const { signal } = request
    const line = this.#line(to.peerId)
    const release = await line.slots.take(request.onBehalfOf, signal)
    let begun: RmaError | undefined
    try {
      for (let left = pathsTried; ; left--) {
        const connection = await this.#paths.connect(to, signal, request.connectMs)
        const outcome = await this.#attempt(line, connection, to, request)
        if ('response' in outcome) {
          // It may have broken before anybody could hear of it.
          finished(outcome.response.body, release)
          return { ...outcome.response, path: pathKindOf(connection.remoteAddr) }
        }
        const { error, pathLost } = outcome
        const again = pathLost && left > 1 && (error.details.sent === false || typeof request.body !== 'function')
        if (error.details.sent !== false) begun = error
        if (!again) throw error
      }
    } catch (error) {
      release()
      signal.throwIfAborted()
      // That the peer cannot be reached any more takes nothing back.
      throw begun ?? error
    }
  }

  /** Sends it on one connection, and has that looked at when nothing comes back for a while. */
  async #attempt(
    line: PeerLine,
    connection: Connection,
    to: PeerPlaces,
    request: PeerRequest,
  ): Promise<{ response: Omit<PeerResponse, 'path'> } | { error: RmaError; pathLost: boolean }> {
    const doubt = { lost: Promise.resolve(false) }
    const timer = setTimeout(() => {
      doubt.lost = this.#paths.isLost(connection, to)
    }, doubtAfterMs)
    try {
      return { response: await this.#send(line, connection, to, request) }
    } catch (error) {
      request.signal.throwIfAborted()
      if (!(error instanceof RmaError)) throw error
      // Whoever noticed has closed the connection, and says in a moment whether the peer is there all the same.
      const closed = connection.status !== 'open'
      return { error, pathLost: closed && (error.details.sent === false || (await doubt.lost)) }
    } finally {
      clearTimeout(timer)
    }
  }

  async #send(
    line: PeerLine,
    connection: Connection,
    to: PeerPlaces,
    request: PeerRequest,
  ): Promise<Omit<PeerResponse, 'path'>> {
    const { body } = request
    if (typeof body !== 'function') return await sendHeld(to, request, this.#pool(line, connection, to))
    const socket = await this.#open(connection, to)
    return await sendAfterContinue(socket, { ...request, body }).catch(({ cause, sent }) => {
      throw lost(to, cause, sent)
    })
  }

  #accept(stream: Stream, connection: Connection): void {
    const socket = new StreamSocket(stream)
    socket.on('error', error => this.#log.debug({ err: error }, 'a stream from a peer broke'))
    this.#onSocket(socket, { peerId: connection.remotePeer.toString(), path: pathKindOf(connection.remoteAddr) })
  }

  #line(peerId: PeerIdText): PeerLine {
    const line = this.#lines.get(peerId) ?? {
      pools: new Map(),
      slots: new StreamSlots({ slots: requestsToPeer, bound: waitingForPeer }),
    }
    this.#lines.delete(peerId)
    this.#lines.set(peerId, line)
    this.#evictBut(line)
    return line
  }

  #pool(line: PeerLine, connection: Connection, to: PeerPlaces): Pool {
    const known = line.pools.get(connection)
    if (known !== undefined) return known.pool
    const pool = new Pool('http://peer', {
      connections: requestsToPeer,
      pipelining: 1,
      keepAliveTimeout: idleStreamMs,
      // Deadlines are the caller's, through its signal.
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: (_options, done) => {
        this.#open(connection, to).then(
          // undici asks no more of a socket than a duplex stream has.
          socket => done(null, socket as unknown as Socket),
          error => done(error, null),
        )
      },
    })
    const onClose = () => this.#forget(line, connection)
    line.pools.set(connection, { pool, unwatch: () => connection.removeEventListener('close', onClose) })
    connection.addEventListener('close', onClose)
    // It may have closed before anybody could hear of it.
    if (connection.status !== 'open') this.#forget(line, connection)
    return pool
  }

  /** What is under way ends first. */
  #forget(line: PeerLine, connection: Connection): void {
    take(line, connection)
      ?.close()
      .catch(error => this.#log.debug({ err: error }, 'an idle pool did not close cleanly'))
  }

  async #open(connection: Connection, to: PeerPlaces): Promise<StreamSocket> {
    const signal = AbortSignal.timeout(openStreamMs)
    const options = { signal, maxOutboundStreams: streamsToPeer, runOnLimitedConnection: true }
    try {
      return new StreamSocket(await connection.newStream(this.#protocol, options))
    } catch (cause) {
      // It has broken, and nobody was told so far.
      if (cause instanceof Error && cause.name === 'ConnectionClosedError') connection.abort(cause)
      // Also where the other end is no member of the network, or no more: somebody else may serve the request.
      throw lost(to, cause, false)
    }
  }

  /** `used` is about to be, though nothing runs on it yet. */
  #evictBut(used: PeerLine): void {
    for (const [peerId, line] of this.#lines) {
      if (this.#lines.size <= linesKept) return
      if (line === used || !line.slots.isIdle) continue
      this.#lines.delete(peerId)
      for (const connection of [...line.pools.keys()]) this.#forget(line, connection)
    }
  }
}

/** Takes the pool of a connection out of its line, which hears of that connection no more. */
function take({ pools }: PeerLine, connection: Connection): Pool | undefined {
  const taken = pools.get(connection)
  pools.delete(connection)
  taken?.unwatch()
  return taken?.pool
}

async function sendHeld(to: PeerPlaces, request: PeerRequest, pool: Pool): Promise<Omit<PeerResponse, 'path'>> {
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

function lost(to: PeerPlaces, cause: unknown, sent: boolean): RmaError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  const message = sent ? 'the connection to the worker broke' : 'the worker could not be reached'
  // A dial that ends at its time limit tells of no answer, one that was refused of nobody being there.
  const silent = cause instanceof Error && cause.name === 'TimeoutError' ? { silent: true } : {}
  return new RmaError('WORKER_LOST', `${message}: ${reason}`, { worker: to.peerId, sent, ...silent }, { cause })
}
