import Graph from 'graphology'
import type { PathKind } from '../../../shared/schema/primitives.ts'
import type { Item, Picture } from './grouping.ts'
import { type ItemLook, itemLook, itemRadius } from './node-look.ts'

export interface NodeAttributes {
  item: Item
  look: ItemLook
  /** World units. */
  radius: number
}

export interface EdgeAttributes {
  path: PathKind
  rttMs: number | undefined
  /** Connections that it stands for. */
  count: number
}

export type NetworkGraph = Graph<NodeAttributes, EdgeAttributes>

export function createNetworkGraph(): NetworkGraph {
  return new Graph<NodeAttributes, EdgeAttributes>({ type: 'undirected', multi: false, allowSelfLoops: false })
}

export interface GraphChange {
  added: string[]
  removed: string[]
  /** Nodes or edges came or went, or a group was opened: the layout has to move. */
  structural: boolean
}

/** Brings the graph to what the picture says and tells what changed. */
export function applyPicture(graph: NetworkGraph, { items, edges }: Picture): GraphChange {
  const present = new Set(items.map(item => item.id))
  const removed = graph.filterNodes(id => !present.has(id))
  for (const id of removed) graph.dropNode(id)
  const added: string[] = []
  let resized = false
  for (const item of items) {
    const attributes = { item, look: itemLook(item), radius: itemRadius(item) }
    if (!graph.hasNode(item.id)) added.push(item.id)
    else if (graph.getNodeAttribute(item.id, 'look') !== attributes.look) resized ||= item.kind === 'group'
    graph.mergeNode(item.id, attributes)
  }
  const keyed = new Map(edges.map(edge => [edge.key, edge]))
  const gone = graph.filterEdges(key => !keyed.has(key))
  for (const edge of gone) graph.dropEdge(edge)
  let edgesAdded = false
  for (const [key, { from, to, path, rttMs, count }] of keyed) {
    if (!graph.hasEdge(key)) {
      edgesAdded = true
      graph.addEdgeWithKey(key, from, to, { path, rttMs, count })
      continue
    }
    // Most of thousands of edges are as they were each second: looking is far cheaper than writing.
    const known = graph.getEdgeAttributes(key)
    if (known.path !== path || known.rttMs !== rttMs || known.count !== count) {
      graph.replaceEdgeAttributes(key, { path, rttMs, count })
    }
  }
  const structural = added.length > 0 || removed.length > 0 || gone.length > 0 || edgesAdded || resized
  return { added, removed, structural }
}
