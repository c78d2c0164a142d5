import type { PathKind } from '../../../shared/schema/primitives.ts'
import type { Topology } from '../../../shared/schema/topology.ts'

/** Connections of one kind that this node has. */
export interface PathInUse {
  path: PathKind
  peers: number
  /** Median of their round trips; undefined while none is measured. */
  rttMs: number | undefined
}

/** How this node is connected with its peers, the kind with the most first. */
export function pathsInUse({ nodes, edges }: Topology): PathInUse[] {
  const self = nodes.find(node => node.self)?.peerId
  const byPath = new Map<PathKind, { peers: Set<string>; rtts: number[] }>()
  for (const { from, to, path, rttMs } of edges) {
    if (from !== self && to !== self) continue
    const group = byPath.get(path) ?? { peers: new Set(), rtts: [] }
    byPath.set(path, group)
    group.peers.add(from === self ? to : from)
    if (rttMs !== undefined) group.rtts.push(rttMs)
  }
  return [...byPath]
    .map(([path, { peers, rtts }]) => ({ path, peers: peers.size, rttMs: median(rtts) }))
    .sort((a, b) => b.peers - a.peers)
}

function median(values: number[]): number | undefined {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]
}
