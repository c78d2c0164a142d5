import { existsSync, renameSync } from 'node:fs'
import { safeParse } from '../../shared/safe-parse.ts'
import {
  type LedgerJob,
  type LedgerSnapshot,
  type LedgerState,
  ledgerJobSchema,
} from '../../shared/schema/contribution.ts'
import { millisecond, second } from '../../shared/units.ts'
import type { Clock, StopTimer } from '../clock.ts'
import { LedgerDatabase } from './ledger-database.ts'
import { judgeFailure, LedgerForeign, LedgerNewer } from './ledger-failure.ts'
import type { EntryOutcome, LedgerEntry, LedgerQueries, LedgerQuery } from './ledger-messages.ts'

/** Entries within this time of each other are written in one transaction: each costs a wait for the disk. */
const gatherMs = 100 * millisecond
const mostGathered = 500
/** How often writing is tried again when it could not be done. */
const retryMs = 5 * second
/** Entries kept in memory while nothing can be written; about 5 MiB. */
const mostWaiting = 10_000
/** The file is read through this long after it was opened, when the node has started. */
const checkAfterMs = 3 * second
const importedAtOnce = 1_000

interface Waiting {
  id: number
  entry: LedgerEntry
}

export interface LedgerBookInit {
  path: string
  /** Reads the file through once it is open. */
  check: boolean
  /** Called once entries are safe on the disk. */
  onWritten: (outcomes: { id: number; outcome: EntryOutcome }[]) => void
  onSnapshot: (snapshot: LedgerSnapshot) => void
}

/**
 * Keeps the ledger: gathers entries, writes them in order, and goes on through what befalls files. A damaged or foreign
 * file is set aside, never deleted; while the disk is full entries wait in memory.
 */
export class LedgerBook {
  readonly #clock: Clock
  readonly #init: LedgerBookInit
  #database: LedgerDatabase | undefined
  #waiting: Waiting[] = []
  #state: LedgerState = { kind: 'closed' }
  readonly #setAside: string[] = []
  /** Where a file that is no good is on its way to. */
  #aside: string | undefined
  #lost = 0
  #stopTimer: StopTimer | undefined
  #stopCheck: StopTimer = () => undefined

  constructor({ clock }: { clock: Clock }, init: LedgerBookInit) {
    this.#clock = clock
    this.#init = init
  }

  /** @throws LedgerNewer */
  open(): void {
    try {
      this.#reopen()
      this.#become({ kind: 'open' })
      if (this.#init.check) this.#stopCheck = this.#clock.after(checkAfterMs, () => this.#check())
    } catch (error) {
      if (error instanceof LedgerNewer) throw error
      this.#wait(error)
    }
  }

  write(id: number, entry: LedgerEntry): void {
    if (this.#waiting.length >= mostWaiting) {
      const dropped = this.#waiting.shift()
      this.#lost++
      if (dropped !== undefined) this.#init.onWritten([{ id: dropped.id, outcome: 'lost' }])
    }
    this.#waiting.push({ id, entry })
    if (this.#state.kind === 'unwritable')
      this.#become({ ...this.#state, waiting: this.#waiting.length, lost: this.#lost })
    else if (this.#waiting.length >= mostGathered) this.flush()
    else this.#stopTimer ??= this.#clock.after(gatherMs, () => this.flush())
  }

  /** Writes what was gathered. Whatever hinders that, it is kept and tried again. */
  flush(): void {
    this.#stopTimer?.()
    this.#stopTimer = undefined
    if (this.#waiting.length === 0 && this.#state.kind === 'open') return
    try {
      this.#writeWaiting()
    } catch (error) {
      this.#recover(error)
    }
  }

  /** @throws what SQLite says, after which the ledger can be asked again */
  ask<Name extends keyof LedgerQueries>(
    query: { name: Name } & LedgerQueries[Name]['ask'],
  ): LedgerQueries[Name]['answer'] {
    this.flush()
    if (this.#database === undefined) throw new Error('the ledger cannot be read now')
    return answer(this.#database, query as LedgerQuery) as LedgerQueries[Name]['answer']
  }

  close(): void {
    this.#stopCheck()
    this.flush()
    this.#stopTimer?.()
    this.#stopTimer = undefined
    this.#database?.close()
    this.#database = undefined
  }

  #writeWaiting(): void {
    const outcomes = writeAll(this.#database ?? this.#reopen(), this.#waiting)
    this.#waiting = []
    if (this.#state.kind !== 'open') this.#become({ kind: 'open' })
    if (outcomes.length > 0) this.#init.onWritten(outcomes)
  }

  /** What cannot be mended now is tried again later: no error ends the thread, and the entries outlive it. */
  #recover(error: unknown): void {
    const database = this.#database
    const failure = judgeFailure(error)
    try {
      if (database === undefined) this.#wait(error)
      else if (failure === 'fault') this.#writeSingly(database)
      else if (failure === 'set-aside') {
        this.#putAside()
        this.#writeWaiting()
      } else this.#wait(error)
    } catch (next) {
      this.#wait(next)
    }
  }

  #check(): void {
    this.flush()
    try {
      this.#database?.check()
    } catch (error) {
      if (judgeFailure(error) === 'set-aside') this.#recover(error)
    }
  }

  /** One entry that the database does not take must not hold up the others. */
  #writeSingly(database: LedgerDatabase): void {
    const entries = this.#waiting
    this.#waiting = []
    for (const entry of entries) {
      try {
        this.#init.onWritten(writeAll(database, [entry]))
      } catch (error) {
        if (judgeFailure(error) === 'fault') {
          this.#lost++
          this.#init.onWritten([{ id: entry.id, outcome: 'lost' }])
        } else this.#waiting.push(entry)
      }
    }
    if (this.#waiting.length > 0) this.#stopTimer ??= this.#clock.after(retryMs, () => this.flush())
    else if (this.#state.kind !== 'open') this.#become({ kind: 'open' })
  }

  #reopen(): LedgerDatabase {
    if (this.#aside !== undefined) this.#moveTo(this.#aside)
    try {
      this.#database = new LedgerDatabase(this.#init.path)
    } catch (error) {
      if (judgeFailure(error) !== 'set-aside') throw error
      this.#putAside()
      this.#database = new LedgerDatabase(this.#init.path)
    }
    return this.#database
  }

  /** @throws what the system says where the file cannot be moved; the next `#reopen` goes on with that */
  #putAside(): void {
    this.#database?.close()
    this.#database = undefined
    this.#aside = `${this.#init.path}.unreadable-${this.#clock.now()}`
    this.#moveTo(this.#aside)
  }

  /** What lies beside the file goes first: SQLite deletes a log beside an empty file, and opening makes one where none is left. */
  #moveTo(aside: string): void {
    const { path } = this.#init
    for (const suffix of ['-wal', '-shm', '']) {
      if (existsSync(`${path}${suffix}`)) renameSync(`${path}${suffix}`, `${aside}${suffix}`)
    }
    this.#aside = undefined
    this.#setAside.push(aside)
    this.#become(this.#state)
  }

  #wait(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error)
    this.#become({ kind: 'unwritable', reason, waiting: this.#waiting.length, lost: this.#lost })
    this.#stopTimer ??= this.#clock.after(retryMs, () => this.flush())
  }

  #become(state: LedgerState): void {
    this.#state = state
    this.#init.onSnapshot({ state, setAside: [...this.#setAside] })
  }
}

function writeAll(database: LedgerDatabase, entries: Waiting[]): { id: number; outcome: EntryOutcome }[] {
  return database.transaction(() => entries.map(({ id, entry }) => ({ id, outcome: writeEntry(database, entry) })))
}

function writeEntry(database: LedgerDatabase, entry: LedgerEntry): EntryOutcome {
  if (entry.kind === 'receipt') return database.addReceipt(entry.receipt)
  database.addJob(entry.job)
  return 'written'
}

function answer(database: LedgerDatabase, query: LedgerQuery): LedgerQueries[keyof LedgerQueries]['answer'] {
  switch (query.name) {
    case 'days':
      return database.days(query)
    case 'hours':
      return database.hours(query)
    case 'newestJobs':
      return database.newestJobs(query.limit)
    case 'jobsAfter':
      return database.jobsAfter(query.number, query.limit)
    case 'countJobs':
      return database.countJobs()
    case 'forgetBefore':
      return database.transaction(() => database.forgetBefore(query.at, query.limit))
    case 'importFrom':
      return importFrom(database, query.path)
  }
}

/**
 * Jobs that are here already are left as they are. All of them come over, or none: the file is somebody's, and a job that is
 * none would be in the way of every reader from then on.
 *
 * @throws LedgerForeign, LedgerNewer, or SQLite's own error for a file that is damaged
 */
function importFrom(database: LedgerDatabase, path: string): number {
  const other = openOther(path)
  try {
    return database.transaction(() => {
      let added = 0
      for (let after = 0; ; ) {
        const page = other.jobsAfter(after, importedAtOnce)
        const last = page.at(-1)
        if (last === undefined) return added
        // In a damaged file the order may lead in circles.
        if (last.number <= after) throw new LedgerForeign('its jobs are not in their order')
        added += page.filter(job => database.addJob(checked(job))).length
        after = last.number
      }
    })
  } finally {
    other.close()
  }
}

function openOther(path: string): LedgerDatabase {
  try {
    return new LedgerDatabase(path, { readOnly: true })
  } catch (error) {
    // A database of other tables, or of none.
    if (error instanceof Error && 'errcode' in error && judgeFailure(error) === 'fault')
      throw new LedgerForeign(error.message)
    throw error
  }
}

function checked(job: LedgerJob): LedgerJob {
  const parsed = safeParse(ledgerJobSchema, job)
  if (parsed.success) return job
  const issue = parsed.error.issues[0]
  throw new LedgerForeign(`one of its jobs is none: ${issue?.path.join('.')}: ${issue?.message}`)
}
