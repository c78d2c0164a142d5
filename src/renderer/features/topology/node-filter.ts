import type { PathKind } from '../../../shared/schema/primitives.ts'
import type { Topology, TopologyNode } from '../../../shared/schema/topology.ts'
import { serviceName } from '../../strings/service-name.ts'
import { type NodeRow, nodeRows } from './node-row.ts'

/** How this machine reaches a node; `none`: no connection. */
export type PathChoice = Exclude<PathKind, 'local'> | 'none'
/** What a node offers now; `none`: it does not donate. */
export type StateChoice = NonNullable<TopologyNode['state']> | 'none'

/** What nodes are picked out by. Nothing chosen of a kind: all of it. */
export interface NodeFilter {
  search: string
  roles: readonly TopologyNode['role'][]
  states: readonly StateChoice[]
  paths: readonly PathChoice[]
  services: readonly string[]
}

export const openFilter: NodeFilter = { search: '', roles: [], states: [], paths: [], services: [] }

/** How many kinds of choice narrow the view, the search not counted. */
export function choicesIn({ roles, states, paths, services }: NodeFilter): number {
  return [roles, states, paths, services].filter(chosen => chosen.length > 0).length
}

export function isOpen(filter: NodeFilter): boolean {
  return filter.search.trim() === '' && choicesIn(filter) === 0
}

export function matches({ node, path }: NodeRow, filter: NodeFilter): boolean {
  const { roles, states, paths, services } = filter
  if (roles.length > 0 && !roles.includes(node.role)) return false
  if (states.length > 0 && !states.includes(node.state ?? 'none')) return false
  // This machine reaches itself in no way that could be chosen.
  if (paths.length > 0 && (node.self || path === 'local' || !paths.includes(path ?? 'none'))) return false
  if (services.length > 0 && !services.some(service => node.services.includes(service))) return false
  return matchesSearch(node, filter.search)
}

/** Ids of the nodes that match; undefined where nothing is filtered. */
export function foundIn(topology: Topology, filter: NodeFilter): ReadonlySet<string> | undefined {
  if (isOpen(filter)) return undefined
  const rows = nodeRows(topology).filter(row => matches(row, filter))
  return new Set(rows.map(({ node }) => node.peerId))
}

/** Most services that can be chosen from: their names are what strangers call them. */
const serviceLimit = 12

/** Services that nodes say they offer, those of most nodes first. */
export function servicesIn({ nodes }: Topology): string[] {
  const counts = new Map<string, number>()
  for (const service of nodes.flatMap(node => node.services)) counts.set(service, (counts.get(service) ?? 0) + 1)
  return [...counts]
    .sort(([a, most], [b, fewer]) => fewer - most || (a < b ? -1 : 1))
    .slice(0, serviceLimit)
    .map(([service]) => service)
}

/** Whether each word of the search occurs in what the node says of itself, its services also by their names. */
function matchesSearch(node: TopologyNode, search: string): boolean {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean)
  if (words.length === 0) return true
  const services = node.services.flatMap(service => [service, serviceName(service)])
  const text = [node.peerId, node.role, node.state ?? '', node.location ?? '', ...services].join(' ').toLowerCase()
  return words.every(word => text.includes(word))
}
