import { RmaError, toRmaError } from '../../shared/errors.ts'
import type { PeerIdText } from '../../shared/schema/primitives.ts'
import type { WorkerView } from '../../shared/schema/worker.ts'
import { MiB } from '../../shared/units.ts'
import type { Clock } from '../clock.ts'
import { endingJob } from '../ledger/answer-body.ts'
import type { JobLog } from '../ledger/job-log.ts'
import type { Logger } from '../log.ts'
import type { LocalServices, ServiceRequest } from '../service-request.ts'
import { withSignal } from '../with-signal.ts'
import { AskedBefore } from './asked-before.ts'
import type { CoordinatorGateway } from './coordinator-gateway.ts'
import type { Forwarder } from './forwarder.ts'
import { HedgedAsker } from './hedged-asker.ts'
import { type Attempt, asksLeft, attempt, type Journey, nobodyTook, type RouteStep } from './journey.ts'
import type { LocalWorker } from './local-worker.ts'
import { particularsOf } from './particulars.ts'
import { isRefusal } from './refusal.ts'
import type { ReputationBook } from './reputation-book.ts'
import { captureBody, onceRead, type RequestBody } from './request-body.ts'
import type { RoutedAnswer } from './routed-answer.ts'
import type { Random } from './selection.ts'
import { SpotChecker } from './spot-checker.ts'
import type { RoutingCounters, Served } from './statistics.ts'
import { mayAskAnother, type TimedAnswer, WorkerAsker } from './worker-asker.ts'
import { type Choice, WorkerChoice } from './worker-choice.ts'
import type { WorkerExperience } from './worker-experience.ts'
import type { WorkerSource } from './worker-source.ts'

/** For services this node has no definition of: what the platform's largest upstream takes. */
const largestBodyBytes = 128 * MiB

export interface RouterComponents {
  local: LocalWorker
  services: LocalServices
  workers: WorkerSource
  forwarder: Pick<Forwarder, 'send'>
  experience: WorkerExperience
  /** What came of checking workers' answers; without it none are checked. */
  reputation?: ReputationBook
  counters: RoutingCounters
  jobs: JobLog
  /** This machine's: deadlines and latencies are of it. */
  clock: Clock
  /** The one that records are dated by. Default: `clock`. */
  networkClock?: Clock
  /** Asked when no worker took a request; a network may have none. */
  coordinator?: CoordinatorGateway
  log: Logger
}

export interface RouterInit {
  /** Place of this node; workers there are preferred. */
  location?: () => string | undefined
  /** Whether a second worker is asked when one takes long. Default: never. */
  hedging?: () => boolean
  /** Whether some answers are checked with a second worker. Default: never. */
  spotChecks?: () => boolean
  /** Who may serve what only trusted members may. Default: nobody, as in a network without membership. */
  isTrusted?: (peerId: PeerIdText) => boolean
  random?: Random
}

/**
 * Finds somebody to serve a request: this node, then workers known from the cache, then those the network names, then a
 * coordinator, all within the request's one deadline. Workers that refuse are passed over; ones that are lost are too
 * where the service may safely be asked twice.
 */
export class Router {
  readonly #parts: RouterComponents
  readonly #asker: HedgedAsker
  readonly #isTrusted: (peerId: PeerIdText) => boolean
  readonly #choice: WorkerChoice
  readonly #askedBefore: AskedBefore
  readonly #spotChecker: SpotChecker | undefined

  constructor(components: RouterComponents, init: RouterInit = {}) {
    const { location = () => undefined, hedging = () => false, isTrusted = () => false, random = Math.random } = init
    const { services, clock, networkClock = clock, counters, experience } = components
    this.#parts = components
    this.#isTrusted = isTrusted
    this.#asker = new HedgedAsker(
      { asker: new WorkerAsker(components), services, clock, onHedge: what => counters.hedge(what) },
      { enabled: hedging },
    )
    this.#askedBefore = new AskedBefore({ clock })
    const { reputation } = components
    const known = reputation === undefined ? {} : { reputation }
    this.#choice = new WorkerChoice({ experience, networkClock, ...known }, { location, random })
    if (reputation === undefined) return
    const { spotChecks = () => false } = init
    this.#spotChecker = new SpotChecker(
      { ...components, reputation, choice: this.#choice },
      { enabled: spotChecks, random },
    )
  }

  /**
   * Rejects with what the worker that took the request answered, with NO_WORKER or UNKNOWN_SERVICE whose
   * `details.tried` say what was tried and why each failed, with WORKER_LOST, DEADLINE or CANCELLED.
   */
  async route(asked: ServiceRequest): Promise<RoutedAnswer> {
    const { local, services, counters, jobs } = this.#parts
    const tried: Attempt[] = []
    try {
      const maxBytes = services.maxBytes(asked.service) ?? largestBodyBytes
      const limits = { declaredBytes: asked.declaredBytes, maxBytes }
      // A sender that has gone quiet holds nobody up past the deadline.
      const body = await withSignal(captureBody(asked.body, limits), asked.signal)
      if (body.length === 0) throw new RmaError('EMPTY_BODY', `${asked.service}: expected a body, got none`)
      const particulars = particularsOf(asked, body)
      const request = particulars === undefined ? asked : { ...asked, particulars }
      if (local.offers(request.service) && this.#workerBefore(request) === undefined) {
        const answer = await this.#tryHere(request, body, tried)
        if (answer !== undefined) return answer
      }
      const job = jobs.begin({
        id: request.id,
        role: 'requested',
        service: request.service,
        requester: request.requester,
      })
      const signal = AbortSignal.any([request.signal, job.signal])
      return await this.#tryOthers({
        request: { ...request, signal },
        body,
        job,
        tried,
        asked: new Set(),
        unreached: new Set(),
        brokenOff: [],
        known: [],
      })
    } catch (error) {
      counters.failed(asked.service)
      throw toRmaError(error)
    }
  }

  async #tryHere(request: ServiceRequest, body: RequestBody, tried: Attempt[]): Promise<RoutedAnswer | undefined> {
    const { local, counters, clock } = this.#parts
    const startedAt = clock.now()
    try {
      const answer = await local.run({ ...request, body: onceRead(body) }, 'local')
      counters.served(request.service, 'local', { path: 'local', latencyMs: clock.now() - startedAt })
      return answer
    } catch (error) {
      const failure = toRmaError(error)
      if (!isRefusal(failure) || !body.replayable) throw failure
      tried.push(attempt('local', 'self', failure))
      return undefined
    }
  }

  async #tryOthers(journey: Journey): Promise<RoutedAnswer> {
    const { request, job } = journey
    try {
      const answer = (await this.#tryWorkers(journey)) ?? (await this.#tryCoordinator(journey))
      if (answer === undefined) {
        await this.#widen(journey)
        throw nobodyTook(journey, this.#choice.passedOver(choiceOf(journey)))
      }
      return { ...answer, body: endingJob(answer.body, job) }
    } catch (error) {
      const failure = request.signal.aborted ? toRmaError(request.signal.reason) : toRmaError(error)
      job.failed(failure)
      throw failure
    }
  }

  /**
   * Asks up to three workers, beside those who cost next to no time: those known from the cache, then those that the network
   * names, then again who broke off.
   */
  async #tryWorkers(journey: Journey): Promise<RoutedAnswer | undefined> {
    const before = this.#workerBefore(journey.request)
    const again = before && (await this.#ask(before, journey, 'cache', () => undefined))
    if (again !== undefined) return again
    const source = await this.#lookUp(journey, false)
    const answer = await this.#tryKnown(journey, source)
    if (answer !== undefined) return answer
    const others = source === 'cache' && asksLeft(journey) > 0
    const other = others ? await this.#tryKnown(journey, await this.#lookUp(journey, true)) : undefined
    return other ?? (await this.#tryAgain(journey))
  }

  /** Where this machine's own network was away for a moment, all connections break together and every worker is well. */
  async #tryAgain(journey: Journey): Promise<RoutedAnswer | undefined> {
    for (const worker of journey.brokenOff.splice(0, Math.max(0, asksLeft(journey)))) {
      journey.request.signal.throwIfAborted()
      this.#parts.counters.retried()
      const answer = await this.#ask(worker, journey, 'cache', () => undefined)
      if (answer !== undefined) return answer
    }
    return undefined
  }

  async #lookUp(journey: Journey, fresh: boolean): Promise<'cache' | 'dht'> {
    const { workers: directory, counters } = this.#parts
    const { service, signal, particulars } = journey.request
    const narrow = particulars === undefined ? {} : { particulars }
    const { workers, source } = await directory.lookup(service, { signal, fresh, ...narrow })
    counters.lookedUp(source, { fresh, found: workers.length })
    journey.known = this.#allowed(journey, workers)
    return source
  }

  /** To say what there is where nobody has what the request chose, all others of the service are looked up as well. */
  async #widen(journey: Journey): Promise<void> {
    const { service, signal, particulars } = journey.request
    if (particulars === undefined || journey.known.length > 0) return
    const { workers } = await this.#parts.workers.lookup(service, { signal, fresh: true })
    journey.known = this.#allowed(journey, workers)
  }

  #allowed({ request: { trustedOnly = false } }: Journey, workers: WorkerView[]): WorkerView[] {
    return trustedOnly ? workers.filter(({ peerId }) => this.#isTrusted(peerId)) : workers
  }

  /** Undefined when none of those known took the request. */
  async #tryKnown(journey: Journey, step: 'cache' | 'dht'): Promise<RoutedAnswer | undefined> {
    const { asked, request } = journey
    while (asksLeft(journey) > 0) {
      request.signal.throwIfAborted()
      const worker = this.#choose(journey)
      if (worker === undefined) return undefined
      if (asked.size > 0) this.#parts.counters.retried()
      const another = () => (asksLeft(journey) > 0 ? this.#choose(journey) : undefined)
      const answer = await this.#ask(worker, journey, step, another)
      if (answer !== undefined) return answer
    }
    return undefined
  }

  async #ask(
    worker: WorkerView,
    journey: Journey,
    step: 'cache' | 'dht',
    another: () => WorkerView | undefined,
  ): Promise<RoutedAnswer | undefined> {
    const { request } = journey
    const runsOnce = !this.#parts.services.isIdempotent(request.service)
    if (runsOnce) this.#askedBefore.note(request, worker)
    const answer = await this.#asker.ask(worker, journey, { step, another })
    if (answer !== undefined) return this.#watched(journey, this.#taken(journey, 'forwarded', answer))
    if (runsOnce) this.#askedBefore.forget(request)
    return undefined
  }

  #watched(journey: Journey, answer: RoutedAnswer): RoutedAnswer {
    return this.#spotChecker === undefined ? answer : { ...answer, body: this.#spotChecker.watch(journey, answer) }
  }

  /** Who was sent this request, which must not run twice, a short while ago. */
  #workerBefore(request: ServiceRequest): WorkerView | undefined {
    return this.#parts.services.isIdempotent(request.service) ? undefined : this.#askedBefore.workerOf(request)
  }

  #choose(journey: Journey): WorkerView | undefined {
    return this.#choice.next(choiceOf(journey))
  }

  async #tryCoordinator(journey: Journey): Promise<RoutedAnswer | undefined> {
    const { coordinator, clock, services, counters } = this.#parts
    const { request, body } = journey
    if (coordinator === undefined) {
      note(journey, 'coordinator', new RmaError('NO_WORKER', 'none is configured'))
      return undefined
    }
    counters.sentToCoordinator()
    const sentAt = clock.now()
    const { id, contentType, accept, service, signal, hops = 0, trustedOnly = false, particulars } = request
    const narrow = particulars === undefined ? {} : { particulars }
    const outcome = await coordinator.forward({
      service,
      headers: {
        id,
        deadlineMs: request.deadlineAt - sentAt,
        hops: hops + 1,
        trustedOnly,
        ...narrow,
        contentType,
        accept,
      },
      body,
      requester: request.requester,
      signal,
    })
    if (outcome.kind === 'answered') {
      return this.#taken(journey, 'coordinator', { answer: outcome.answer, tookMs: clock.now() - sentAt })
    }
    note(journey, 'coordinator', outcome.error)
    if (mayAskAnother(outcome, body, services.isIdempotent(service)) || outcome.error.code === 'NO_WORKER') {
      return undefined
    }
    throw outcome.error
  }

  #taken({ request, body, job }: Journey, how: Served, { answer, tookMs }: TimedAnswer): RoutedAnswer {
    this.#parts.counters.served(request.service, how, { path: answer.path, latencyMs: tookMs })
    job.accepted(answer.worker, answer.path)
    if (body.length !== undefined) job.received(body.length)
    return answer
  }
}

function note({ tried }: Journey, step: RouteStep & 'coordinator', error: RmaError): void {
  tried.push(attempt(step, 'coordinator', error))
}

function choiceOf({ request: { service, particulars }, known, asked }: Journey): Choice {
  return { service, known, asked, ...(particulars === undefined ? {} : { particulars }) }
}
