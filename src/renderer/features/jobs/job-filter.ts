import type { Job } from '../../../shared/schema/job.ts'
import { isActive } from './job-words.ts'

/** Which jobs are shown. `served` and `requested` are seen from this node: what it did, and what it asked for. */
export type JobFilter = 'all' | 'active' | 'served' | 'requested' | 'failed'

export function filterJobs(jobs: readonly Job[], filter: JobFilter): readonly Job[] {
  switch (filter) {
    case 'all':
      return jobs
    case 'active':
      return jobs.filter(isActive)
    case 'failed':
      return jobs.filter(job => job.state === 'failed')
    case 'served':
      return jobs.filter(job => job.role === 'served')
    case 'requested':
      return jobs.filter(job => job.role !== 'served')
  }
}

/** A request made on this node and sent on has the same id as the job it is elsewhere, so the role belongs to the key. */
export function jobKey({ role, id }: Job): string {
  return `${role} ${id}`
}
