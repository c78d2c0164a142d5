import type { RmaError } from '../../shared/errors.ts'
import type { WorkerView } from '../../shared/schema/worker.ts'
import type { Milliseconds } from '../../shared/units.ts'
import type { Clock } from '../clock.ts'
import type { Logger } from '../log.ts'
import type { PeerPlaces } from '../paths/candidates.ts'
import type { LocalServices } from '../service-request.ts'
import type { Forwarder, ForwardOutcome } from './forwarder.ts'
import { asksLeft, attempt, type Journey, type RouteStep } from './journey.ts'
import { patienceFor, shortestSilenceMs } from './patience.ts'
import { isRefusal } from './refusal.ts'
import type { RequestBody } from './request-body.ts'
import type { RoutedAnswer } from './routed-answer.ts'
import type { Trial, WorkerExperience } from './worker-experience.ts'
import type { WorkerSource } from './worker-source.ts'

export interface WorkerAskerComponents {
  services: Pick<LocalServices, 'isIdempotent'>
  workers: Pick<WorkerSource, 'remove' | 'heard'>
  forwarder: Pick<Forwarder, 'send'>
  experience: WorkerExperience
  clock: Clock
  log: Logger
}

/** An answer and how long its first byte took. */
export interface TimedAnswer {
  answer: RoutedAnswer
  tookMs: Milliseconds
}

/** Asks one worker, and learns from how it ends. */
export class WorkerAsker {
  readonly #parts: WorkerAskerComponents

  constructor(components: WorkerAskerComponents) {
    this.#parts = components
  }

  /**
   * Resolves without an answer when another may be asked, and notes in the journey why. Rejects with what the worker
   * answered when nobody else may be, with the request's own end, or with the reason of `outrun`.
   */
  async ask(
    worker: WorkerView,
    journey: Journey,
    { step, outrun }: { step: RouteStep; outrun?: AbortSignal },
  ): Promise<TimedAnswer | undefined> {
    const { experience, services, clock } = this.#parts
    const { request, body, job, tried, asked, unreached } = journey
    const sentAt = clock.now()
    const trial = experience.begin(worker, request.service)
    asked.add(worker.peerId)
    job.sentTo(worker.peerId)
    const outcome = await this.#send(worker, journey, outrun).catch(error => {
      // It was given up; that says nothing of the worker but that another was quicker.
      if (outrun?.aborted === true) trial.abandoned(clock.now() - sentAt)
      else trial.abandoned()
      throw error
    })
    const tookMs = clock.now() - sentAt
    this.#learn(worker, outcome, trial, tookMs)
    if (outcome.kind === 'answered') return { answer: outcome.answer, tookMs }
    if (outcome.kind === 'lost' && (outcome.error.details.untried === true || refusedAtOnce(outcome.error, tookMs)))
      unreached.add(worker.peerId)
    tried.push(attempt(step, worker.peerId, outcome.error))
    if (!mayAskAnother(outcome, body, services.isIdempotent(request.service))) throw outcome.error
    if (outcome.kind === 'lost' && brokeOff(outcome.error)) journey.brokenOff.push(worker)
    return undefined
  }

  #send(worker: WorkerView, journey: Journey, outrun: AbortSignal | undefined): Promise<ForwardOutcome> {
    const { forwarder, clock } = this.#parts
    const { request, body } = journey
    const leftMs = request.deadlineAt - clock.now()
    return forwarder.send({
      service: request.service,
      to: placesOf(worker),
      headers: {
        id: request.id,
        deadlineMs: leftMs,
        hops: (request.hops ?? 0) + 1,
        trustedOnly: request.trustedOnly ?? false,
        ...(request.particulars === undefined ? {} : { particulars: request.particulars }),
        contentType: request.contentType,
        accept: request.accept,
      },
      body,
      requester: request.requester,
      patienceMs: patienceFor({ leftMs, asksLeft: this.#asksLeft(journey) }),
      signal: outrun === undefined ? request.signal : AbortSignal.any([request.signal, outrun]),
    })
  }

  /** Workers that could be asked should this one be lost in the middle, itself among them. */
  #asksLeft(journey: Journey): number {
    const again = journey.body.held !== undefined && this.#parts.services.isIdempotent(journey.request.service)
    return again ? asksLeft(journey) + 1 : 1
  }

  #learn({ peerId }: WorkerView, outcome: ForwardOutcome, trial: Trial, tookMs: Milliseconds): void {
    const { workers, log } = this.#parts
    switch (outcome.kind) {
      case 'answered':
        trial.answered(tookMs, outcome.answer.path)
        workers.heard(peerId, outcome.answer.load, outcome.answer.queue)
        return
      case 'refused': {
        const { code } = outcome.error
        if (code === 'ENGINE_FAILED' || code === 'INTERNAL' || code === 'WORKER_MISBEHAVED') trial.failed()
        else trial.refused(retryAfterMs(outcome.error.details.retryAfterMs))
        if (outcome.load !== undefined) workers.heard(peerId, outcome.load, outcome.queue ?? 0)
        if (code === 'PAUSED' || code === 'UNKNOWN_SERVICE') workers.remove(peerId)
        return
      }
      case 'lost':
        if (outcome.error.details.silent === true || outcome.error.details.untried === true) {
          // It may only be slow, like all others when this machine is: it rests, but it is not forgotten.
          trial.silent()
        } else {
          trial.failed()
          workers.remove(peerId)
        }
        log.info({ worker: peerId, code: outcome.error.code, reason: outcome.error.message }, 'a worker was lost')
    }
  }
}

export function placesOf({ peerId, record }: WorkerView): PeerPlaces {
  return { peerId, addresses: record.addresses, vpnIp: record.vpnIp, tunnelUrl: record.tunnelUrl }
}

/** Nobody listens there any more, which was said in less time than any sign of life is waited for. */
function refusedAtOnce({ details }: RmaError, tookMs: Milliseconds): boolean {
  return details.sent === false && details.silent !== true && tookMs < shortestSilenceMs
}

/** One that could not be reached was dialled in vain, and one that was silent was waited for. */
function brokeOff({ details }: RmaError): boolean {
  return details.sent === true && details.silent !== true
}

/** What a worker said of when to ask again is its claim, of any type. */
function retryAfterMs(said: unknown): Milliseconds {
  return typeof said === 'number' && said > 0 ? said : 0
}

export function mayAskAnother(outcome: ForwardOutcome, body: RequestBody, idempotent: boolean): boolean {
  if (outcome.kind === 'answered') return false
  const untouched = outcome.kind === 'refused' ? isRefusal(outcome.error) : outcome.error.details.sent === false
  if (untouched) return body.replayable
  return body.replayable && idempotent && outcome.error.retryable
}
