import type { LedgerJob } from '../../../shared/schema/contribution.ts'

const requester = '12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp'

/** A job that was served for somebody; `fields` make it a particular one. */
export function madeUpJob(number: number, fields: Partial<LedgerJob> = {}): LedgerJob {
  const createdAt = Date.UTC(2026, 5, 3, 12) + number
  return {
    id: `made-up-job-${number}`,
    role: 'served',
    service: 'ocr',
    requester,
    worker: '12D3KooWKnDdG3iXw9eTFijk3EWSunZcFi54Zka4wmtqtt6rPxc8',
    path: 'direct',
    state: 'done',
    createdAt,
    startedAt: createdAt + 10,
    finishedAt: createdAt + 510,
    bytesIn: 1_000,
    bytesOut: 100,
    cpuMs: 450,
    gpuMs: 0,
    ...fields,
  }
}
