import { Worker } from 'node:worker_threads'
import { RmaError } from '../../shared/errors.ts'
import type {
  DailyTotal,
  DaySpan,
  HourlyTotal,
  HourSpan,
  LedgerJob,
  LedgerSnapshot,
} from '../../shared/schema/contribution.ts'
import { day, minute } from '../../shared/units.ts'
import type { Clock, StopTimer } from '../clock.ts'
import type { Startable } from '../lifecycle.ts'
import { LiveValue } from '../live-value.ts'
import type { Logger } from '../log.ts'
import type { NumberedJob, StoredReceipt } from './ledger-database.ts'
import type {
  EntryOutcome,
  LedgerCommand,
  LedgerEntry,
  LedgerQueries,
  LedgerReport,
  LedgerThreadData,
} from './ledger-messages.ts'

const forgetEveryMs = day
const firstForgetMs = minute
const forgottenAtOnce = 5_000

/** Room for what waits while the disk is full, with plenty to spare; without a limit the thread takes more than it needs. */
const threadLimits = { maxOldGenerationSizeMb: 96, maxYoungGenerationSizeMb: 4 }

export interface LedgerInit {
  /** The database's file. */
  path: string
  /** Module of the ledger's thread; see `ledgerThreadUrl`. */
  thread: URL
  /** Days that single jobs are kept. */
  keepDays: () => number
}

/** Where the module of the thread lies: beside this one in the sources, beside the main bundle in a build. */
export function ledgerThreadUrl(bundleUrl: string, ownUrl: string = import.meta.url): URL {
  return ownUrl.endsWith('.ts') ? new URL('./ledger-thread.ts', ownUrl) : new URL('./ledger-thread.js', bundleUrl)
}

interface Asked {
  resolve(value: unknown): void
  reject(error: Error): void
}

/** The contribution ledger as the node sees it: writing never makes it wait, and never fails it. */
export class Ledger implements Startable {
  readonly snapshot = new LiveValue<LedgerSnapshot>({ state: { kind: 'closed' }, setAside: [] })
  readonly #clock: Clock
  readonly #log: Logger
  readonly #init: LedgerInit
  readonly #asked = new Map<number, Asked>()
  #worker: Worker | undefined
  #lastId = 0
  #stopTimers: StopTimer[] = []

  constructor({ clock, log }: { clock: Clock; log: Logger }, init: LedgerInit) {
    this.#clock = clock
    this.#log = log.child({ component: 'ledger' })
    this.#init = init
  }

  /** Rejects with LEDGER_NEWER. */
  async start(): Promise<void> {
    const opened = Promise.withResolvers<void>()
    const workerData: LedgerThreadData = { path: this.#init.path }
    const worker = new Worker(this.#init.thread, { workerData, resourceLimits: threadLimits })
    this.#worker = worker
    worker.on('message', (report: LedgerReport) => {
      if (report.kind === 'opened') opened.resolve()
      else if (report.kind === 'refused') {
        opened.reject(
          new RmaError('LEDGER_NEWER', `${this.#init.path} cannot be used: ${report.message}`, {
            path: this.#init.path,
          }),
        )
      } else this.#hear(report)
    })
    worker.on('error', error => {
      this.#log.error({ err: error }, 'the ledger’s thread failed: what is done from now on is not kept')
      opened.reject(error)
      this.#lose(error)
    })
    await opened.promise
    const forget = () =>
      void this.forget().catch(error => this.#log.warn({ err: error }, 'old jobs stay in the ledger'))
    this.#stopTimers = [this.#clock.after(firstForgetMs, forget), this.#clock.every(forgetEveryMs, forget)]
  }

  /** Writes what was gathered; what cannot be written by now is lost. */
  async stop(): Promise<void> {
    for (const stopTimer of this.#stopTimers) stopTimer()
    const worker = this.#worker
    if (worker === undefined) return
    const closed = new Promise<void>(resolve => worker.once('exit', () => resolve()))
    this.#post({ kind: 'close' })
    await closed
    this.#worker = undefined
    this.#lose(new Error('the ledger is closed'))
    this.snapshot.update(snapshot => ({ ...snapshot, state: { kind: 'closed' } }))
  }

  /** Resolves with `written` once the job is safe on the disk; nobody needs to wait for that. */
  record(job: LedgerJob): Promise<EntryOutcome> {
    return this.#write({ kind: 'job', job })
  }

  /** Resolves with what became of the receipt once that is safe on the disk. */
  keepReceipt(receipt: StoredReceipt): Promise<EntryOutcome> {
    return this.#write({ kind: 'receipt', receipt })
  }

  days(span: DaySpan): Promise<DailyTotal[]> {
    return this.#ask({ name: 'days', ...span })
  }

  hours(span: HourSpan): Promise<HourlyTotal[]> {
    return this.#ask({ name: 'hours', ...span })
  }

  newestJobs(limit: number): Promise<LedgerJob[]> {
    return this.#ask({ name: 'newestJobs', limit })
  }

  jobsAfter(number: number, limit: number): Promise<NumberedJob[]> {
    return this.#ask({ name: 'jobsAfter', number, limit })
  }

  countJobs(): Promise<number> {
    return this.#ask({ name: 'countJobs' })
  }

  /** Takes over the jobs of another ledger's file; how many were new. */
  importFrom(path: string): Promise<number> {
    return this.#ask({ name: 'importFrom', path })
  }

  /** Forgets single jobs that are older than the owner wants to keep them; a little at a time, others in between. */
  async forget(): Promise<void> {
    const at = this.#clock.now() - this.#init.keepDays() * day
    let forgotten = forgottenAtOnce
    while (forgotten === forgottenAtOnce) {
      forgotten = await this.#ask({ name: 'forgetBefore', at, limit: forgottenAtOnce })
    }
  }

  #write(entry: LedgerEntry): Promise<EntryOutcome> {
    return this.#send(id => ({ kind: 'write', id, entry })) as Promise<EntryOutcome>
  }

  #ask<Name extends keyof LedgerQueries>(
    query: { name: Name } & LedgerQueries[Name]['ask'],
  ): Promise<LedgerQueries[Name]['answer']> {
    return this.#send(id => ({ kind: 'ask', id, query }) as LedgerCommand) as Promise<LedgerQueries[Name]['answer']>
  }

  #send(command: (id: number) => LedgerCommand): Promise<unknown> {
    const id = ++this.#lastId
    const answer = new Promise((resolve, reject) => this.#asked.set(id, { resolve, reject }))
    if (this.#worker === undefined) this.#settle(id, asked => asked.reject(new Error('the ledger is closed')))
    else this.#post(command(id))
    return answer
  }

  #post(command: LedgerCommand): void {
    this.#worker?.postMessage(command)
  }

  #hear(report: LedgerReport): void {
    switch (report.kind) {
      case 'written':
        for (const { id, outcome } of report.outcomes) this.#settle(id, asked => asked.resolve(outcome))
        return
      case 'answer':
        this.#settle(report.id, asked => asked.resolve(report.value))
        return
      case 'failed':
        this.#settle(report.id, asked => asked.reject(new Error(report.message)))
        return
      case 'snapshot':
        this.#learn(report.snapshot)
    }
  }

  #learn(snapshot: LedgerSnapshot): void {
    const before = this.snapshot.get()
    const { state, setAside } = snapshot
    if (setAside.length > before.setAside.length) {
      this.#log.error(
        { setAside: setAside.at(-1) },
        'the ledger could not be read: it was set aside and a new one begun',
      )
    }
    if (state.kind === 'unwritable' && before.state.kind !== 'unwritable') {
      this.#log.error({ reason: state.reason }, 'the ledger cannot be written: jobs wait in memory, donating goes on')
    }
    if (state.kind === 'open' && before.state.kind === 'unwritable') this.#log.info('the ledger can be written again')
    this.snapshot.set(snapshot)
  }

  #settle(id: number, settle: (asked: Asked) => void): void {
    const asked = this.#asked.get(id)
    this.#asked.delete(id)
    if (asked !== undefined) settle(asked)
  }

  #lose(error: Error): void {
    for (const id of [...this.#asked.keys()]) this.#settle(id, asked => asked.reject(error))
  }
}
