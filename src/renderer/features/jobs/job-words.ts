import type { Job } from '../../../shared/schema/job.ts'
import type { Milliseconds } from '../../../shared/units.ts'
import { shortPeerId } from '../../strings/format.ts'
import { strings } from '../../strings/index.ts'

/** For whom a job runs here, or to whom it was sent and on which way, and how far it is where pages are counted. */
export function jobRoute(job: Job): string {
  const { progress } = job
  return progress === undefined ? wayOf(job) : `${wayOf(job)}, ${strings.jobs.pages(progress)}`
}

function wayOf(job: Job): string {
  const words = strings.jobs
  const way = job.path === undefined || job.path === 'local' ? '' : `, ${strings.path[job.path]}`
  if (job.role === 'own') return words.roleLocal
  if (job.role === 'served') return words.roleServed({ peer: shortPeerId(job.requester) }) + way
  return job.worker === undefined ? words.roleSearching : words.roleRequested({ peer: shortPeerId(job.worker) }) + way
}

/** How long a job took, or has been going. */
export function jobDuration(job: Job, now: Milliseconds): Milliseconds {
  return Math.max(0, (job.finishedAt ?? now) - (job.startedAt ?? job.createdAt))
}

export function isActive(job: Job): boolean {
  return job.state === 'queued' || job.state === 'running'
}

/** When it ended, or began where it has not. */
export function jobTime(job: Job): Milliseconds {
  return job.finishedAt ?? job.createdAt
}
