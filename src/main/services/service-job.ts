import { RmaError } from '../../shared/errors.ts'
import type { Clock, StopTimer } from '../clock.ts'
import type { ServiceRequest } from '../service-request.ts'
import type { EngineOutput } from './engine-session.ts'
import type { Waiting } from './fair-queue.ts'
import type { JobInput } from './workshop.ts'

/** A request on its way through this node: it waits, gets its turn or is turned away, and ends at its deadline at last. */
export class ServiceJob implements Waiting {
  readonly request: ServiceRequest
  /** Missing until the whole body is here. */
  input: JobInput | undefined
  /** Bytes of the body that have come so far. */
  heldBytes = 0
  readonly #abort = new AbortController()
  readonly #output = Promise.withResolvers<ReadableStream<EngineOutput>>()
  readonly #stopTimer: StopTimer
  readonly #follow: () => void
  #begun = false

  constructor(request: ServiceRequest, clock: Clock) {
    this.request = request
    this.#output.promise.catch(() => undefined) // It may be turned away while its body is still being read.
    const expire = () => this.turnAway(new RmaError('DEADLINE', 'the deadline passed before the answer was ready'))
    this.#follow = () => {
      if (request.signal.reason instanceof RmaError) this.turnAway(request.signal.reason)
      else if (clock.now() >= request.deadlineAt) expire()
      else this.turnAway(new RmaError('CANCELLED', 'the request was cancelled'))
    }
    request.signal.addEventListener('abort', this.#follow)
    const leftMs = request.deadlineAt - clock.now()
    this.#stopTimer = clock.after(Math.max(0, leftMs), expire)
    if (request.signal.aborted) this.#follow()
    else if (leftMs <= 0) expire()
  }

  get requester(): string {
    return this.request.requester
  }

  /** Aborts, with an RmaError, when the job is to end. */
  get signal(): AbortSignal {
    return this.#abort.signal
  }

  get ready(): boolean {
    return this.input !== undefined && !this.signal.aborted
  }

  /** Resolves with what the engine puts out once it has one; rejects when the job is turned away. */
  get output(): Promise<ReadableStream<EngineOutput>> {
    return this.#output.promise
  }

  /** Whether an engine has been handed this job. */
  get begun(): boolean {
    return this.#begun
  }

  begin(output: Promise<ReadableStream<EngineOutput>>): void {
    this.#begun = true
    this.#output.resolve(output)
  }

  turnAway(error: RmaError): void {
    this.#abort.abort(error)
    this.#output.reject(error)
  }

  /** Lets go of the request's signal and of the timer. */
  dispose(): void {
    this.#stopTimer()
    this.request.signal.removeEventListener('abort', this.#follow)
  }
}
