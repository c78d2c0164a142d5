import { LoaderCircle } from 'lucide-react'
import { useMemo, useRef, useState } from 'react'
import { EmptyState } from '../../components/empty-state.tsx'
import { PageHeader } from '../../components/page-header.tsx'
import { SearchBox } from '../../components/search-box.tsx'
import { Segments } from '../../components/segments.tsx'
import { useHashLocation } from '../../hash-location.ts'
import { useNode } from '../../store/node-context.tsx'
import { strings } from '../../strings/index.ts'
import { DetailsPanel } from './details-panel.tsx'
import { FilterButton } from './filter-button.tsx'
import type { Point } from './geometry.ts'
import { GraphCanvas } from './graph-canvas.tsx'
import { GroupPanel } from './group-panel.tsx'
import { ungroupedUpTo } from './grouping.ts'
import { Legend } from './legend.tsx'
import { foundIn, openFilter } from './node-filter.ts'
import { NodeTable } from './node-table.tsx'
import { OwnWindowButton } from './own-window-button.tsx'
import { freePlace } from './pins.ts'
import { TopologyCounts } from './topology-counts.tsx'
import styles from './topology-page.module.css'
import { useGroups } from './use-groups.ts'
import { usePins } from './use-pins.ts'

const words = strings.topology
const views = () =>
  [
    { id: 'graph', label: words.graph },
    { id: 'ring', label: words.ring },
    { id: 'table', label: words.table },
  ] as const

export default function TopologyPage() {
  const topology = useNode(state => state.topology)
  const findsNeighbours = useNode(({ settings }) => settings?.network.mdns)
  const { ownWindow } = useHashLocation()
  const [view, setView] = useState<ReturnType<typeof views>[number]['id']>('graph')
  const [filter, setFilter] = useState(openFilter)
  const { pins, pin } = usePins()
  const places = useRef<(id: string) => Point | undefined>(undefined)
  const [selected, setSelected] = useState<string>()
  const { grouping, groups, open, group, toggle } = useGroups(topology, pins)
  // With nobody else there is no ring to stand on.
  const arrangement = view === 'ring' && (topology?.counts.known ?? 0) > 0 ? 'ring' : 'graph'
  const shown = useMemo(
    () => ({ arrangement, filter, pins, selected, grouping, open }) as const,
    [arrangement, filter, pins, selected, grouping, open],
  )
  const found = useMemo(
    () => (topology === undefined ? 0 : (foundIn(topology, filter)?.size ?? topology.nodes.length)),
    [topology, filter],
  )
  if (topology === undefined) return <EmptyState icon={LoaderCircle} title={words.loading} />
  return (
    <>
      <PageHeader title={strings.page.topology}>
        <TopologyCounts counts={topology.counts} />
        <SearchBox
          label={words.search}
          placeholder={words.searchPlaceholder}
          value={filter.search}
          onChange={search => setFilter({ ...filter, search })}
        />
        <FilterButton topology={topology} filter={filter} found={found} onChange={setFilter} />
        <div className={styles.view}>
          <Segments label={words.view} options={views()} value={view} onChange={setView} />
          {!ownWindow && <OwnWindowButton />}
        </div>
      </PageHeader>
      <div className={styles.body}>
        <div className={styles.picture}>
          {view === 'table' ? (
            <NodeTable topology={topology} filter={filter} pins={pins} selected={selected} onSelect={setSelected} />
          ) : (
            <>
              <GraphCanvas shown={shown} places={places} onSelect={id => toggle(id) || setSelected(id)} onPlace={pin}>
                {view === 'graph' && topology.counts.known > ungroupedUpTo && (
                  <GroupPanel grouping={grouping} groups={groups} open={open} onGroup={group} onToggle={toggle} />
                )}
                {arrangement === 'ring' && (
                  <p className={styles.meaning} data-covers>
                    {words.ringMeaning}
                  </p>
                )}
                <Legend grouped={view === 'graph' && groups.length > 0} />
              </GraphCanvas>
              {topology.counts.known === 0 && (
                <p className={styles.alone} role="status">
                  <b>{words.empty}</b>
                  {findsNeighbours && words.emptyHint}
                </p>
              )}
            </>
          )}
        </div>
        {selected !== undefined && (
          <DetailsPanel
            topology={topology}
            peerId={selected}
            isPinned={pins.has(selected)}
            onPin={pinned => pin(selected, pinned ? (places.current?.(selected) ?? freePlace(pins)) : undefined)}
            onClose={() => setSelected(undefined)}
          />
        )}
      </div>
    </>
  )
}
