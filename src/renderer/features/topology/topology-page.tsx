import { LoaderCircle } from 'lucide-react'
import { useState } from 'react'
import { EmptyState } from '../../components/empty-state.tsx'
import { PageHeader } from '../../components/page-header.tsx'
import { SearchBox } from '../../components/search-box.tsx'
import { useNode } from '../../store/node-context.tsx'
import { strings } from '../../strings/index.ts'
import { NodeTable } from './node-table.tsx'
import { TopologyCounts } from './topology-counts.tsx'

export default function TopologyPage() {
  const topology = useNode(state => state.topology)
  const [search, setSearch] = useState('')
  const [selected, setSelected] = useState<string>()
  const words = strings.topology
  if (topology === undefined) return <EmptyState icon={LoaderCircle} title={words.loading} />
  return (
    <>
      <PageHeader title={strings.page.topology}>
        <TopologyCounts counts={topology.counts} />
        <SearchBox label={words.search} placeholder={words.searchPlaceholder} value={search} onChange={setSearch} />
      </PageHeader>
      <NodeTable topology={topology} search={search} selected={selected} onSelect={setSelected} />
    </>
  )
}
