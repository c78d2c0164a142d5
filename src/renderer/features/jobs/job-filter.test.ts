import { describe, expect, it } from 'vitest'
import type { Job, JobState } from '../../../shared/schema/job.ts'
import { filterJobs, type JobFilter } from './job-filter.ts'

function job(id: string, state: JobState, role: Job['role'] = 'served'): Job {
  return { id, role, service: 'ocr', state, requester: 'a', createdAt: 0, bytesIn: 0, bytesOut: 0 }
}

const jobs = [
  job('queued', 'queued'),
  job('running', 'running', 'requested'),
  job('done', 'done'),
  job('failed', 'failed', 'requested'),
  job('cancelled', 'cancelled'),
  job('own', 'done', 'own'),
]

describe('the jobs shown', () => {
  it.each<[JobFilter, string[]]>([
    ['all', ['queued', 'running', 'done', 'failed', 'cancelled', 'own']],
    ['active', ['queued', 'running']],
    ['served', ['queued', 'done', 'cancelled']],
    ['requested', ['running', 'failed', 'own']],
    ['failed', ['failed']],
  ])('are, for %s, %j', (filter, ids) => {
    expect(filterJobs(jobs, filter).map(each => each.id)).toEqual(ids)
  })
})
