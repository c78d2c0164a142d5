import { describe, expect, it } from 'vitest'
import type { Job } from '../../../shared/schema/job.ts'
import { flashesBetween } from './job-flashes.ts'

const job: Job = {
  id: 'request-1',
  role: 'requested',
  service: 'ocr',
  state: 'queued',
  requester: 'A',
  createdAt: 1,
  bytesIn: 1,
  bytesOut: 0,
}
const running: Job = { ...job, state: 'running', worker: 'B' }

describe('flashes of requests', () => {
  it('go from requester to worker when a worker is found', () => {
    expect(flashesBetween([job], [running])).toEqual([{ from: 'A', to: 'B', kind: 'request', failed: false }])
  })

  it('come back when the job ends, and say when it failed', () => {
    expect(flashesBetween([running], [{ ...running, state: 'failed' }])).toEqual([
      { from: 'B', to: 'A', kind: 'answer', failed: true },
    ])
  })

  it('go both ways for a job that came and ended between two snapshots', () => {
    expect(flashesBetween([], [{ ...running, state: 'done' }]).map(({ kind }) => kind)).toEqual(['request', 'answer'])
  })

  it('go out again when another worker is tried', () => {
    expect(flashesBetween([running], [{ ...running, worker: 'C' }])).toMatchObject([{ from: 'A', to: 'C' }])
  })

  it('are none for a job without news or served by its own requester', () => {
    expect(flashesBetween([running], [running])).toEqual([])
    expect(flashesBetween([], [{ ...running, worker: 'A' }])).toEqual([])
  })
})
