import type { RmaError } from '../../shared/errors.ts'
import type { ServiceStatus, Unavailability } from '../../shared/schema/service.ts'
import type { Milliseconds } from '../../shared/units.ts'
import type { EnginePoolComponents } from './engine-pool.ts'
import type { EngineInput } from './engine-protocol.ts'
import type { EngineOutput, OnSettled } from './engine-session.ts'

/** A job as a lane hands it on. */
export interface JobInput extends EngineInput {
  /** The body as it comes, for services whose bodies are streamed; `bytes` is empty then. */
  body?: AsyncIterable<Uint8Array>
  /** When the last of those who wait goes, as it stands: others may join. */
  waitedForUntil: () => Milliseconds
}

/** What the jobs of a service run on: engine processes of our own, or a server beside this node. */
export interface Workshop {
  /** Jobs at once. */
  readonly size: number
  readonly running: number
  /** Jobs that may begin now. */
  readonly free: number
  /** Process ids of the engines that are loaded. */
  readonly pids: number[]
  /** Why no job can run here now, for reasons of the workshop's own. */
  readonly unavailable?: Unavailability | undefined
  /** Language models that requests may name, those in memory first. */
  readonly models?: string[]
  /** Languages that documents are read in where requests name none, and all that they may name. */
  readonly languages?: ServiceStatus['languages']
  /** Running jobs beyond a smaller size finish. */
  resize(size: number): void
  /**
   * Runs a job, whose place counts as taken from the moment of the call. `onFree` is called once when it is free again.
   * When `signal` aborts, the job ends with the signal's reason, an RmaError. The stream fails with the job; to cancel it
   * ends the job.
   */
  run(input: JobInput, signal: AbortSignal, onFree: OnSettled): Promise<ReadableStream<EngineOutput>>
  start?(): void
  /** Ends every job with `error`; resolves when nothing of it is left. It may be followed by more jobs. */
  stop(error: RmaError): Promise<void>
}

export type WorkshopComponents = EnginePoolComponents

export interface WorkshopInit {
  size: number
  /** Called when `unavailable` or `free` has changed by itself. */
  onChange: () => void
}

export type OpenWorkshop = (components: WorkshopComponents, init: WorkshopInit) => Workshop
