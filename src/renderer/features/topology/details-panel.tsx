import { X } from 'lucide-react'
import type { Topology } from '../../../shared/schema/topology.ts'
import { Button } from '../../components/button.tsx'
import { CopyButton } from '../../components/copy-button.tsx'
import { formatClock, formatDuration, formatMebibytes } from '../../strings/format.ts'
import { strings } from '../../strings/index.ts'
import styles from './details-panel.module.css'
import { nodeRows } from './node-row.ts'
import { NodeSymbol } from './node-symbol.tsx'
import { nodeName, nodeState } from './node-words.ts'

const words = strings.topology

/** Everything known of one node. */
export function DetailsPanel({
  topology,
  peerId,
  onClose,
}: {
  topology: Topology
  peerId: string
  onClose: () => void
}) {
  const row = nodeRows(topology).find(({ node }) => node.peerId === peerId)
  if (row === undefined) return null
  const { node, path, rttMs } = row
  const facts: [string, string][] = [
    [words.columns.role, words.role[node.role]],
    [words.columns.state, nodeState(node)],
    [words.columns.path, path === undefined ? words.noPath : strings.path[path]],
    [words.columns.latency, rttMs === undefined ? words.unknown : formatDuration(rttMs)],
    [words.columns.load, node.load === undefined ? words.unknown : words.load({ share: node.load })],
    [words.columns.services, node.services.join(', ') || words.noServices],
    [
      words.capability,
      node.capabilities === undefined
        ? words.unknown
        : words.machine({
            threads: node.capabilities.cpuThreads,
            memory: formatMebibytes(node.capabilities.memoryMiB),
          }),
    ],
    [words.columns.location, node.location ?? words.unknown],
    [words.columns.lastSeen, formatClock(node.lastSeen)],
  ]
  return (
    <aside className={styles.panel} aria-label={words.details}>
      <header className={styles.header}>
        <NodeSymbol node={node} />
        <h2>{nodeName(node)}</h2>
        <Button kind="icon" aria-label={words.close} onPress={onClose}>
          <X size={16} aria-hidden />
        </Button>
      </header>
      <dl className={styles.facts}>
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <p className={styles.peerId}>
        <code>{node.peerId}</code>
        <CopyButton label={words.copyPeerId} text={() => node.peerId} />
      </p>
    </aside>
  )
}
