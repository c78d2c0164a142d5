import { CircleCheck, CircleDot, CircleSlash, Clock, TriangleAlert } from 'lucide-react'
import type { JobState } from '../../../shared/schema/job.ts'
import { strings } from '../../strings/index.ts'
import styles from './job-outcome.module.css'

const icons = {
  queued: Clock,
  running: CircleDot,
  done: CircleCheck,
  failed: TriangleAlert,
  cancelled: CircleSlash,
} as const satisfies Record<JobState, typeof Clock>

/** How far a job is, or how it ended. */
export function JobOutcome({ state }: { state: JobState }) {
  const Icon = icons[state]
  return <Icon className={styles.outcome} data-state={state} size={17} aria-label={strings.jobs.state[state]} />
}
