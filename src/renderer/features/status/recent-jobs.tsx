import { Inbox } from 'lucide-react'
import { useState } from 'react'
import type { Job } from '../../../shared/schema/job.ts'
import type { Milliseconds } from '../../../shared/units.ts'
import { Button } from '../../components/button.tsx'
import { Card } from '../../components/card.tsx'
import { EmptyState } from '../../components/empty-state.tsx'
import { useNode } from '../../store/node-context.tsx'
import { formatAgo, formatBytes, formatDateTime, formatDuration } from '../../strings/format.ts'
import { strings } from '../../strings/index.ts'
import { serviceName } from '../../strings/service-name.ts'
import { useNow } from '../../use-now.ts'
import { JobOutcome } from '../jobs/job-outcome.tsx'
import { JobRoute } from '../jobs/job-route.tsx'
import { isActive, jobDuration, jobTime } from '../jobs/job-words.ts'
import styles from './jobs.module.css'

const fewJobs = 8
const manyJobs = 100

/** The newest finished requests. */
export function RecentJobs() {
  const jobs = useNode(state => state.jobs) ?? []
  const [all, setAll] = useState(false)
  const now = useNow()
  const finished = jobs.filter(job => !isActive(job))
  const words = strings.status
  return (
    <Card title={words.recent}>
      {finished.length === 0 ? (
        <EmptyState icon={Inbox} title={words.noRecent} hint={words.noRecentHint} />
      ) : (
        <ul className={styles.jobs}>
          {finished.slice(0, all ? manyJobs : fewJobs).map(job => (
            <RecentJob key={`${job.role} ${job.id}`} job={job} now={now} />
          ))}
        </ul>
      )}
      {finished.length > fewJobs && (
        <Button kind="quiet" onPress={() => setAll(!all)}>
          {all ? strings.jobs.showFewer : strings.jobs.showAll({ count: Math.min(manyJobs, finished.length) })}
        </Button>
      )}
    </Card>
  )
}

function RecentJob({ job, now }: { job: Job; now: Milliseconds }) {
  const endedAt = jobTime(job)
  return (
    <li className={styles.job} data-testid="recent-job">
      <JobOutcome state={job.state} />
      <div className={styles.words}>
        <p>{serviceName(job.service)}</p>
        <p className={styles.route}>
          <JobRoute job={job} />
        </p>
      </div>
      <span
        className={styles.bytes}
        title={strings.jobs.bytes({ received: formatBytes(job.bytesIn), sent: formatBytes(job.bytesOut) })}
      >
        {formatBytes(job.bytesIn)}
      </span>
      <span className={styles.duration}>{formatDuration(jobDuration(job, now))}</span>
      <time className={styles.ago} dateTime={new Date(endedAt).toISOString()} title={formatDateTime(endedAt)}>
        {formatAgo(endedAt, now)}
      </time>
    </li>
  )
}
