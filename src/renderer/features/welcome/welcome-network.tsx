import { useMemo } from 'react'
import { useNode } from '../../store/node-context.tsx'
import { strings } from '../../strings/index.ts'
import { GraphCanvas } from '../topology/graph-canvas.tsx'
import { openFilter } from '../topology/node-filter.ts'
import { noPins } from '../topology/pins.ts'
import { TopologyCounts } from '../topology/topology-counts.tsx'
import { useGroups } from '../topology/use-groups.ts'
import styles from './welcome-network.module.css'

/** The network as it is, from the first moment on. */
export default function WelcomeNetwork() {
  const topology = useNode(state => state.topology)
  const { grouping, open, toggle } = useGroups(topology)
  const shown = useMemo(
    () => ({ arrangement: 'graph', filter: openFilter, pins: noPins, selected: undefined, grouping, open }) as const,
    [grouping, open],
  )
  const findsNeighbours = useNode(({ settings }) => settings?.network.mdns)
  if (topology === undefined) return null
  return (
    <GraphCanvas shown={shown} onSelect={toggle}>
      <div className={styles.caption} data-covers>
        <h2>{strings.welcome.network}</h2>
        <TopologyCounts counts={topology.counts} />
        {topology.counts.known === 0 && findsNeighbours && <p>{strings.topology.emptyHint}</p>}
      </div>
    </GraphCanvas>
  )
}
