import { RmaError, toRmaError } from '../../shared/errors.ts'
import { isPlatformService, type PeerIdText, type ServiceType } from '../../shared/schema/primitives.ts'
import type { WorkerView } from '../../shared/schema/worker.ts'
import { MiB } from '../../shared/units.ts'
import type { Clock } from '../clock.ts'
import { chunksOf, endingJob } from '../ledger/answer-body.ts'
import type { JobHandle, JobLog } from '../ledger/job-log.ts'
import type { Logger } from '../log.ts'
import type { LocalServices, ServiceRequest } from '../service-request.ts'
import type { Forwarder, ForwardOutcome } from './forwarder.ts'
import type { LocalWorker } from './local-worker.ts'
import { captureBody, type RequestBody } from './request-body.ts'
import type { RoutedAnswer } from './routed-answer.ts'
import { choose, type Random } from './selection.ts'
import type { RoutingCounters } from './statistics.ts'
import type { WorkerExperience } from './worker-experience.ts'

const mostWorkers = 3
/** For services this node has no definition of: what the platform's largest upstream takes. */
const largestBodyBytes = 128 * MiB

/** The directory as the router sees it. */
export interface WorkerSource {
  /** Workers announced for a service; `fresh` asks the network although the cache still holds an answer. */
  lookup(
    service: ServiceType,
    options: { signal: AbortSignal; fresh?: boolean },
  ): Promise<{ workers: WorkerView[]; source: 'cache' | 'dht' }>
  /** The worker failed: it is left out until it is announced anew. */
  remove(peerId: PeerIdText): void
  /** The worker said how busy it is. */
  heard(peerId: PeerIdText, load: number, waiting: number): void
}

export interface RouterComponents {
  local: LocalWorker
  services: LocalServices
  workers: WorkerSource
  forwarder: Pick<Forwarder, 'send'>
  experience: WorkerExperience
  counters: RoutingCounters
  jobs: JobLog
  clock: Clock
  log: Logger
}

export interface RouterInit {
  /** Place of this node; workers there are preferred. */
  location?: () => string | undefined
  random?: Random
}

/** One worker that was asked in vain. */
interface Attempt {
  worker: PeerIdText | 'self'
  code: string
  message: string
}

/** One request on its way: what has been tried and what is left. */
interface Journey {
  request: ServiceRequest
  body: RequestBody
  job: JobHandle
  tried: Attempt[]
}

/**
 * Finds somebody to serve a request: this node, then workers known from the cache, then those the network names.
 * Workers that refuse are passed over; ones that are lost are too where the service may safely be asked twice.
 */
export class Router {
  readonly #parts: RouterComponents
  readonly #location: () => string | undefined
  readonly #random: Random

  constructor(components: RouterComponents, { location = () => undefined, random = Math.random }: RouterInit = {}) {
    this.#parts = components
    this.#location = location
    this.#random = random
  }

  /**
   * Rejects with what the worker that took the request answered, with NO_WORKER or UNKNOWN_SERVICE whose
   * `details.tried` say what was tried and why each failed, with WORKER_LOST, DEADLINE or CANCELLED.
   */
  async route(request: ServiceRequest): Promise<RoutedAnswer> {
    const { local, services, counters, jobs } = this.#parts
    const tried: Attempt[] = []
    try {
      const maxBytes = services.maxBytes(request.service) ?? largestBodyBytes
      const body = await captureBody(request.body, { declaredBytes: request.declaredBytes, maxBytes })
      if (body.length === 0) throw new RmaError('EMPTY_BODY', `${request.service}: expected a body, got none`)
      if (local.offers(request.service)) {
        const answer = await this.#tryHere(request, body, tried)
        if (answer !== undefined) return answer
      }
      const job = jobs.begin({
        id: request.id,
        role: 'requested',
        service: request.service,
        requester: request.requester,
      })
      return await this.#tryOthers({
        request: { ...request, signal: AbortSignal.any([request.signal, job.signal]) },
        body,
        job,
        tried,
      })
    } catch (error) {
      counters.add('failedRequests')
      throw toRmaError(error)
    }
  }

  async #tryHere(request: ServiceRequest, body: RequestBody, tried: Attempt[]): Promise<RoutedAnswer | undefined> {
    try {
      const answer = await this.#parts.local.run({ ...request, body: chunksOf(body.read()) }, 'local')
      this.#parts.counters.add('localRequests')
      return answer
    } catch (error) {
      const failure = toRmaError(error)
      if (!isRefusal(failure) || !body.replayable) throw failure
      tried.push({ worker: 'self', code: failure.code, message: failure.message })
      return undefined
    }
  }

  async #tryOthers(journey: Journey): Promise<RoutedAnswer> {
    const { request, job } = journey
    try {
      const answer = (await this.#tryKnown(journey, false)) ?? (await this.#tryKnown(journey, true))
      if (answer === undefined) throw this.#nobody(journey)
      return { ...answer, body: endingJob(answer.body, job) }
    } catch (error) {
      const failure = request.signal.aborted ? toRmaError(request.signal.reason) : toRmaError(error)
      job.failed(failure)
      throw failure
    }
  }

  /** Asks up to three workers of one lookup; undefined when none of them took the request. */
  async #tryKnown(journey: Journey, fresh: boolean): Promise<RoutedAnswer | undefined> {
    const { request, tried } = journey
    if (fresh && tried.length >= mostWorkers) return undefined
    const { workers, source } = await this.#parts.workers.lookup(request.service, { signal: request.signal, fresh })
    if (!fresh) this.#parts.counters.add(source === 'cache' ? 'cacheHits' : 'cacheMisses')
    if (source === 'dht') this.#parts.counters.add('dhtLookups')
    while (tried.length < mostWorkers) {
      const worker = this.#choose(workers, tried)
      if (worker === undefined) return undefined
      const answer = await this.#ask(worker, journey)
      if (answer !== undefined) return answer
    }
    return undefined
  }

  #choose(workers: WorkerView[], tried: Attempt[]): WorkerView | undefined {
    const { experience, clock } = this.#parts
    const location = this.#location()
    return choose(
      workers.map(view => ({ view, experience: experience.of(view.peerId) })),
      {
        exclude: new Set(tried.map(attempt => attempt.worker)),
        ...(location === undefined ? {} : { location }),
      },
      clock.now(),
      this.#random,
    )
  }

  async #ask(worker: WorkerView, { request, body, job, tried }: Journey): Promise<RoutedAnswer | undefined> {
    const { experience, forwarder, clock, services } = this.#parts
    const sentAt = clock.now()
    experience.sent(worker.peerId)
    job.sentTo(worker.peerId)
    let outcome: ForwardOutcome
    try {
      outcome = await forwarder.send({
        service: request.service,
        to: { peerId: worker.peerId, addresses: worker.record.addresses },
        headers: {
          id: request.id,
          deadlineMs: request.deadlineAt - sentAt,
          hops: 1,
          contentType: request.contentType,
          accept: request.accept,
        },
        body,
        signal: request.signal,
      })
    } catch (error) {
      // The requester gave up; that says nothing of the worker.
      experience.refused(worker.peerId)
      throw error
    }
    this.#learn(worker, outcome, clock.now() - sentAt)
    if (outcome.kind === 'answered') {
      job.accepted(worker.peerId, outcome.answer.path)
      if (body.length !== undefined) job.received(body.length)
      return outcome.answer
    }
    tried.push({ worker: worker.peerId, code: outcome.error.code, message: outcome.error.message })
    if (!mayAskAnother(outcome, body, services.isIdempotent(request.service))) throw outcome.error
    return undefined
  }

  #learn(worker: WorkerView, outcome: ForwardOutcome, tookMs: number): void {
    const { experience, workers, counters, log } = this.#parts
    const { peerId } = worker
    switch (outcome.kind) {
      case 'answered':
        counters.add('forwardedRequests')
        experience.answered(peerId, tookMs, outcome.answer.path)
        workers.heard(peerId, outcome.answer.load, outcome.answer.queue)
        return
      case 'refused':
        experience.refused(peerId)
        if (outcome.load !== undefined) workers.heard(peerId, outcome.load, outcome.queue ?? 0)
        if (outcome.error.code === 'PAUSED' || outcome.error.code === 'UNKNOWN_SERVICE') workers.remove(peerId)
        return
      case 'lost':
        experience.failed(peerId)
        workers.remove(peerId)
        log.info({ worker: peerId, code: outcome.error.code, reason: outcome.error.message }, 'a worker was lost')
    }
  }

  #nobody({ request, tried }: Journey): RmaError {
    const { service } = request
    if (tried.length === 0 && !isPlatformService(service)) {
      return new RmaError('UNKNOWN_SERVICE', `nobody in this network offers ${service}`, { service, tried })
    }
    const reasons = tried.map(attempt => `${shortId(attempt.worker)}: ${attempt.message}`)
    const why = reasons.length === 0 ? 'no other node announces it now' : reasons.join('; ')
    return new RmaError('NO_WORKER', `no worker could take the ${service} request: ${why}`, { service, tried })
  }
}

function mayAskAnother(outcome: ForwardOutcome, body: RequestBody, idempotent: boolean): boolean {
  if (outcome.kind === 'answered') return false
  const untouched = outcome.kind === 'refused' ? isRefusal(outcome.error) : outcome.error.details.sent === false
  if (untouched) return body.replayable
  return body.replayable && idempotent && outcome.error.retryable
}

/** Whether a worker turned the request away before it began on it. */
function isRefusal(error: RmaError): boolean {
  return error.code === 'BUSY' || error.code === 'PAUSED' || error.code === 'UNKNOWN_SERVICE'
}

function shortId(worker: string): string {
  return worker === 'self' ? 'this node' : worker.slice(-8)
}
