import type { ContributionSum } from './schema/contribution.ts'

/** Of the jobs that have ended, those that ended with an answer. Pure. */
export function answeredOf({
  jobs,
  failed,
  cancelled,
}: Pick<ContributionSum, 'jobs' | 'failed' | 'cancelled'>): number {
  return jobs - failed - cancelled
}
