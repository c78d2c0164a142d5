import type { Duplex } from 'node:stream'
import type { PathKind, PeerIdText } from '../../shared/schema/primitives.ts'

/**
 * Who is at the other end of a socket: a peer whose id is proven, a program on this machine, or anybody at all, as what
 * comes through the public listener is, wherever it seems to come from.
 */
export type Origin = { kind: 'peer'; peerId: PeerIdText; path: PathKind } | { kind: 'loopback' } | { kind: 'public' }

/** Remembers the origin of each socket the HTTP server was handed; a socket it was not told of is nobody's. */
export class SocketOrigins {
  readonly #origins = new WeakMap<Duplex, Origin>()

  set(socket: Duplex, origin: Origin): void {
    this.#origins.set(socket, origin)
  }

  get(socket: Duplex): Origin | undefined {
    return this.#origins.get(socket)
  }
}
