import type {
  DailyTotal,
  DaySpan,
  HourlyTotal,
  HourSpan,
  LedgerJob,
  LedgerSnapshot,
} from '../../shared/schema/contribution.ts'
import type { Milliseconds } from '../../shared/units.ts'
import type { NumberedJob, ReceiptOutcome, StoredReceipt } from './ledger-database.ts'

/** Something to be written. */
export type LedgerEntry = { kind: 'job'; job: LedgerJob } | { kind: 'receipt'; receipt: StoredReceipt }

/** What became of an entry once it is safe on the disk; `lost`: it could not be written, nor kept any longer. */
export type EntryOutcome = 'written' | 'lost' | ReceiptOutcome

/** What can be asked of the ledger, with the answers. */
export interface LedgerQueries {
  days: { ask: DaySpan; answer: DailyTotal[] }
  hours: { ask: HourSpan; answer: HourlyTotal[] }
  newestJobs: { ask: { limit: number }; answer: LedgerJob[] }
  jobsAfter: { ask: { number: number; limit: number }; answer: NumberedJob[] }
  countJobs: { ask: Record<never, never>; answer: number }
  /** Forgets some of the jobs that ended before `at`; how many it were. */
  forgetBefore: { ask: { at: Milliseconds; limit: number }; answer: number }
  /** Takes over the jobs of another ledger; how many were new. */
  importFrom: { ask: { path: string }; answer: number }
}
export type LedgerQuery = {
  [Name in keyof LedgerQueries]: { name: Name } & LedgerQueries[Name]['ask']
}[keyof LedgerQueries]

/** Node → ledger thread, which answers it. */
export type NumberedCommand =
  | { kind: 'write'; id: number; entry: LedgerEntry }
  | { kind: 'ask'; id: number; query: LedgerQuery }

/** Node → ledger thread. */
export type LedgerCommand = NumberedCommand | { kind: 'close' }

/** Ledger thread → node. `refused`: the file is a newer version's. */
export type LedgerReport =
  | { kind: 'opened' }
  | { kind: 'refused'; message: string }
  | { kind: 'written'; outcomes: { id: number; outcome: EntryOutcome }[] }
  | { kind: 'answer'; id: number; value: unknown }
  | { kind: 'failed'; id: number; message: string }
  | { kind: 'snapshot'; snapshot: LedgerSnapshot }
  | { kind: 'closed' }

/** What the thread is started with. */
export interface LedgerThreadData {
  path: string
  /** Read the file through once it is open. */
  check: boolean
}
