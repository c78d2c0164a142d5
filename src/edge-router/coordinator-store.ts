import type { Milliseconds } from '../shared/units.ts'
import type { Admission, Arrival, CoordinatorList, DayCount, KnownRevocations } from './coordinator-table.ts'

/** The table as requests reach it: in another process, so each call may fail. */
export interface CoordinatorStore {
  list(): Promise<CoordinatorList>
  /** Takes a verified registration, and first the list of revocations that came with it. */
  register(arrival: Arrival, revocations?: KnownRevocations): Promise<Admission>
  count(counts: DayCount[]): Promise<void>
  counts(): Promise<DayCount[]>
}

/** A copy of the list outside the storage, for when that fails. */
export interface ListCopy {
  read(): Promise<CoordinatorList | undefined>
  write(list: CoordinatorList): Promise<void>
}

/** What a Worker has of time. */
export interface EdgeClock {
  now(): Milliseconds
  delay(ms: Milliseconds): Promise<void>
}

/** Tells the operator what went wrong, once it has been dealt with. */
export type ReportProblem = (message: string, error: unknown) => void
