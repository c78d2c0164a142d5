import { X } from 'lucide-react'
import type { Job } from '../../../shared/schema/job.ts'
import type { Milliseconds } from '../../../shared/units.ts'
import { Button } from '../../components/button.tsx'
import { CopyButton } from '../../components/copy-button.tsx'
import { useAction } from '../../components/use-action.ts'
import { useNode } from '../../store/node-context.tsx'
import { formatBytes, formatDateTime, formatDuration } from '../../strings/format.ts'
import { strings } from '../../strings/index.ts'
import { serviceName } from '../../strings/service-name.ts'
import { JobOutcome } from './job-outcome.tsx'
import styles from './job-panel.module.css'
import { isActive, jobDuration } from './job-words.ts'

const words = strings.jobs

/** One job in full, with a way to stop it while it runs. */
export function JobPanel({ job, now, onClose }: { job: Job; now: Milliseconds; onClose: () => void }) {
  const { run, busy, error } = useAction()
  const online = useNode(state => state.link.kind === 'online')
  const name = serviceName(job.service)
  const waitedMs = (job.startedAt ?? job.finishedAt ?? now) - job.createdAt
  const facts: [string, string | undefined][] = [
    [words.fact.outcome, job.error === undefined ? words.state[job.state] : `${words.state[job.state]}: ${job.error}`],
    [words.fact.requester, job.requester],
    [words.fact.worker, job.worker],
    [words.fact.path, job.path === undefined ? undefined : strings.path[job.path]],
    [words.fact.created, formatDateTime(job.createdAt)],
    [words.fact.waited, formatDuration(waitedMs)],
    [words.fact.took, job.startedAt === undefined ? undefined : formatDuration(jobDuration(job, now))],
    [words.fact.bytes, words.bytes({ received: formatBytes(job.bytesIn), sent: formatBytes(job.bytesOut) })],
    [words.fact.id, job.id],
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
              isDisabled={!online || busy}
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
      {error !== undefined && (
        <p className={styles.failed} role="alert">
          {error.message}
        </p>
      )}
      <dl className={styles.facts}>
        {facts.map(
          ([title, value]) =>
            value !== undefined && (
              <div key={title}>
                <dt>{title}</dt>
                <dd>{value}</dd>
              </div>
            ),
        )}
      </dl>
    </section>
  )
}
