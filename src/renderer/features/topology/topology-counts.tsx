import type { Topology } from '../../../shared/schema/topology.ts'
import { Definition } from '../../components/definition.tsx'
import { formatCount } from '../../strings/format.ts'
import { strings } from '../../strings/index.ts'
import styles from './topology-counts.module.css'

const words = strings.topology

/** The only counts of the network that the pages show: the node made them. */
export function TopologyCounts({ counts }: { counts: Topology['counts'] }) {
  return (
    <p className={styles.counts} data-testid="topology-counts" data-beside-title>
      <Definition hint={words.connectedHint}>
        <b>{formatCount(counts.connected)}</b> {words.connected}
      </Definition>
      <span aria-hidden="true">·</span>
      <Definition hint={words.knownHint}>
        <b>{formatCount(counts.known)}</b> {words.known}
      </Definition>
      <span aria-hidden="true">·</span>
      <Definition hint={words.donatingHint}>
        <b>{formatCount(counts.donating)}</b> {words.donating}
      </Definition>
    </p>
  )
}
