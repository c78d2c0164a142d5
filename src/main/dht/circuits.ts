import {
  type CircuitRelayTransportComponents,
  circuitRelayTransport,
  RELAY_V2_HOP_CODEC,
} from '@libp2p/circuit-relay-v2'
import type { Connection, PeerId, PeerStore, Transport } from '@libp2p/interface'
import { isRelayed } from './is-relayed.ts'

/** What libp2p's transport keeps to itself: whom it has asked for a place, and who gave it one. */
interface Reserving {
  reservationStore: {
    addRelay(relay: PeerId, type: 'discovered'): Promise<unknown>
    hasReservation(relay: PeerId): boolean
    reservationCount(): number
  }
}

/** Those that relay for this node. libp2p asks each for a place once, when they are connected; here they can be asked again. */
export class Circuits {
  #parts: { components: CircuitRelayTransportComponents; transport: Transport & Reserving } | undefined

  /** For libp2p to make its transport of. */
  readonly transport = (components: CircuitRelayTransportComponents): Transport => {
    const transport = circuitRelayTransport()(components)
    if (!isReserving(transport)) throw new TypeError('expected a circuit transport that keeps reservations')
    this.#parts = { components, transport }
    return transport
  }

  /** How many relay for this node. */
  get taken(): number {
    return this.#parts?.transport.reservationStore.reservationCount() ?? 0
  }

  /** Peers that relay, are connected directly, and do not do so for this node yet. */
  async untaken(): Promise<PeerId[]> {
    if (this.#parts === undefined) return []
    const { components, transport } = this.#parts
    const direct = components.connectionManager.getConnections().filter(isDirect)
    const peers = new Map(direct.map(({ remotePeer }) => [remotePeer.toString(), remotePeer])).values()
    const free = [...peers].filter(peer => !transport.reservationStore.hasReservation(peer))
    const relays = await Promise.all(free.map(peer => doesRelay(components.peerStore, peer)))
    return free.filter((_, index) => relays[index])
  }

  /** Rejects where the peer takes no connections for this node. Does nothing where enough others do. */
  async ask(relay: PeerId): Promise<void> {
    await this.#parts?.transport.reservationStore.addRelay(relay, 'discovered').catch((error: Error) => {
      if (error.name !== 'HadEnoughRelaysError') throw error
    })
  }
}

function isReserving(transport: Transport & Partial<Reserving>): transport is Transport & Reserving {
  const { addRelay, hasReservation, reservationCount } = transport.reservationStore ?? {}
  return [addRelay, hasReservation, reservationCount].every(part => typeof part === 'function')
}

const isDirect = ({ remoteAddr }: Connection) => !isRelayed(remoteAddr)

async function doesRelay(peers: PeerStore, peer: PeerId): Promise<boolean> {
  // Of one that has just left nothing is known any more.
  const known = await peers.get(peer).catch(() => undefined)
  return known?.protocols.includes(RELAY_V2_HOP_CODEC) === true
}
