import {
  type CircuitRelayServerComponents,
  type CircuitRelayService,
  circuitRelayServer,
  RELAY_V2_HOP_CODEC,
} from '@libp2p/circuit-relay-v2'
import type { Connection, PeerId, Stream } from '@libp2p/interface'
import { hour, KiB, MiB, type Milliseconds, second } from '../../shared/units.ts'
import { Brake } from './brake.ts'
import { ByteMeter } from './byte-meter.ts'
import { RelayFlow } from './relay-flow.ts'
import { RelayPlaces, type RelayPlacesInit } from './relay-places.ts'

export interface RelayLimits {
  maxReservations: number
  reservationTtlMs: Milliseconds
  /** Of each peer, over all it sends through relayed connections. */
  bytesPerSecond: number
  /** What a peer may send at once after a quiet time. */
  burstBytes: number
  streams: number
  ofAddress: RelayPlacesInit
}

/** What a coordinator relays for those that cannot be reached: in a burst, a letter or two. */
export const relayLimits: RelayLimits = {
  maxReservations: 2_000,
  reservationTtlMs: 1 * hour,
  bytesPerSecond: 1 * MiB,
  burstBytes: 16 * MiB,
  streams: 64,
  ofAddress: { reservationsOfAddress: 200, streamsOfAddress: 32 },
}

/** What a donor relays whose owner has said so. */
export const donorRelayLimits: RelayLimits = {
  maxReservations: 32,
  reservationTtlMs: 1 * hour,
  bytesPerSecond: 256 * KiB,
  burstBytes: 4 * MiB,
  streams: 16,
  ofAddress: { reservationsOfAddress: 8, streamsOfAddress: 8 },
}

/** For many nodes on one loopback address. Tests and benches only. */
export const loopbackSwarmPlaces: RelayPlacesInit = { reservationsOfAddress: 2_000, streamsOfAddress: 2_000 }

export interface RelayInit {
  limits: RelayLimits
  /** Books bytes that pass towards what the owner allows in all, and says how long to wait before more is read. */
  book?: ((bytes: number) => Milliseconds) | undefined
}

/**
 * libp2p's relay, with a byte rate for each peer in place of its limits on a whole connection: 128 KiB in two minutes carry
 * no document, and unlimited ones would let one peer take all there is. Its places are shared among addresses.
 */
export function meteredRelay({
  limits,
  book,
}: RelayInit): (components: CircuitRelayServerComponents) => CircuitRelayService {
  return components => {
    const meter = new ByteMeter({ ...limits, book })
    const flow = new RelayFlow()
    const watch = (stream: Stream, peer: PeerId) => {
      const brake = new Brake(stream)
      meter.watch(stream, peer.toString(), brake)
      flow.watch(stream, brake)
    }
    const { peerId, privateKey, peerStore, addressManager, registrar, connectionManager, connectionGater, logger } =
      components
    const relay = circuitRelayServer({
      reservations: {
        maxReservations: limits.maxReservations,
        reservationTtl: limits.reservationTtlMs,
        applyDefaultLimit: false,
      },
      maxInboundHopStreams: limits.streams,
      maxOutboundStopStreams: limits.streams,
      hopTimeout: 10 * second,
    })
    const service = relay({
      peerId,
      privateKey,
      peerStore,
      addressManager,
      connectionGater: overlaid(connectionGater, { denyInboundRelayReservation: peer => places.denies(peer) }),
      logger,
      // What the one who asks for a connection sends comes in on the stream it opens.
      registrar: overlaid(registrar, {
        handle: (protocols, handler, options) =>
          registrar.handle(
            protocols,
            (stream, connection) => {
              if (stream.protocol !== RELAY_V2_HOP_CODEC) return handler(stream, connection)
              if (!places.admit(stream, connection)) return stream.abort(new Error('too much is relayed from there'))
              watch(stream, connection.remotePeer)
              return handler(stream, connection)
            },
            options,
          ),
      }),
      // What the other sends comes in on the stream that the relay opens to it.
      connectionManager: overlaid(connectionManager, {
        getConnections: (peer?: PeerId) =>
          connectionManager.getConnections(peer).map(connection => watchedConnection(connection, watch)),
      }),
    })
    const places = new RelayPlaces({ connectionManager, reservations: () => service.reservations }, limits.ofAddress)
    return service
  }
}

function watchedConnection(connection: Connection, watch: (stream: Stream, peer: PeerId) => void): Connection {
  return overlaid(connection, {
    async newStream(protocols, options): Promise<Stream> {
      const stream = await connection.newStream(protocols, options)
      watch(stream, connection.remotePeer)
      return stream
    },
  })
}

/** `target` with some of its methods replaced; the others still run on `target` itself. */
function overlaid<T extends object>(target: T, replaced: Partial<T>): T {
  return new Proxy(target, {
    get(_, name) {
      const value: unknown = Reflect.get(Object.hasOwn(replaced, name) ? replaced : target, name)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}
