import { Coffee, X } from 'lucide-react'
import type { Job } from '../../../shared/schema/job.ts'
import type { Milliseconds } from '../../../shared/units.ts'
import { Badge } from '../../components/badge.tsx'
import { Button } from '../../components/button.tsx'
import { Card } from '../../components/card.tsx'
import { EmptyState } from '../../components/empty-state.tsx'
import { useAction } from '../../components/use-action.ts'
import { useNode } from '../../store/node-context.tsx'
import { formatCount, formatDuration } from '../../strings/format.ts'
import { strings } from '../../strings/index.ts'
import { serviceName } from '../../strings/service-name.ts'
import { useNow } from '../../use-now.ts'
import { isActive, jobDuration, jobRoute } from '../jobs/job-words.ts'
import styles from './jobs.module.css'

/** Rows shown; the rest is counted. */
const shownLimit = 8

/** Requests in progress, each with a way to stop it. */
export function RunningJobs() {
  const jobs = useNode(state => state.jobs) ?? []
  const donating = useNode(state => state.status?.donating ?? false)
  const online = useNode(state => state.link.kind === 'online')
  const active = jobs.filter(isActive)
  const now = useNow(online && active.length > 0)
  const words = strings.status
  return (
    <Card title={words.running} aside={active.length > 0 && formatCount(active.length)}>
      {active.length === 0 ? (
        <EmptyState
          icon={Coffee}
          title={words.nothingRunning}
          hint={donating ? words.nothingRunningOn : words.nothingRunningOff}
        />
      ) : (
        <ul className={styles.jobs}>
          {active.slice(0, shownLimit).map(job => (
            <RunningJob key={`${job.role} ${job.id}`} job={job} now={now} />
          ))}
        </ul>
      )}
      {active.length > shownLimit && <p className={styles.more}>+{formatCount(active.length - shownLimit)}</p>}
    </Card>
  )
}

function RunningJob({ job, now }: { job: Job; now: Milliseconds }) {
  const { run, ready, error } = useAction()
  const name = serviceName(job.service)
  return (
    <li className={styles.job} data-testid="running-job">
      <div className={styles.words}>
        <p>{name}</p>
        <p className={styles.route}>{error?.message ?? jobRoute(job)}</p>
      </div>
      <span className={styles.state}>
        <Badge tone={job.state === 'running' ? 'accent' : 'neutral'}>{strings.jobs.state[job.state]}</Badge>
      </span>
      <span className={styles.duration}>{formatDuration(jobDuration(job, now))}</span>
      <Button
        kind="icon"
        aria-label={strings.jobs.cancelNamed({ service: name })}
        isDisabled={!ready}
        onPress={() => run(client => client.jobs.cancel({ id: job.id }))}
      >
        <X size={16} aria-hidden />
      </Button>
    </li>
  )
}
