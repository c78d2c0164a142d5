import { type RmaError, toRmaError } from '../../shared/errors.ts'
import type { PeerIdText, ServiceType } from '../../shared/schema/primitives.ts'
import { MiB, minute } from '../../shared/units.ts'
import type { Clock, StopTimer } from '../clock.ts'
import type { JobHandle, JobLog } from '../ledger/job-log.ts'
import type { Startable } from '../lifecycle.ts'
import type { LocalServices, ServiceAnswer, ServiceRequest } from '../service-request.ts'
import { longestDeadlineMs } from './headers.ts'
import { OutcomeBook } from './outcome-book.ts'
import { Replay } from './replay.ts'
import type { RoutedAnswer } from './routed-answer.ts'
import { notKept, SharedRun } from './shared-run.ts'

export interface LocalWorkerComponents {
  services: LocalServices
  jobs: JobLog
  clock: Clock
  selfId: PeerIdText
}

export interface LocalWorkerInit {
  /** What may be held of the outcomes of all requests together. Default 32 MiB. */
  maxOutcomeBytes?: number
}

const outcomeKeptMs = 2 * minute

/**
 * Runs requests on this node, whoever sent them, and keeps their jobs in the log. A requester's id for a request is its
 * idempotency key: asked again within two minutes, it joins the run or gets what came of it. Outcomes are in memory only.
 */
export class LocalWorker implements Startable {
  readonly #services: LocalServices
  readonly #jobs: JobLog
  readonly #clock: Clock
  readonly #selfId: PeerIdText
  readonly #book: OutcomeBook<SharedRun>
  #stopExpiry: StopTimer | undefined

  constructor({ services, jobs, clock, selfId }: LocalWorkerComponents, init: LocalWorkerInit = {}) {
    this.#services = services
    this.#jobs = jobs
    this.#clock = clock
    this.#selfId = selfId
    this.#book = new OutcomeBook({ keptMs: outcomeKeptMs, maxBytes: init.maxOutcomeBytes ?? 32 * MiB })
  }

  start(): void {
    // It runs what comes.
  }

  /** Forgets what is held; runs under way end with the services. */
  stop(): void {
    this.#stopExpiry?.()
    this.#stopExpiry = undefined
    this.#release(this.#book.clear())
  }

  offers(service: ServiceType): boolean {
    return this.#services.offers(service)
  }

  /**
   * Rejects as `LocalServices.run` does, with REQUEST_ID_REUSED where the id was another request's, and with
   * OUTCOME_NOT_KEPT where it ran, must not run twice, and its outcome is no longer held.
   */
  async run(request: ServiceRequest, path: RoutedAnswer['path']): Promise<RoutedAnswer> {
    const { contentType, body } = await this.#runOnce(request, path)
    const { load, queue } = this.#services.capacity()
    return { worker: this.#selfId, path, contentType, body, load, queue: queue.waiting }
  }

  async #runOnce(request: ServiceRequest, path: RoutedAnswer['path']): Promise<ServiceAnswer> {
    const key = `${request.requester} ${request.id}`
    for (;;) {
      const known = this.#book.at(key, this.#clock.now())
      if (known === undefined) break
      if (known.state === 'dropped') throw notKept(request)
      const answer = await known.value.again(request)
      if (answer !== undefined) return answer
    }
    const run = new SharedRun({ clock: this.#clock }, request)
    this.#release(this.#book.begin(key, run, { mayRepeat: this.#services.isIdempotent(request.service) }))
    const leave = run.join(request)
    void this.#execute(key, run, request, path)
    return await run.answerFor(request.signal, leave)
  }

  /** Never rejects: whoever waits for the run hears what it fails with. */
  async #execute(key: string, run: SharedRun, request: ServiceRequest, path: RoutedAnswer['path']): Promise<void> {
    const { id, service, requester } = request
    const role = requester === this.#selfId ? 'own' : 'served'
    const job = this.#jobs.begin({ id, role, service, requester })
    job.accepted(this.#selfId, path)
    const signal = AbortSignal.any([run.signal, job.signal])
    let started = false
    try {
      const answer = await this.#services.run({
        ...request,
        body: counted(run.reading(request.body), job),
        // Each of those who wait has a deadline, and leaves with it; whoever joins later may have a later one.
        deadlineAt: this.#clock.now() + longestDeadlineMs,
        waitedForUntil: () => run.waitedForUntil,
        signal,
        onStarted: () => {
          started = true
          job.started()
          request.onStarted?.()
        },
        onProgress: progress => job.progressed(progress),
        onUsed: usage => job.used(usage),
      })
      const body = answer.body instanceof Uint8Array ? answer.body : this.#replay(key, run, job, answer.body, signal)
      run.answered(answer.contentType, body)
      if (body instanceof Uint8Array) this.#complete(key, run, job, body.byteLength)
    } catch (error) {
      const failure = signal.aborted ? toRmaError(signal.reason) : toRmaError(error)
      job.failed(failure)
      run.failed(failure)
      this.#settle(key, run, started ? this.#afterFailure(service, failure) : 'forget')
    }
  }

  #complete(key: string, run: SharedRun, job: JobHandle, bytes: number): void {
    job.done(bytes)
    this.#release(this.#book.grow(key, bytes))
    this.#settle(key, run, 'keep')
  }

  #replay(key: string, run: SharedRun, job: JobHandle, body: AsyncIterable<Uint8Array>, signal: AbortSignal): Replay {
    let bytes = 0
    const stop = () => replay.stop(toRmaError(signal.reason))
    const replay: Replay = new Replay(body, {
      onBytes: more => {
        bytes += more
        this.#release(this.#book.grow(key, more))
      },
      onEnd: failure => {
        signal.removeEventListener('abort', stop)
        if (failure === undefined) job.done(bytes)
        else job.failed(signal.aborted ? toRmaError(signal.reason) : toRmaError(failure))
        this.#settle(key, run, failure === undefined ? 'keep' : 'drop')
      },
    })
    signal.addEventListener('abort', stop)
    if (signal.aborted) stop()
    return replay
  }

  /** What ran and must not run again stays failed; what may run again does, where that can help. */
  #afterFailure(service: ServiceType, { code, retryable }: RmaError): 'keep' | 'forget' {
    if (!this.#services.isIdempotent(service)) return 'keep'
    return retryable || code === 'CANCELLED' || code === 'DEADLINE' || code === 'INTERNAL' ? 'forget' : 'keep'
  }

  #settle(key: string, run: SharedRun, as: 'keep' | 'drop' | 'forget'): void {
    if (as === 'forget') this.#book.forget(key)
    else this.#book[as](key, this.#clock.now())
    run.end(as !== 'forget')
    this.#stopExpiry ??= this.#expireAt(this.#clock.now() + outcomeKeptMs)
  }

  /** What is held goes when its time has come, asked for or not. */
  #expireAt(at: number): StopTimer {
    return this.#clock.after(Math.max(1, at - this.#clock.now()), () => {
      const next = this.#book.expire(this.#clock.now())
      this.#stopExpiry = next === undefined ? undefined : this.#expireAt(next)
    })
  }

  #release(runs: SharedRun[]): void {
    for (const run of runs) run.release()
  }
}

async function* counted(body: AsyncIterable<Uint8Array>, job: JobHandle) {
  let bytes = 0
  for await (const chunk of body) {
    bytes += chunk.byteLength
    yield chunk
  }
  job.received(bytes)
}
