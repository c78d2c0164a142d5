import { closeSync, openSync } from 'node:fs'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import type { DailyTotal, DaySpan, HourlyTotal, HourSpan, LedgerJob } from '../../shared/schema/contribution.ts'
import { hour, type Milliseconds } from '../../shared/units.ts'
import { calendarDay } from './calendar-day.ts'
import { LedgerForeign, LedgerNewer } from './ledger-failure.ts'
import { applicationId, migrations } from './ledger-schema.ts'

/** What a receipt says of a job, as far as it is stored. */
export interface StoredReceipt {
  requestId: string
  requester: string
  envelope: Uint8Array
  receivedAt: Milliseconds
  verified: boolean
}

/** `repeated`: it was there already. */
export type ReceiptOutcome = 'stored' | 'repeated' | 'unknown-job'

/** A job with its place in the ledger, for reading on from there. */
export interface NumberedJob extends LedgerJob {
  number: number
}

interface JobRow {
  id: number
  request_id: string
  role: LedgerJob['role']
  service: string
  requester: string
  worker: string | null
  path: LedgerJob['path'] | null
  state: LedgerJob['state']
  error: string | null
  created_at: number
  started_at: number | null
  finished_at: number
  bytes_in: number
  bytes_out: number
  cpu_ms: number
  gpu_ms: number
  receipt: LedgerJob['receipt'] | null
}

const sumColumns = 'jobs, failed, cancelled, verified, bytes_in, bytes_out, run_ms, cpu_ms, gpu_ms'

/**
 * The ledger's file: jobs that have ended, what they add up to by day and service, and receipts. WAL with
 * `synchronous=FULL`: what a transaction has committed survives a crash of the process and of the machine. Everything
 * here blocks; it lives in a thread of its own.
 */
export class LedgerDatabase {
  readonly #database: DatabaseSync
  readonly #insertJob: StatementSync
  readonly #addToDay: StatementSync
  readonly #findJob: StatementSync
  readonly #insertReceipt: StatementSync
  readonly #markJob: StatementSync
  readonly #countVerified: StatementSync

  /** @throws LedgerForeign, LedgerNewer, or SQLite's own error for a file that is damaged or cannot be used */
  constructor(path: string, { readOnly = false } = {}) {
    // SQLite makes files that others may read; those beside it take their mode from this one.
    if (!readOnly) closeSync(openSync(path, 'a', 0o600))
    this.#database = new DatabaseSync(path, { readOnly, enableForeignKeyConstraints: true, timeout: 5_000 })
    try {
      if (readOnly) checkVersion(this.#database)
      else prepare(this.#database)
      this.#insertJob = this.#database.prepare(
        `INSERT OR IGNORE INTO jobs (request_id, role, service, requester, worker, path, state, error, created_at,
           started_at, finished_at, bytes_in, bytes_out, cpu_ms, gpu_ms, receipt)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      )
      this.#addToDay = this.#database.prepare(
        `INSERT INTO daily (day, service, role, ${sumColumns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT DO UPDATE SET jobs = jobs + excluded.jobs, failed = failed + excluded.failed,
           cancelled = cancelled + excluded.cancelled, verified = verified + excluded.verified,
           bytes_in = bytes_in + excluded.bytes_in, bytes_out = bytes_out + excluded.bytes_out,
           run_ms = run_ms + excluded.run_ms, cpu_ms = cpu_ms + excluded.cpu_ms, gpu_ms = gpu_ms + excluded.gpu_ms`,
      )
      this.#findJob = this.#database.prepare(
        `SELECT id, service, finished_at FROM jobs
         WHERE request_id = ? AND requester = ? AND role = 'served' AND state = 'done' ORDER BY id DESC LIMIT 1`,
      )
      this.#insertReceipt = this.#database.prepare('INSERT OR IGNORE INTO receipts VALUES (?, ?, ?)')
      this.#markJob = this.#database.prepare('UPDATE jobs SET receipt = ? WHERE id = ?')
      this.#countVerified = this.#database.prepare(
        `UPDATE daily SET verified = verified + 1 WHERE day = ? AND service = ? AND role = 'served'`,
      )
    } catch (error) {
      this.#database.close()
      throw error
    }
  }

  close(): void {
    this.#database.close()
  }

  /**
   * Reads the whole file, more than a second for a million jobs.
   *
   * @throws LedgerForeign when it is damaged
   */
  check(): void {
    const { quick_check } = this.#database.prepare('PRAGMA quick_check(1)').get() as { quick_check: string }
    if (quick_check !== 'ok') throw new LedgerForeign(quick_check)
  }

  /** Does `work` wholly or not at all. */
  transaction<T>(work: () => T): T {
    this.#database.exec('BEGIN IMMEDIATE')
    try {
      const result = work()
      this.#database.exec('COMMIT')
      return result
    } catch (error) {
      // A full disk has rolled back by itself.
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK')
      throw error
    }
  }

  /** Adds a job and counts it in its day. False: it is there already. */
  addJob(job: LedgerJob): boolean {
    const { changes } = this.#insertJob.run(
      job.id,
      job.role,
      job.service,
      job.requester,
      job.worker ?? null,
      job.path ?? null,
      job.state,
      job.error ?? null,
      job.createdAt,
      job.startedAt ?? null,
      job.finishedAt,
      job.bytesIn,
      job.bytesOut,
      job.cpuMs ?? 0,
      job.gpuMs ?? 0,
      job.receipt ?? null,
    )
    if (changes === 0) return false
    this.#addToDay.run(
      calendarDay(job.finishedAt),
      job.service,
      job.role,
      1,
      job.state === 'failed' ? 1 : 0,
      job.state === 'cancelled' ? 1 : 0,
      job.receipt === 'verified' ? 1 : 0,
      job.bytesIn,
      job.bytesOut,
      job.startedAt === undefined ? 0 : Math.max(0, job.finishedAt - job.startedAt),
      job.cpuMs ?? 0,
      job.gpuMs ?? 0,
    )
    return true
  }

  /** Keeps a receipt with the job it is for. */
  addReceipt({ requestId, requester, envelope, receivedAt, verified }: StoredReceipt): ReceiptOutcome {
    const job = this.#findJob.get(requestId, requester) as
      | { id: number; service: string; finished_at: number }
      | undefined
    if (job === undefined) return 'unknown-job'
    if (this.#insertReceipt.run(job.id, envelope, receivedAt).changes === 0) return 'repeated'
    this.#markJob.run(verified ? 'verified' : 'unverified', job.id)
    if (verified) this.#countVerified.run(calendarDay(job.finished_at), job.service)
    return 'stored'
  }

  /** What was done on each day, by service and role. */
  days({ from, to }: DaySpan): DailyTotal[] {
    const rows = this.#database
      .prepare(
        `SELECT day, service, role, ${sumColumns} FROM daily WHERE day BETWEEN ? AND ? ORDER BY day, service, role`,
      )
      .all(from, to) as unknown as (Omit<DailyTotal, 'bytesIn' | 'bytesOut' | 'runMs' | 'cpuMs' | 'gpuMs'> & {
      bytes_in: number
      bytes_out: number
      run_ms: number
      cpu_ms: number
      gpu_ms: number
    })[]
    return rows.map(({ bytes_in, bytes_out, run_ms, cpu_ms, gpu_ms, ...row }) => ({
      ...row,
      bytesIn: bytes_in,
      bytesOut: bytes_out,
      runMs: run_ms,
      cpuMs: cpu_ms,
      gpuMs: gpu_ms,
    }))
  }

  /** What was done in each hour of a span, by role; hours in which nothing ended are left out. */
  hours({ from, hours }: HourSpan): HourlyTotal[] {
    const rows = this.#database
      .prepare(
        `SELECT CAST(? AS INTEGER) + (finished_at - CAST(? AS INTEGER)) / ${hour} * ${hour} AS "from", role, count(*) AS jobs, sum(state = 'failed') AS failed,
           sum(bytes_in) AS bytesIn, sum(bytes_out) AS bytesOut
         FROM jobs WHERE finished_at >= ? AND finished_at < ? GROUP BY 1, role ORDER BY 1, role`,
      )
      .all(from, from, from, from + hours * hour)
    return rows as unknown as HourlyTotal[]
  }

  /** Jobs in the order in which they were written, after the one with this number. */
  jobsAfter(number: number, limit: number): NumberedJob[] {
    const rows = this.#database.prepare('SELECT * FROM jobs WHERE id > ? ORDER BY id LIMIT ?').all(number, limit)
    return (rows as unknown as JobRow[]).map(jobOf)
  }

  /** The jobs that ended last, newest first. */
  newestJobs(limit: number): LedgerJob[] {
    const rows = this.#database.prepare('SELECT * FROM jobs ORDER BY finished_at DESC, id DESC LIMIT ?').all(limit)
    return (rows as unknown as JobRow[]).map(row => {
      const { number: _, ...job } = jobOf(row)
      return job
    })
  }

  countJobs(): number {
    return (this.#database.prepare('SELECT count(*) AS jobs FROM jobs').get() as { jobs: number }).jobs
  }

  /**
   * Forgets single jobs, at most `limit` at a time; how many it were. Days keep their totals. None where not even the newest is to be
   * kept: rather than that all of them are so old, the clock is wrong.
   */
  forgetBefore(at: Milliseconds, limit: number): number {
    const { newest } = this.#database.prepare('SELECT max(finished_at) AS newest FROM jobs').get() as {
      newest: number | null
    }
    if (newest === null || newest < at) return 0
    const { changes } = this.#database
      .prepare('DELETE FROM jobs WHERE id IN (SELECT id FROM jobs WHERE finished_at < ? LIMIT ?)')
      .run(at, limit)
    return Number(changes)
  }
}

function prepare(database: DatabaseSync): void {
  const version = checkVersion(database)
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
  if (version === migrations.length) return
  database.exec('BEGIN IMMEDIATE')
  try {
    for (const step of migrations.slice(version)) database.exec(step)
    database.exec(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${migrations.length}; COMMIT`)
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK')
    throw error
  }
}

function checkVersion(database: DatabaseSync): number {
  const version = pragma(database, 'user_version')
  const tables = database.prepare("SELECT count(*) AS tables FROM sqlite_schema WHERE type = 'table'").get()
  const isEmpty = (tables as { tables: number }).tables === 0
  if (!isEmpty && pragma(database, 'application_id') !== applicationId) throw new LedgerForeign()
  if (version > migrations.length) throw new LedgerNewer(version, migrations.length)
  return version
}

function pragma(database: DatabaseSync, name: 'user_version' | 'application_id'): number {
  const row = database.prepare(`PRAGMA ${name}`).get() as Record<string, number>
  return row[name] ?? 0
}

function jobOf(row: JobRow): NumberedJob {
  return {
    number: row.id,
    id: row.request_id,
    role: row.role,
    service: row.service,
    requester: row.requester,
    state: row.state,
    createdAt: row.created_at,
    finishedAt: row.finished_at,
    bytesIn: row.bytes_in,
    bytesOut: row.bytes_out,
    cpuMs: row.cpu_ms,
    gpuMs: row.gpu_ms,
    ...(row.worker === null ? {} : { worker: row.worker }),
    ...(row.path === null || row.path === undefined ? {} : { path: row.path }),
    ...(row.started_at === null ? {} : { startedAt: row.started_at }),
    ...(row.error === null ? {} : { error: row.error }),
    ...(row.receipt === null || row.receipt === undefined ? {} : { receipt: row.receipt }),
  }
}
