import { LoaderCircle } from 'lucide-react'
import { useMemo, useState } from 'react'
import { EmptyState } from '../../components/empty-state.tsx'
import { PageHeader } from '../../components/page-header.tsx'
import { SearchBox } from '../../components/search-box.tsx'
import { Segments } from '../../components/segments.tsx'
import { useHashLocation } from '../../hash-location.ts'
import { useNode } from '../../store/node-context.tsx'
import { strings } from '../../strings/index.ts'
import { DetailsPanel } from './details-panel.tsx'
import { GraphCanvas } from './graph-canvas.tsx'
import { GroupPanel } from './group-panel.tsx'
import { ungroupedUpTo } from './grouping.ts'
import { Legend } from './legend.tsx'
import { NodeTable } from './node-table.tsx'
import { OwnWindowButton } from './own-window-button.tsx'
import { TopologyCounts } from './topology-counts.tsx'
import styles from './topology-page.module.css'
import { useGroups } from './use-groups.ts'

const words = strings.topology
const views = () =>
  [
    { id: 'graph', label: words.graph },
    { id: 'ring', label: words.ring },
    { id: 'table', label: words.table },
  ] as const

export default function TopologyPage() {
  const topology = useNode(state => state.topology)
  const { ownWindow } = useHashLocation()
  const [view, setView] = useState<ReturnType<typeof views>[number]['id']>('graph')
  const [search, setSearch] = useState('')
  const [selected, setSelected] = useState<string>()
  const { grouping, groups, open, group, toggle } = useGroups(topology)
  const arrangement = view === 'ring' ? 'ring' : 'graph'
  const shown = useMemo(
    () => ({ arrangement, search, selected, groups, open }) as const,
    [arrangement, search, selected, groups, open],
  )
  if (topology === undefined) return <EmptyState icon={LoaderCircle} title={words.loading} />
  return (
    <>
      <PageHeader title={strings.page.topology}>
        <TopologyCounts counts={topology.counts} />
        <SearchBox label={words.search} placeholder={words.searchPlaceholder} value={search} onChange={setSearch} />
        <Segments label={words.view} options={views()} value={view} onChange={setView} />
        {!ownWindow && <OwnWindowButton />}
      </PageHeader>
      <div className={styles.body}>
        <div className={styles.picture}>
          {view === 'table' ? (
            <NodeTable topology={topology} search={search} selected={selected} onSelect={setSelected} />
          ) : (
            <>
              <GraphCanvas shown={shown} onSelect={id => toggle(id) || setSelected(id)} />
              {view === 'graph' && topology.counts.known > ungroupedUpTo && (
                <GroupPanel grouping={grouping} groups={groups} open={open} onGroup={group} onToggle={toggle} />
              )}
              <Legend grouped={view === 'graph' && groups.length > 0} />
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
