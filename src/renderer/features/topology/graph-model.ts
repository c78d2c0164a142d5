import Graph from 'graphology'
import type { PathKind } from '../../../shared/schema/primitives.ts'
import type { Topology, TopologyEdge, TopologyNode } from '../../../shared/schema/topology.ts'
import { type NodeLook, nodeLook, nodeRadius } from './node-look.ts'

export interface NodeAttributes {
  node: TopologyNode
  look: NodeLook
  radius: number
}

export interface EdgeAttributes {
  path: PathKind
  rttMs: number | undefined
}

export type NetworkGraph = Graph<NodeAttributes, EdgeAttributes>

export function createNetworkGraph(): NetworkGraph {
  return new Graph<NodeAttributes, EdgeAttributes>({ type: 'undirected', multi: false, allowSelfLoops: false })
}

export interface GraphChange {
  added: string[]
  removed: string[]
  /** Nodes or edges came or went: the layout has to move. */
  structural: boolean
}

/**
 * Brings the graph to what the snapshot says and tells what changed. Both ends report an edge: the faster report
 * stands. Edges to nodes that are not in the snapshot are left out.
 */
export function applyTopology(graph: NetworkGraph, topology: Topology): GraphChange {
  const present = new Set(topology.nodes.map(node => node.peerId))
  const removed = graph.filterNodes(peerId => !present.has(peerId))
  for (const peerId of removed) graph.dropNode(peerId)
  const added: string[] = []
  for (const node of topology.nodes) {
    if (!graph.hasNode(node.peerId)) added.push(node.peerId)
    graph.mergeNode(node.peerId, { node, look: nodeLook(node), radius: nodeRadius(node) })
  }
  const edges = strongestEdges(topology.edges, present)
  const gone = graph.filterEdges(key => !edges.has(key))
  for (const edge of gone) graph.dropEdge(edge)
  let edgesAdded = false
  for (const [key, { from, to, path, rttMs }] of edges) {
    if (!graph.hasEdge(key)) {
      edgesAdded = true
      graph.addEdgeWithKey(key, from, to, { path, rttMs })
      continue
    }
    // Most of thousands of edges are as they were each second: looking is far cheaper than writing.
    const known = graph.getEdgeAttributes(key)
    if (known.path !== path || known.rttMs !== rttMs) graph.replaceEdgeAttributes(key, { path, rttMs })
  }
  return { added, removed, structural: added.length > 0 || removed.length > 0 || gone.length > 0 || edgesAdded }
}

function strongestEdges(edges: readonly TopologyEdge[], present: ReadonlySet<string>): Map<string, TopologyEdge> {
  const strongest = new Map<string, TopologyEdge>()
  for (const edge of edges) {
    if (edge.from === edge.to || !present.has(edge.from) || !present.has(edge.to)) continue
    const key = edgeKey(edge.from, edge.to)
    const known = strongest.get(key)
    if (known === undefined || (edge.rttMs ?? Number.POSITIVE_INFINITY) < (known.rttMs ?? Number.POSITIVE_INFINITY)) {
      // The key says which end comes first, whoever reported it.
      strongest.set(key, edge.from < edge.to ? edge : { ...edge, from: edge.to, to: edge.from })
    }
  }
  return strongest
}

/** The same for both directions. */
export function edgeKey(from: string, to: string): string {
  return from < to ? `${from} ${to}` : `${to} ${from}`
}
