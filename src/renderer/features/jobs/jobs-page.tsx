import { FilterX, Inbox } from 'lucide-react'
import { useMemo, useState } from 'react'
import type { Job } from '../../../shared/schema/job.ts'
import { EmptyState } from '../../components/empty-state.tsx'
import { PageHeader } from '../../components/page-header.tsx'
import { Segments } from '../../components/segments.tsx'
import { type Column, VirtualTable } from '../../components/virtual-table.tsx'
import { useNode } from '../../store/node-context.tsx'
import { formatAgo, formatBytes, formatDateTime, formatDuration } from '../../strings/format.ts'
import { strings } from '../../strings/index.ts'
import { serviceName } from '../../strings/service-name.ts'
import { useNow } from '../../use-now.ts'
import { filterJobs, type JobFilter, jobKey } from './job-filter.ts'
import { JobOutcome } from './job-outcome.tsx'
import { JobPanel } from './job-panel.tsx'
import { JobRoute } from './job-route.tsx'
import { isActive, jobDuration, jobTime } from './job-words.ts'
import styles from './jobs-page.module.css'

const words = strings.jobs
const filters = () =>
  [
    { id: 'all', label: words.filter.all },
    { id: 'active', label: words.filter.active },
    { id: 'served', label: words.filter.served },
    { id: 'requested', label: words.filter.requested },
    { id: 'failed', label: words.filter.failed },
  ] as const satisfies readonly { id: JobFilter; label: string }[]

type ColumnId = keyof typeof words.columns

/** Requests this node took part in: those under way first, then the newest. */
export default function JobsPage() {
  const jobs = useNode(state => state.jobs) ?? []
  const online = useNode(state => state.link.kind === 'online')
  const [filter, setFilter] = useState<JobFilter>('all')
  const [selected, setSelected] = useState<string>()
  const now = useNow(online)
  const shown = useMemo(() => filterJobs(jobs, filter), [jobs, filter])
  const job = jobs.find(each => jobKey(each) === selected)
  return (
    <>
      <PageHeader title={strings.page.jobs}>
        <Segments label={words.filter.label} options={filters()} value={filter} onChange={setFilter} />
      </PageHeader>
      <div className={styles.body}>
        {shown.length > 0 && (
          <VirtualTable
            label={words.tableLabel}
            columns={columns(now)}
            rows={shown}
            rowKey={jobKey}
            rowHeight={38}
            selected={selected}
            onSelect={row => setSelected(jobKey(row) === selected ? undefined : jobKey(row))}
          />
        )}
        {jobs.length === 0 && <EmptyState icon={Inbox} title={words.empty} hint={words.emptyHint} />}
        {jobs.length > 0 && shown.length === 0 && <EmptyState icon={FilterX} title={words.noMatch} />}
        {job !== undefined && <JobPanel key={selected} job={job} now={now} onClose={() => setSelected(undefined)} />}
      </div>
    </>
  )
}

function columns(now: number): readonly Column<Job, ColumnId>[] {
  const titles = words.columns
  return [
    {
      id: 'outcome',
      title: titles.outcome,
      width: '1.25rem',
      titleUnseen: true,
      cell: ({ state }) => <JobOutcome state={state} />,
    },
    {
      id: 'service',
      title: titles.service,
      width: 'minmax(4.5rem, 1fr)',
      cell: job => (
        <>
          <span className={styles.service}>{serviceName(job.service)}</span>
          <span className={styles.under}>
            <JobRoute job={job} />
          </span>
        </>
      ),
    },
    {
      id: 'route',
      title: titles.route,
      width: 'minmax(4rem, 1.4fr)',
      secondary: true,
      cell: job => <JobRoute job={job} />,
    },
    {
      id: 'size',
      title: titles.size,
      width: '5.5rem',
      align: 'end',
      secondary: true,
      cell: job => formatBytes(job.bytesIn),
    },
    {
      id: 'took',
      title: titles.took,
      width: '5.75rem',
      align: 'end',
      cell: job => formatDuration(jobDuration(job, now)),
    },
    {
      id: 'when',
      title: titles.when,
      width: '7rem',
      align: 'end',
      secondary: true,
      cell: job => (
        <time dateTime={new Date(jobTime(job)).toISOString()} title={formatDateTime(jobTime(job))}>
          {isActive(job) ? words.now : formatAgo(jobTime(job), now)}
        </time>
      ),
    },
  ]
}
