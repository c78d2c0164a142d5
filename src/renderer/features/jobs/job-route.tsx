import type { Job } from '../../../shared/schema/job.ts'
import { strings } from '../../strings/index.ts'
import styles from './job-route.module.css'
import { jobRoute } from './job-words.ts'

/** Why a job failed where it did, and who asked or works. */
export function JobRoute({ job }: { job: Job }) {
  return (
    <>
      {job.error !== undefined && (
        <>
          <span className={styles.failure} title={job.error}>
            {strings.jobs.failure({ code: job.error })}
          </span>
          {' · '}
        </>
      )}
      {jobRoute(job)}
    </>
  )
}
