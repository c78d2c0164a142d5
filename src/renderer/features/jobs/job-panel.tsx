import { X } from 'lucide-react'
import type { Job } from '../../../shared/schema/job.ts'
import type { Milliseconds } from '../../../shared/units.ts'
import { Button } from '../../components/button.tsx'
import { CopyButton } from '../../components/copy-button.tsx'
import { type Fact, Facts } from '../../components/facts.tsx'
import { Failure } from '../../components/failure.tsx'
import { useAction } from '../../components/use-action.ts'
import { formatBytes, formatDateTime, formatDuration } from '../../strings/format.ts'
import { strings } from '../../strings/index.ts'
import { serviceName } from '../../strings/service-name.ts'
import { JobOutcome } from './job-outcome.tsx'
import styles from './job-panel.module.css'
import { isActive, jobDuration } from './job-words.ts'

const words = strings.jobs

/** One job in full, with a way to stop it while it runs. */
export function JobPanel({ job, now, onClose }: { job: Job; now: Milliseconds; onClose: () => void }) {
  const { run, ready, error } = useAction()
  const name = serviceName(job.service)
  const waitedMs = (job.startedAt ?? job.finishedAt ?? now) - job.createdAt
  const facts: Fact[] = [
    {
      name: words.fact.outcome,
      value:
        job.error === undefined
          ? words.state[job.state]
          : `${words.state[job.state]}: ${words.failure({ code: job.error })}`,
    },
    { name: words.fact.code, value: job.error },
    { name: words.fact.requester, value: job.requester },
    { name: words.fact.worker, value: job.worker },
    { name: words.fact.path, value: job.path === undefined ? undefined : strings.path[job.path] },
    { name: words.fact.created, value: formatDateTime(job.createdAt) },
    { name: words.fact.waited, value: formatDuration(waitedMs) },
    { name: words.fact.took, value: job.startedAt === undefined ? undefined : formatDuration(jobDuration(job, now)) },
    {
      name: words.fact.bytes,
      value: words.bytes({ received: formatBytes(job.bytesIn), sent: formatBytes(job.bytesOut) }),
    },
    { name: words.fact.id, value: job.id },
  ]
  return (
    <section className={styles.panel} aria-label={words.details}>
      <header className={styles.header}>
        <JobOutcome state={job.state} />
        <h2>{name}</h2>
        <span className={styles.actions}>
          {isActive(job) && (
            <Button
              aria-label={words.cancelNamed({ service: name })}
              isDisabled={!ready}
              onPress={() => run(client => client.jobs.cancel({ id: job.id }))}
            >
              {words.cancel}
            </Button>
          )}
          <CopyButton label={words.copyId} text={() => job.id} />
          <Button kind="icon" aria-label={words.closeDetails} onPress={onClose}>
            <X size={16} aria-hidden />
          </Button>
        </span>
      </header>
      <Failure error={error} />
      <Facts form="tiles" facts={facts} />
    </section>
  )
}
