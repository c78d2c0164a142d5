import { Pin, SearchX } from 'lucide-react'
import { useMemo, useState } from 'react'
import type { Topology } from '../../../shared/schema/topology.ts'
import { EmptyState } from '../../components/empty-state.tsx'
import { type Column, VirtualTable } from '../../components/virtual-table.tsx'
import { formatClock, formatDuration, formatShare } from '../../strings/format.ts'
import { strings } from '../../strings/index.ts'
import { serviceName } from '../../strings/service-name.ts'
import { matches, type NodeFilter } from './node-filter.ts'
import { type NodeColumn, type NodeRow, nextSorting, nodeRows, sortRows } from './node-row.ts'
import { NodeSymbol } from './node-symbol.tsx'
import styles from './node-table.module.css'
import { nodeName, nodeState } from './node-words.ts'
import type { Pins } from './pins.ts'

const words = strings.topology

const columns = (pins: Pins): readonly Column<NodeRow, NodeColumn>[] => [
  {
    id: 'peer',
    title: words.columns.peer,
    width: 'minmax(7rem, 1fr)',
    cell: ({ node }) => (
      <span className={styles.peer} title={node.peerId}>
        <NodeSymbol node={node} />
        {nodeName(node)}
        {pins.has(node.peerId) && <Pin size={13} aria-label={words.pinned} />}
      </span>
    ),
  },
  { id: 'role', title: words.columns.role, width: 'minmax(5.5rem, 0.6fr)', cell: ({ node }) => words.role[node.role] },
  {
    id: 'state',
    title: words.columns.state,
    width: 'minmax(6.5rem, 0.6fr)',
    cell: ({ node }) => nodeState(node),
    secondary: true,
  },
  {
    id: 'path',
    title: words.columns.path,
    width: 'minmax(4rem, 0.4fr)',
    cell: ({ path }) => (path === undefined ? '–' : strings.path[path]),
    secondary: true,
  },
  {
    id: 'latency',
    title: words.columns.latency,
    width: '4.75rem',
    align: 'end',
    cell: ({ rttMs }) => (rttMs === undefined ? '–' : formatDuration(rttMs)),
  },
  {
    id: 'load',
    title: words.columns.load,
    width: '3.75rem',
    align: 'end',
    cell: ({ node }) => (node.load === undefined ? '–' : formatShare(node.load)),
  },
  {
    id: 'services',
    title: words.columns.services,
    width: 'minmax(6rem, 2.1fr)',
    cell: ({ node }) => node.services.map(serviceName).join(', ') || '–',
    secondary: true,
  },
  {
    id: 'location',
    title: words.columns.location,
    width: 'minmax(5rem, 0.6fr)',
    cell: ({ node }) => node.location ?? '–',
    secondary: true,
  },
  {
    id: 'lastSeen',
    title: words.columns.lastSeen,
    width: '5.5rem',
    align: 'end',
    cell: ({ node }) => formatClock(node.lastSeen),
    secondary: true,
  },
]

interface NodeTableProps {
  topology: Topology
  filter: NodeFilter
  pins: Pins
  selected: string | undefined
  onSelect: (peerId: string | undefined) => void
}

/** Everything the graph shows, as rows. */
export function NodeTable({ topology, filter, pins, selected, onSelect }: NodeTableProps) {
  const [sorting, setSorting] = useState<{ column: NodeColumn; direction: 'ascending' | 'descending' }>({
    column: 'latency',
    direction: 'ascending',
  })
  const rows = useMemo(
    () =>
      sortRows(
        nodeRows(topology).filter(row => matches(row, filter)),
        sorting,
        id => pins.has(id),
      ),
    [topology, filter, pins, sorting],
  )
  if (rows.length === 0) return <EmptyState icon={SearchX} title={words.emptySearch} />
  return (
    <VirtualTable
      label={words.tableLabel}
      columns={columns(pins)}
      rows={rows}
      rowKey={row => row.node.peerId}
      selected={selected}
      onSelect={({ node }) => onSelect(node.peerId === selected ? undefined : node.peerId)}
      sorting={sorting}
      onSort={column => setSorting(nextSorting(sorting, column))}
    />
  )
}
