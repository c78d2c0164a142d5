import type { Job } from '../../../shared/schema/job.ts'

/** Something that moves along an edge: a request on its way to a worker, or the answer on its way back. */
export interface Flash {
  from: string
  to: string
  kind: 'request' | 'answer'
  failed: boolean
}

/** Requests and answers that went over the network between two snapshots of the jobs. */
export function flashesBetween(before: readonly Job[], after: readonly Job[]): Flash[] {
  const earlier = new Map(before.map(job => [`${job.role} ${job.id}`, job]))
  return after.flatMap(job => {
    const { worker, requester } = job
    if (worker === undefined || worker === requester) return []
    const old = earlier.get(`${job.role} ${job.id}`)
    const flashes: Flash[] = []
    // A worker that changed is a retry: the request goes out again.
    if (old?.worker !== worker) flashes.push({ from: requester, to: worker, kind: 'request', failed: false })
    if (hasEnded(job) && (old === undefined || !hasEnded(old))) {
      flashes.push({ from: worker, to: requester, kind: 'answer', failed: job.state !== 'done' })
    }
    return flashes
  })
}

/** Ends of the edges over which requests run now. */
export function edgesAtWork(jobs: readonly Job[]): { requester: string; worker: string }[] {
  return jobs.flatMap(({ state, requester, worker }) =>
    state !== 'running' || worker === undefined || worker === requester ? [] : [{ requester, worker }],
  )
}

function hasEnded({ state }: Job): boolean {
  return state === 'done' || state === 'failed' || state === 'cancelled'
}
