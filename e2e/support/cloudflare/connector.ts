import type { ClientHttp2Session } from 'node:http2'
import { createInterface } from 'node:readline'
import type { Duplex } from 'node:stream'
import type { Milliseconds } from '../../../src/shared/units.ts'

/** How the next stand-in cloudflared that starts is to behave. */
export interface Conduct {
  /** It asked for too many tunnels: error 1015, and it exits with 1. */
  rateLimited: boolean
  /** How long it waits for its name. */
  startAfterMs: Milliseconds
  /** From when it knows its name until it works: by itself so long after, or when `connect` is called. */
  connects: 'when told' | { afterMs: Milliseconds }
  /** So long after it has begun to work it ends by itself, with 1. */
  crashAfterMs?: Milliseconds
  /** How long SIGTERM does not end it. */
  ignoreTermMs: Milliseconds
  /** Name of a quick tunnel; a new one each time where it is not given. */
  hostname?: string
}

export const obedient: Conduct = { rateLimited: false, startAfterMs: 0, connects: { afterMs: 0 }, ignoreTermMs: 0 }

/** What a stand-in cloudflared tells the edge, one JSON object a line. */
export type FromConnector =
  | { kind: 'hello'; pid: number; args: string[]; token?: string }
  | { kind: 'connected' }
  | { kind: 'disconnected' }

/** What the edge tells it. */
export type ToConnector =
  | { kind: 'granted'; hostname: string; service?: string; ignoreTermMs: Milliseconds }
  | { kind: 'rate limited' }
  | { kind: 'unknown token' }
  | { kind: 'connect' }
  | { kind: 'disconnect' }
  | { kind: 'crash'; code: number }

/** One run of a stand-in cloudflared, as the edge sees it. */
export class Connector {
  readonly pid: number
  /** What it was started with. */
  readonly args: readonly string[]
  readonly hostname: string
  readonly isQuick: boolean
  /** The connection that it has made to the edge, over which requests go to it. */
  readonly session: ClientHttp2Session
  /** Whether it serves what comes. */
  isConnected = false
  /** Requests that are on their way through it. */
  inFlight = 0
  readonly #tell: (message: ToConnector) => void

  constructor(
    init: Pick<Connector, 'pid' | 'args' | 'hostname' | 'isQuick' | 'session'>,
    tell: (message: ToConnector) => void,
  ) {
    this.pid = init.pid
    this.args = init.args
    this.hostname = init.hostname
    this.isQuick = init.isQuick
    this.session = init.session
    this.#tell = tell
  }

  /** The URL leads somewhere from now on, and `/ready` says so. */
  connect(): void {
    this.#tell({ kind: 'connect' })
  }

  /** It loses the edge, and goes on running. */
  disconnect(): void {
    this.#tell({ kind: 'disconnect' })
  }

  crash(code = 1): void {
    this.#tell({ kind: 'crash', code })
  }
}

/** Speaks JSON lines over a stream. Returns how to send one. Errors are for whoever listens to the stream. */
export function speakLines<In, Out>(socket: Duplex, onMessage: (message: In) => void): (message: Out) => void {
  const lines = createInterface({ input: socket }).on('line', line => onMessage(JSON.parse(line) as In))
  lines.on('error', () => {
    // The stream has said so already.
  })
  return message => {
    if (socket.writable) socket.write(`${JSON.stringify(message)}\n`)
  }
}
