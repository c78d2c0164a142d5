import { LoaderCircle } from 'lucide-react'
import { useState } from 'react'
import { EmptyState } from '../../components/empty-state.tsx'
import { PageHeader } from '../../components/page-header.tsx'
import { SearchBox } from '../../components/search-box.tsx'
import { Segments } from '../../components/segments.tsx'
import { useHashLocation } from '../../hash-location.ts'
import { useNode } from '../../store/node-context.tsx'
import { strings } from '../../strings/index.ts'
import { DetailsPanel } from './details-panel.tsx'
import { GraphCanvas } from './graph-canvas.tsx'
import { Legend } from './legend.tsx'
import { NodeTable } from './node-table.tsx'
import { OwnWindowButton } from './own-window-button.tsx'
import { TopologyCounts } from './topology-counts.tsx'
import styles from './topology-page.module.css'

const words = strings.topology
const views = [
  { id: 'graph', label: words.graph },
  { id: 'ring', label: words.ring },
  { id: 'table', label: words.table },
] as const

export default function TopologyPage() {
  const topology = useNode(state => state.topology)
  const { ownWindow } = useHashLocation()
  const [view, setView] = useState<(typeof views)[number]['id']>('graph')
  const [search, setSearch] = useState('')
  const [selected, setSelected] = useState<string>()
  if (topology === undefined) return <EmptyState icon={LoaderCircle} title={words.loading} />
  return (
    <>
      <PageHeader title={strings.page.topology}>
        <TopologyCounts counts={topology.counts} />
        <SearchBox label={words.search} placeholder={words.searchPlaceholder} value={search} onChange={setSearch} />
        <Segments label={words.view} options={views} value={view} onChange={setView} />
        {!ownWindow && <OwnWindowButton />}
      </PageHeader>
      <div className={styles.body}>
        <div className={styles.picture}>
          {view === 'table' ? (
            <NodeTable topology={topology} search={search} selected={selected} onSelect={setSelected} />
          ) : (
            <>
              <GraphCanvas arrangement={view} search={search} selected={selected} onSelect={setSelected} />
              <Legend />
              {topology.counts.known === 0 && (
                <p className={styles.alone} role="status">
                  <b>{words.empty}</b>
                  {words.emptyHint}
                </p>
              )}
            </>
          )}
        </div>
        {selected !== undefined && (
          <DetailsPanel topology={topology} peerId={selected} onClose={() => setSelected(undefined)} />
        )}
      </div>
    </>
  )
}
