import { Worker } from 'node:worker_threads'
import { RmaError } from '../../shared/errors.ts'
import type {
  DailyTotal,
  DaySpan,
  HourlyTotal,
  HourSpan,
  LedgerJob,
  LedgerSnapshot,
  LedgerState,
} from '../../shared/schema/contribution.ts'
import { day, type Milliseconds, minute } from '../../shared/units.ts'
import type { Clock, StopTimer } from '../clock.ts'
import type { Startable } from '../lifecycle.ts'
import { LiveValue } from '../live-value.ts'
import type { Logger } from '../log.ts'
import { type AskedCommand, goesOn, hand } from './asked-command.ts'
import type { NumberedJob, StoredReceipt } from './ledger-database.ts'
import type {
  EntryOutcome,
  LedgerCommand,
  LedgerEntry,
  LedgerQueries,
  LedgerReport,
  LedgerThreadData,
  NumberedCommand,
} from './ledger-messages.ts'

const forgetEveryMs = day
const firstForgetMs = minute
const forgottenAtOnce = 5_000

/** The thread ends when nobody has asked or told it anything for as long: it takes 18 MiB. */
const restAfterMs = minute

/** Room for what waits while the disk is full, with plenty to spare; without a limit the thread takes more than it needs. */
const threadLimits = { maxOldGenerationSizeMb: 96, maxYoungGenerationSizeMb: 4 }

export interface LedgerInit {
  /** The database's file. */
  path: string
  /** Module of the ledger's thread; see `ledgerThreadUrl`. */
  thread: URL
  /** Days that single jobs are kept. */
  keepDays: () => number
  /** How long nothing has to be asked until the thread ends. Default 1 min. */
  restAfterMs?: Milliseconds
}

/** Where the module of the thread lies: beside this one in the sources, beside the main bundle in a build. */
export function ledgerThreadUrl(bundleUrl: string, ownUrl: string = import.meta.url): URL {
  return ownUrl.endsWith('.ts') ? new URL('./ledger-thread.ts', ownUrl) : new URL('./ledger-thread.js', bundleUrl)
}

/** The contribution ledger as the node sees it: writing never makes it wait, and never fails it. */
export class Ledger implements Startable {
  readonly snapshot = new LiveValue<LedgerSnapshot>({ state: { kind: 'closed' }, setAside: [] })
  readonly #clock: Clock
  readonly #log: Logger
  readonly #init: LedgerInit
  readonly #asked = new Map<number, AskedCommand>()
  #running = false
  #worker: Worker | undefined
  #turning: Promise<void> = Promise.resolve()
  /** A thread is about to open. */
  #waking = false
  #stopRest: StopTimer = () => undefined
  #lastId = 0
  #stopTimers: StopTimer[] = []

  constructor({ clock, log }: { clock: Clock; log: Logger }, init: LedgerInit) {
    this.#clock = clock
    this.#log = log.child({ component: 'ledger' })
    this.#init = init
  }

  /** Rejects with LEDGER_NEWER. */
  async start(): Promise<void> {
    await this.#open({ check: true })
    this.#running = true
    this.#restLater()
    const forget = () =>
      void this.forget().catch(error => this.#log.warn({ err: error }, 'old jobs stay in the ledger'))
    this.#stopTimers = [this.#clock.after(firstForgetMs, forget), this.#clock.every(forgetEveryMs, forget)]
  }

  /** Writes what was gathered; what cannot be written by now is lost. */
  async stop(): Promise<void> {
    if (!this.#running) return
    for (const stopTimer of this.#stopTimers) stopTimer()
    // What comes while a thread closes opens another.
    let seen: Promise<void>
    do {
      seen = this.#turning
      await seen
    } while (seen !== this.#turning)
    this.#running = false
    this.#stopRest()
    await this.#close()
    const lost = this.#lose(new Error('the ledger is closed'))
    if (lost > 0) this.#log.error({ lost }, 'the ledger could not be written to the end')
    this.snapshot.update(snapshot => ({ ...snapshot, state: { kind: 'closed' } }))
  }

  /** Whether its thread runs. */
  get awake(): boolean {
    return this.#worker !== undefined
  }

  async #open({ check }: { check: boolean }): Promise<void> {
    const opened = Promise.withResolvers<void>()
    const workerData: LedgerThreadData = { path: this.#init.path, check }
    const worker = new Worker(this.#init.thread, { workerData, resourceLimits: threadLimits })
    worker.on('message', (report: LedgerReport) => {
      if (report.kind === 'opened') {
        // At once: the thread may end before anybody hears that it has opened.
        this.#worker = worker
        this.#waking = false
        for (const asked of this.#asked.values()) hand(asked, worker)
        opened.resolve()
      } else if (report.kind === 'refused') {
        opened.reject(
          new RmaError('LEDGER_NEWER', `${this.#init.path} cannot be used: ${report.message}`, {
            path: this.#init.path,
          }),
        )
      } else this.#hear(report)
    })
    let failure = new Error('the ledger’s thread has ended')
    worker.on('error', error => {
      failure = error instanceof Error ? error : new Error(String(error))
      this.#log.error({ err: error }, 'the ledger’s thread failed')
    })
    worker.on('exit', () => {
      opened.reject(failure)
      this.#leave(worker, failure)
    })
    await opened.promise
  }

  /** A thread has ended. What it had to write goes to another; who has asked it something may ask again. */
  #leave(worker: Worker, failure: Error): void {
    if (this.#worker === worker) this.#worker = undefined
    if (!this.#running) return
    const left = [...this.#asked.values()].filter(({ thread }) => thread === worker)
    for (const asked of left.filter(goesOn)) asked.thread = undefined
    const lost = this.#lose(
      failure,
      left.filter(({ thread }) => thread !== undefined),
    )
    if (lost > 0) this.#log.error({ lost }, 'more than one thread of the ledger failed of what it had to write')
    if (this.#asked.size > 0) this.#wake()
  }

  async #close(): Promise<void> {
    const worker = this.#worker
    if (worker === undefined) return
    const closed = new Promise<void>(resolve => worker.once('exit', () => resolve()))
    worker.postMessage({ kind: 'close' } satisfies LedgerCommand)
    this.#worker = undefined
    await closed
  }

  #restLater(): void {
    this.#stopRest()
    this.#stopRest = this.#clock.after(this.#init.restAfterMs ?? restAfterMs, () => this.#rest())
  }

  /** What the thread knows beside the file, what waits for the disk and what was set aside, would be gone with it. */
  #rest(): void {
    if (this.#worker === undefined && this.#asked.size === 0) return
    const { state, setAside } = this.snapshot.get()
    if (this.#asked.size > 0 || state.kind !== 'open' || setAside.length > 0) this.#restLater()
    else this.#turn(() => this.#close())
  }

  #wake(): void {
    if (this.#waking || this.#worker !== undefined) return
    this.#waking = true
    this.#turn(() => this.#open({ check: false }))
  }

  /** One after the other: a file that a thread is about to close is not opened by the next. */
  #turn(turn: () => Promise<void>): void {
    this.#turning = this.#turning.then(turn).catch(error => {
      this.#waking = false
      const lost = this.#lose(error)
      this.#log.error({ err: error, lost }, 'the ledger cannot be opened again')
      this.snapshot.update(snapshot => ({ ...snapshot, state: unopened(snapshot.state, error, lost) }))
    })
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
    return this.#send(id => ({ kind: 'ask', id, query }) as NumberedCommand) as Promise<LedgerQueries[Name]['answer']>
  }

  #send(command: (id: number) => NumberedCommand): Promise<unknown> {
    if (!this.#running) return Promise.reject(new Error('the ledger is closed'))
    const id = ++this.#lastId
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    const asked: AskedCommand = { command: command(id), thread: undefined, threads: 0, resolve, reject }
    this.#asked.set(id, asked)
    this.#restLater()
    if (this.#worker === undefined) this.#wake()
    else hand(asked, this.#worker)
    return promise
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

  #settle(id: number, settle: (asked: AskedCommand) => void): void {
    const asked = this.#asked.get(id)
    this.#asked.delete(id)
    if (asked !== undefined) settle(asked)
  }

  /** Nothing comes of what was asked; how many entries are lost with that. */
  #lose(error: Error, all: AskedCommand[] = [...this.#asked.values()]): number {
    for (const { command } of all) this.#settle(command.id, ({ reject }) => reject(error))
    return all.filter(({ command }) => command.kind === 'write').length
  }
}

/** How the ledger is once it could not be opened again, and entries were lost with that. */
function unopened(before: LedgerState, { message }: Error, lost: number): LedgerState {
  const lostBefore = before.kind === 'unwritable' ? before.lost : 0
  return { kind: 'unwritable', reason: message, waiting: 0, lost: lostBefore + lost }
}
