import { Pin, X } from 'lucide-react'
import { ToggleButton } from 'react-aria-components'
import type { Topology } from '../../../shared/schema/topology.ts'
import { Button } from '../../components/button.tsx'
import { CopyButton } from '../../components/copy-button.tsx'
import { type Fact, Facts } from '../../components/facts.tsx'
import { formatClock, formatDuration, formatMebibytes } from '../../strings/format.ts'
import { strings } from '../../strings/index.ts'
import { serviceName } from '../../strings/service-name.ts'
import styles from './details-panel.module.css'
import { nodeRows } from './node-row.ts'
import { NodeSymbol } from './node-symbol.tsx'
import { nodeName, nodeState } from './node-words.ts'

const words = strings.topology

/** Everything known of one node. */
export function DetailsPanel({
  topology,
  peerId,
  isPinned,
  onPin,
  onClose,
}: {
  topology: Topology
  peerId: string
  isPinned: boolean
  onPin: (pinned: boolean) => void
  onClose: () => void
}) {
  const row = nodeRows(topology).find(({ node }) => node.peerId === peerId)
  if (row === undefined) return null
  const { node, path, rttMs } = row
  const facts: Fact[] = [
    { name: words.columns.role, value: words.role[node.role] },
    { name: words.columns.state, value: nodeState(node) },
    { name: words.columns.path, value: path === undefined ? words.noPath : strings.path[path] },
    { name: words.columns.latency, value: rttMs === undefined ? words.unknown : formatDuration(rttMs) },
    { name: words.columns.load, value: node.load === undefined ? words.unknown : words.load({ share: node.load }) },
    { name: words.columns.services, value: node.services.map(serviceName).join(', ') || words.noServices },
    {
      name: words.capability,
      value:
        node.capabilities === undefined
          ? words.unknown
          : words.machine({
              threads: node.capabilities.cpuThreads,
              memory: formatMebibytes(node.capabilities.memoryMiB),
            }),
    },
    {
      name: words.graphics,
      value: node.capabilities && (node.capabilities.gpus.map(({ model }) => model).join(', ') || words.noServices),
    },
    { name: words.columns.location, value: node.location ?? words.unknown },
    { name: words.columns.lastSeen, value: formatClock(node.lastSeen) },
  ]
  return (
    <aside className={styles.panel} aria-label={words.details}>
      <header className={styles.header}>
        <NodeSymbol node={node} />
        <h2>{nodeName(node)}</h2>
        {!node.self && (
          <ToggleButton className={styles.pin ?? ''} isSelected={isPinned} onChange={onPin} aria-label={words.pin}>
            <Pin size={16} aria-hidden />
          </ToggleButton>
        )}
        <Button kind="icon" aria-label={words.close} onPress={onClose}>
          <X size={16} aria-hidden />
        </Button>
      </header>
      <Facts form="rows" facts={facts} />
      <p className={styles.peerId}>
        <code>{node.peerId}</code>
        <CopyButton label={words.copyPeerId} text={() => node.peerId} />
      </p>
    </aside>
  )
}
