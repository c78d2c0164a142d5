import type { Connection, PeerId } from '@libp2p/interface'

/** The part of libp2p's connection manager that lists connections. */
export interface ConnectionLister {
  getConnections(peer?: PeerId): Connection[]
  getConnectionsMap(): { values(): Iterable<Connection[]> }
}

/**
 * Lists all connections in one go. libp2p 3.3.11 joins an array for each peer to the last: 8.5 ms for 5,000, twice for each connection
 * that comes in, which at a coordinator's 20 a second are a third of a processor.
 */
export function listInOneGo(manager: ConnectionLister): void {
  const ofPeer = manager.getConnections.bind(manager)
  manager.getConnections = peer =>
    peer === undefined ? [...manager.getConnectionsMap().values()].flat() : ofPeer(peer)
}
