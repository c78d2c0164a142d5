import type { Job } from '../../../shared/schema/job.ts'
import { sampleStatus } from '../../../shared/testing/samples.ts'

/** One that another node has asked for and that runs here. */
export const servedJob: Job = {
  id: 'job-1',
  service: 'ocr',
  role: 'served',
  requester: sampleStatus.self.peerId,
  state: 'running',
  createdAt: 0,
  bytesIn: 10,
  bytesOut: 0,
}
