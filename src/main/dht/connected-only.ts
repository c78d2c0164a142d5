import type { Connection, PeerId } from '@libp2p/interface'
import type { KadDHTComponents } from '@libp2p/kad-dht'
import type { Ping } from '@libp2p/ping'
import { RmaError } from '../../shared/errors.ts'

type ConnectionManager = KadDHTComponents['connectionManager']
type Connections = Pick<ConnectionManager, 'getConnections'>

/**
 * The components that kad-dht gets, changed so that it never opens a connection and pings nobody. By itself it dials every
 * peer that an answer names and pings it, to see whether it may enter the table, so that N nodes drift towards N²/2
 * connections; and it asks the network for random keys every few minutes, when a node should be idle. Like this its table
 * holds those servers this node is connected with, and it answers others' lookups from it.
 */
export function connectedOnly(connections: Connections): Pick<KadDHTComponents, 'connectionManager' | 'ping'> {
  return { connectionManager: withoutDialling(connections), ping: pingOf(connections) }
}

/** The rest of what a connection manager does is no business of kad-dht's, which does not ask for it. */
function withoutDialling(connections: Connections): ConnectionManager {
  return {
    getConnections: peer => connections.getConnections(peer),
    getConnectionsMap: refuseNow,
    getMaxConnections: refuseNow,
    setMaxConnections: refuseNow,
    openConnection: refuse,
    openStream: refuse,
    closeConnections: refuse,
    acceptIncomingConnection: refuseNow,
    afterUpgradeInbound: refuseNow,
    getDialQueue: () => [],
    isDialable: async () => false,
  }
}

/** An open connection is checked by libp2p itself; its last round trip is as good as another one. */
function pingOf(manager: Connections): Ping {
  return {
    async ping(peer) {
      const [connection] = isPeerId(peer) ? manager.getConnections(peer) : []
      return roundTrip(connection)
    },
  }
}

function roundTrip(connection: Connection | undefined): number {
  if (connection === undefined) throw notConnected()
  return connection.rtt ?? 0
}

function isPeerId(peer: Parameters<Ping['ping']>[0]): peer is PeerId {
  return 'toMultihash' in peer
}

async function refuse(): Promise<never> {
  throw notConnected()
}

function refuseNow(): never {
  throw notConnected()
}

function notConnected(): RmaError {
  return new RmaError('NOT_FOUND', 'the DHT only knows peers that this node is connected with')
}
