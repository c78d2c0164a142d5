import type { ExportFormat, ExportPiece, LedgerJob } from '../../shared/schema/contribution.ts'
import type { Milliseconds } from '../../shared/units.ts'
import type { Ledger } from './ledger.ts'

const jobsAtOnce = 1_000

/** Columns of an export, with how each is read from a job. */
const columns: [string, (job: LedgerJob) => string | number | undefined][] = [
  ['request_id', job => job.id],
  ['role', job => job.role],
  ['service', job => job.service],
  ['requester', job => job.requester],
  ['worker', job => job.worker],
  ['path', job => job.path],
  ['state', job => job.state],
  ['error', job => job.error],
  ['created_at', job => isoTime(job.createdAt)],
  ['started_at', job => isoTime(job.startedAt)],
  ['finished_at', job => isoTime(job.finishedAt)],
  ['bytes_in', job => job.bytesIn],
  ['bytes_out', job => job.bytesOut],
  ['cpu_ms', job => job.cpuMs],
  ['gpu_ms', job => job.gpuMs],
  ['receipt', job => job.receipt],
]

/** Every job of the ledger as text, a piece at a time; writing to the ledger goes on in between. */
export async function* exportJobs(
  ledger: Pick<Ledger, 'jobsAfter' | 'countJobs'>,
  format: ExportFormat,
  signal?: AbortSignal,
): AsyncGenerator<ExportPiece, void, void> {
  const total = await ledger.countJobs()
  let written = 0
  let last = 0
  yield { text: format === 'csv' ? `${columns.map(([name]) => name).join(',')}\r\n` : '[', written, total }
  for (;;) {
    signal?.throwIfAborted()
    const jobs = await ledger.jobsAfter(last, jobsAtOnce)
    if (jobs.length === 0) break
    last = jobs.at(-1)?.number ?? last
    const text = jobs.map((job, index) => (format === 'csv' ? csvLine(job) : jsonItem(job, written + index))).join('')
    written += jobs.length
    yield { text, written, total: Math.max(total, written) }
  }
  yield { text: format === 'csv' ? '' : '\n]\n', written, total: written }
}

/** RFC 4180. */
function csvLine(job: LedgerJob): string {
  return `${columns.map(([, read]) => csvCell(read(job))).join(',')}\r\n`
}

function csvCell(value: string | number | undefined): string {
  if (value === undefined) return ''
  if (typeof value === 'number') return String(value)
  // What a spreadsheet would take for a formula is made text.
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

function jsonItem(job: LedgerJob, index: number): string {
  const item = Object.fromEntries(columns.map(([name, read]) => [name, read(job)]))
  return `${index === 0 ? '\n' : ',\n'}${JSON.stringify(item)}`
}

function isoTime(at: Milliseconds | undefined): string | undefined {
  return at === undefined ? undefined : new Date(at).toISOString()
}
