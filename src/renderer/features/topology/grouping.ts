import type { Topology, TopologyEdge, TopologyNode } from '../../../shared/schema/topology.ts'
import { strings } from '../../strings/index.ts'
import { serviceName } from '../../strings/service-name.ts'

const words = strings.topology.group

export type Grouping = 'place' | 'services' | 'none'

/** Up to so many nodes each is shown for itself. */
export const ungroupedUpTo = 12
/** Most groups shown: places are what strangers call them. The smallest beyond these become one. */
export const maxGroups = 40

/** Nodes of one place, or with the same services. */
export interface NodeGroup {
  readonly id: string
  /** In words, for people. */
  readonly name: string
  readonly members: readonly TopologyNode[]
}

/** What is drawn as one thing: a node, or a group of them, whose members are drawn beside it while it is open. */
export type Item =
  | { readonly kind: 'node'; readonly id: string; readonly node: TopologyNode }
  | { readonly kind: 'group'; readonly id: string; readonly group: NodeGroup; readonly open: boolean }

/** An edge between two items: one connection, or all those between the nodes they stand for. */
export interface ItemEdge extends TopologyEdge {
  /** Of `edgeKey`. */
  readonly key: string
  /** Connections that it stands for. */
  readonly count: number
}

/** The network as it is drawn. */
export interface Picture {
  readonly items: readonly Item[]
  readonly edges: readonly ItemEdge[]
  /** An open group's id with each of its members. */
  readonly ties: readonly (readonly [string, string])[]
  /** Id of the item each peer is drawn as. */
  readonly shownAs: ReadonlyMap<string, string>
}

/** How a network is best grouped: not at all while it is small, by place where most say theirs, else by services. */
export function suggestedGrouping({ nodes }: Topology): Grouping {
  if (nodes.length - 1 <= ungroupedUpTo) return 'none'
  const located = nodes.filter(node => node.location !== undefined).length
  return located > nodes.length / 2 ? 'place' : 'services'
}

/**
 * The groups of a network, largest first. This machine is in none, and neither are pinned nodes, nor who would be alone in
 * one.
 */
export function groupsOf(
  topology: Topology,
  grouping: Grouping,
  isPinned: (peerId: string) => boolean = () => false,
): NodeGroup[] {
  if (grouping === 'none') return []
  const byName = new Map<string, TopologyNode[]>()
  for (const node of topology.nodes) {
    if (node.self || isPinned(node.peerId)) continue
    const name = grouping === 'place' ? (node.location ?? '') : servicesOf(node)
    const named = byName.get(name)
    if (named === undefined) byName.set(name, [node])
    else named.push(node)
  }
  const groups = [...byName]
    .filter(([, members]) => members.length > 1)
    .map(
      ([name, members]): NodeGroup => ({ id: `${grouping}:${name}`, name: name || words.unnamed[grouping], members }),
    )
    .sort((a, b) => b.members.length - a.members.length || (a.id < b.id ? -1 : 1))
  if (groups.length <= maxGroups) return groups
  const rest = groups.slice(maxGroups - 1).flatMap(group => group.members)
  return [...groups.slice(0, maxGroups - 1), { id: `${grouping}-others`, name: words.others[grouping], members: rest }]
}

/** Mean load of those that donate, 0 to 1; undefined where none does. */
export function meanLoad(members: readonly TopologyNode[]): number | undefined {
  const loads = members.flatMap(({ state, load }) => (state === 'donating' && load !== undefined ? load : []))
  return loads.length === 0 ? undefined : loads.reduce((sum, load) => sum + load, 0) / loads.length
}

function servicesOf({ services }: TopologyNode): string {
  return services.map(serviceName).sort().join(', ')
}

/** The network with the members of each group that is not open drawn as one. */
export function pictureOf(topology: Topology, groups: readonly NodeGroup[], open: ReadonlySet<string>): Picture {
  const shownAs = new Map<string, string>()
  const ties: [string, string][] = []
  for (const { id, members } of groups) {
    for (const { peerId } of members) {
      if (open.has(id)) ties.push([id, peerId])
      else shownAs.set(peerId, id)
    }
  }
  const single = topology.nodes.filter(({ peerId }) => !shownAs.has(peerId))
  const items: Item[] = [
    ...single.map((node): Item => ({ kind: 'node', id: node.peerId, node })),
    ...groups.map((group): Item => ({ kind: 'group', id: group.id, group, open: open.has(group.id) })),
  ]
  for (const { peerId } of single) shownAs.set(peerId, peerId)
  return { items, edges: edgesBetween(topology.edges, shownAs), ties, shownAs }
}

/**
 * One edge between two items, whoever reported its connections: of the kind of the fastest. Connections within an item, or
 * to nodes that are not in the picture, are left out.
 */
function edgesBetween(edges: readonly TopologyEdge[], shownAs: ReadonlyMap<string, string>): ItemEdge[] {
  const merged = new Map<string, TopologyEdge>()
  /** Only edges of a group stand for more than one connection. */
  const pairs = new Map<string, Set<string>>()
  for (const edge of edges) {
    const [from, to] = [shownAs.get(edge.from), shownAs.get(edge.to)]
    if (from === undefined || to === undefined || from === to) continue
    const key = edgeKey(from, to)
    const known = merged.get(key)
    if (known === undefined || rtt(edge) < rtt(known)) {
      // The key says which end comes first, whoever reported it.
      merged.set(key, from < to ? { ...edge, from, to } : { ...edge, from: to, to: from })
    }
    if (from === edge.from && to === edge.to) continue
    const inside = pairs.get(key) ?? new Set()
    pairs.set(key, inside.add(edgeKey(edge.from, edge.to)))
  }
  return [...merged].map(([key, edge]) => ({ ...edge, key, count: pairs.get(key)?.size ?? 1 }))
}

const rtt = ({ rttMs }: TopologyEdge) => rttMs ?? Number.POSITIVE_INFINITY

/** The same for both directions. */
export function edgeKey(from: string, to: string): string {
  return from < to ? `${from} ${to}` : `${to} ${from}`
}
