import type { CircuitRelayServerComponents, CircuitRelayService } from '@libp2p/circuit-relay-v2'
import type { Connection, PeerId, Stream } from '@libp2p/interface'
import { Shares } from '../shares.ts'
import { hostOf } from './inbound-limits.ts'

export interface RelayPlacesInit {
  /** Reservations of those who come from one address. */
  reservationsOfAddress: number
  /** Relayed connections that they may have asked for, as long as these last. */
  streamsOfAddress: number
}

export interface RelayPlacesComponents {
  connectionManager: Pick<CircuitRelayServerComponents['connectionManager'], 'getConnections'>
  reservations: () => CircuitRelayService['reservations']
}

/**
 * Shares out what a relay has. libp2p's keeps a reservation for its hour although the peer has gone: somebody who comes again
 * and again as somebody else would take every place there is, and with one connection every way to a peer.
 */
export class RelayPlaces {
  readonly #parts: RelayPlacesComponents
  readonly #init: RelayPlacesInit
  readonly #watched = new WeakSet<Connection>()
  readonly #streams: Shares

  constructor(components: RelayPlacesComponents, init: RelayPlacesInit) {
    this.#parts = components
    this.#init = init
    this.#streams = new Shares(init.streamsOfAddress)
  }

  /** Whether somebody who asks on this stream is heard. */
  admit(stream: Stream, connection: Connection): boolean {
    this.#watch(connection)
    const host = hostOf(connection.remoteAddr)
    if (host === undefined) return true
    const giveBack = this.#streams.take(host)
    if (giveBack === undefined) return false
    stream.addEventListener('close', giveBack, { once: true })
    return true
  }

  /** Whether a peer gets no reservation, as others from where it comes have theirs. One that it has is renewed. */
  denies(peer: PeerId): boolean {
    const reservations = this.#parts.reservations()
    if (reservations.has(peer)) return false
    const hosts = this.#parts.connectionManager.getConnections(peer).map(({ remoteAddr }) => hostOf(remoteAddr))
    const held = [...reservations.values()].filter(({ addr }) => hosts.includes(hostOf(addr))).length
    return held >= this.#init.reservationsOfAddress
  }

  /** Nothing can be relayed to who has gone, and who comes back reserves anew. */
  #watch(connection: Connection): void {
    if (this.#watched.has(connection)) return
    this.#watched.add(connection)
    const { remotePeer } = connection
    connection.addEventListener('close', () => {
      const reservations = this.#parts.reservations()
      const others = this.#parts.connectionManager.getConnections(remotePeer).filter(other => other !== connection)
      if (others.length > 0) return
      // Or its end would take the place of a later one.
      reservations.get(remotePeer)?.signal.clear()
      reservations.delete(remotePeer)
    })
  }
}
