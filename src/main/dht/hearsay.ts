import type { PeerIdText } from '../../shared/schema/primitives.ts'
import type { Topology, TopologyEdge, TopologyNode } from '../../shared/schema/topology.ts'
import type { Milliseconds } from '../../shared/units.ts'
import type { Neighbour } from './neighbours-frames.ts'
import { forgetAfterMs, maxNodes } from './topology.ts'

/** Most nodes shown that only others have told of: anybody can make some up. */
export const maxHeardNodes = 2_000
/** Most connections shown that only others have told of. */
export const maxHeardEdges = 8_000

/** Who a peer says it is connected with. */
export interface Hearsay {
  from: PeerIdText
  neighbours: readonly Neighbour[]
  heardAt: Milliseconds
}

export interface HearsayContext {
  self: PeerIdText
  now: Milliseconds
  /** A peer's place on the key-space ring, 0 up to 1. */
  position(peerId: PeerIdText): number
}

/**
 * Adds to what this node sees itself what others say of their own connections, the newest first. Second-hand knowledge: it
 * adds nodes and edges and changes none, says nothing of this node's own connections, and is bounded. Pure.
 */
export function withHearsay(seen: Topology, hearsay: readonly Hearsay[], context: HearsayContext): Topology {
  const { self, now, position } = context
  const known = new Set(seen.nodes.map(node => node.peerId))
  const room = Math.min(maxHeardNodes, maxNodes - known.size)
  const nodes: TopologyNode[] = []
  const edges = new Map<string, TopologyEdge>()
  const newestFirst = hearsay
    .filter(({ from, heardAt }) => from !== self && known.has(from) && heardAt > now - forgetAfterMs)
    .sort((a, b) => b.heardAt - a.heardAt)
  for (const { from, neighbours, heardAt } of newestFirst) {
    for (const { peer, path, rttMs } of neighbours) {
      if (edges.size >= maxHeardEdges || peer === self || peer === from) continue
      if (!known.has(peer)) {
        if (nodes.length >= room) continue
        known.add(peer)
        nodes.push({ peerId: peer, self: false, connected: false, role: 'peer', services: [], lastSeen: heardAt })
      }
      const pair = pairOf(from, peer)
      if (!edges.has(pair)) edges.set(pair, { from, to: peer, path, ...(rttMs === undefined ? {} : { rttMs }) })
    }
  }
  return {
    nodes: [...seen.nodes, ...nodes],
    edges: [...seen.edges, ...edges.values()],
    ring: [...seen.ring, ...nodes.map(({ peerId }) => ({ peerId, position: position(peerId) }))],
    counts: { ...seen.counts, known: seen.counts.known + nodes.length },
  }
}

/** Both ends tell of a connection; it is one. */
function pairOf(a: PeerIdText, b: PeerIdText): string {
  return a < b ? `${a} ${b}` : `${b} ${a}`
}
