import type { PathKind } from '../../../shared/schema/primitives.ts'
import type { Topology, TopologyNode } from '../../../shared/schema/topology.ts'
import type { Sorting } from '../../components/sortable-header.tsx'

/** A node with how this machine reaches it. */
export interface NodeRow {
  node: TopologyNode
  path: PathKind | undefined
  rttMs: number | undefined
}

export type NodeColumn = 'peer' | 'role' | 'state' | 'path' | 'latency' | 'load' | 'services' | 'location' | 'lastSeen'

/** One row for each node, with the fastest edge between it and this machine. */
export function nodeRows(topology: Topology): NodeRow[] {
  const selfId = topology.nodes.find(node => node.self)?.peerId
  const ways = new Map<string, { path: PathKind; rttMs: number | undefined }>()
  for (const { from, to, path, rttMs } of topology.edges) {
    if (from !== selfId && to !== selfId) continue
    const other = from === selfId ? to : from
    const known = ways.get(other)
    if (known === undefined || (rttMs ?? Number.POSITIVE_INFINITY) < (known.rttMs ?? Number.POSITIVE_INFINITY)) {
      ways.set(other, { path, rttMs })
    }
  }
  return topology.nodes.map(node => {
    const way = ways.get(node.peerId)
    return { node, path: way?.path, rttMs: way?.rttMs }
  })
}

/** The rows in the order asked for, this machine's and pinned ones before all others; rows without a value come last either way, equal ones by peer id. */
export function sortRows(
  rows: readonly NodeRow[],
  { column, direction }: Sorting<NodeColumn>,
  isPinned: (peerId: string) => boolean = () => false,
): NodeRow[] {
  const rank = ({ node }: NodeRow) => (node.self ? 0 : isPinned(node.peerId) ? 1 : 2)
  const sign = direction === 'ascending' ? 1 : -1
  return rows
    .map(row => ({ row, value: sortValue(row, column) }))
    .sort((a, b) => {
      const [first, second] = [rank(a.row), rank(b.row)]
      if (first !== second) return first - second
      if (a.value === undefined || b.value === undefined) {
        if (a.value !== b.value) return a.value === undefined ? 1 : -1
      } else if (a.value !== b.value) {
        return (a.value < b.value ? -1 : 1) * sign
      }
      return a.row.node.peerId < b.row.node.peerId ? -1 : 1
    })
    .map(({ row }) => row)
}

function sortValue({ node, path, rttMs }: NodeRow, column: NodeColumn): string | number | undefined {
  switch (column) {
    case 'peer':
      return node.self ? '' : node.peerId.slice(-6)
    case 'role':
      return node.role
    case 'state':
      return node.state
    case 'path':
      return path
    case 'latency':
      return rttMs
    case 'load':
      return node.load
    case 'services':
      return node.services.length === 0 ? undefined : node.services.join(' ')
    case 'location':
      return node.location
    case 'lastSeen':
      return node.lastSeen
  }
}

/** What a click on a column's head leads to: ascending first, then the other way round. */
export function nextSorting(sorting: Sorting<NodeColumn>, column: NodeColumn): Sorting<NodeColumn> {
  const turned = sorting.column === column && sorting.direction === 'ascending'
  return { column, direction: turned ? 'descending' : 'ascending' }
}
