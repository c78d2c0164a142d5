import { Download, FilterX, ScrollText } from 'lucide-react'
import { useMemo, useState } from 'react'
import { ToggleButton } from 'react-aria-components'
import type { LogEntry } from '../../../shared/schema/log.ts'
import button from '../../components/button.module.css'
import { Button } from '../../components/button.tsx'
import { CopyButton } from '../../components/copy-button.tsx'
import { downloadText } from '../../components/download.ts'
import { EmptyState } from '../../components/empty-state.tsx'
import { PageHeader } from '../../components/page-header.tsx'
import { type Column, VirtualTable } from '../../components/virtual-table.tsx'
import { useNode } from '../../store/node-context.tsx'
import { formatClock } from '../../strings/format.ts'
import { strings } from '../../strings/index.ts'
import { EntryPanel } from './entry-panel.tsx'
import { LevelMark } from './level-mark.tsx'
import { detailsText, filterLogs, logsAsText, openFilter } from './log-filter.ts'
import { LogFilterBar } from './log-filter-bar.tsx'
import styles from './logs-page.module.css'

type ColumnId = keyof typeof strings.logs.columns
const titles = strings.logs.columns

const columns = (): readonly Column<LogEntry, ColumnId>[] => [
  { id: 'time', title: titles.time, width: '4.75rem', cell: entry => <Time at={entry.time} /> },
  { id: 'level', title: titles.level, width: '5.25rem', cell: entry => <LevelMark level={entry.level} /> },
  { id: 'component', title: titles.component, width: '7rem', cell: entry => entry.component, secondary: true },
  { id: 'message', title: titles.message, width: 'minmax(0, 1fr)', cell: entry => <Message entry={entry} /> },
]

export default function LogsPage() {
  const entries = useNode(state => state.logs)
  const [filter, setFilter] = useState(openFilter)
  const [follow, setFollow] = useState(true)
  const [selected, setSelected] = useState<LogEntry>()
  const shown = useMemo(() => filterLogs(entries, filter), [entries, filter])
  const words = strings.logs
  return (
    <>
      <PageHeader title={strings.page.logs}>
        <ToggleButton className={`${button.button} ${button.plain}`} isSelected={follow} onChange={setFollow}>
          <span className={styles.dot} />
          {words.follow}
        </ToggleButton>
        <CopyButton withLabel label={words.copy} text={() => logsAsText(shown)} />
        <Button onPress={() => downloadText(`${words.exportName}.txt`, logsAsText(shown))}>
          <Download size={15} aria-hidden />
          {words.export}
        </Button>
      </PageHeader>
      <LogFilterBar entries={entries} shown={shown.length} filter={filter} onChange={setFilter} />
      <div className={styles.body}>
        {shown.length > 0 && (
          <VirtualTable
            label={words.tableLabel}
            columns={columns()}
            rows={shown}
            rowKey={entry => entry.id}
            rowHeight={30}
            selected={selected?.id}
            onSelect={entry => setSelected(entry.id === selected?.id ? undefined : entry)}
            follow={follow}
            onFollowChange={setFollow}
          />
        )}
        {shown.length === 0 && entries.length === 0 && (
          <EmptyState icon={ScrollText} title={words.empty} hint={words.emptyHint} />
        )}
        {shown.length === 0 && entries.length > 0 && (
          <EmptyState icon={FilterX} title={words.noMatch} hint={words.noMatchHint}>
            <Button onPress={() => setFilter(openFilter)}>{words.clearFilters}</Button>
          </EmptyState>
        )}
        {selected !== undefined && <EntryPanel entry={selected} onClose={() => setSelected(undefined)} />}
      </div>
    </>
  )
}

function Time({ at }: { at: number }) {
  return (
    <time className={styles.time} dateTime={new Date(at).toISOString()}>
      {formatClock(at)}
    </time>
  )
}

function Message({ entry }: { entry: LogEntry }) {
  const details = detailsText(entry)
  return (
    <>
      {entry.message}
      {details !== '' && <span className={styles.details}>{details}</span>}
    </>
  )
}
