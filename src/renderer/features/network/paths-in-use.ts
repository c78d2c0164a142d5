import type { PathKind, PeerIdText } from '../../../shared/schema/primitives.ts'
import type { Topology } from '../../../shared/schema/topology.ts'

/** Connections of one kind that this node has. */
export interface PathInUse {
  path: PathKind
  peers: number
  /** Median of their round trips; undefined while none is measured. */
  rttMs: number | undefined
}

/** The way to one peer. */
export interface PeerPath {
  peerId: PeerIdText
  path: PathKind
  rttMs: number | undefined
}

/** How this node is connected with its peers, the kind with the most first. */
export function pathsInUse(topology: Topology): PathInUse[] {
  return [...Map.groupBy(peerPaths(topology), ({ path }) => path)]
    .map(([path, peers]) => ({ path, peers: peers.length, rttMs: median(peers.flatMap(({ rttMs }) => rttMs ?? [])) }))
    .sort((a, b) => b.peers - a.peers)
}

/** The way to each peer, the slowest first: those are what can be mended. */
export function peerPaths({ nodes, edges }: Topology): PeerPath[] {
  const self = nodes.find(node => node.self)?.peerId
  const byPeer = new Map<PeerIdText, PeerPath>()
  for (const { from, to, path, rttMs } of edges) {
    if (from !== self && to !== self) continue
    const peerId = from === self ? to : from
    if (!byPeer.has(peerId)) byPeer.set(peerId, { peerId, path, rttMs })
  }
  return [...byPeer.values()].sort((a, b) => (b.rttMs ?? 0) - (a.rttMs ?? 0))
}

function median(values: number[]): number | undefined {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]
}
