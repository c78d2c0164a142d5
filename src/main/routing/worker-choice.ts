import type { PeerIdText, ServiceType } from '../../shared/schema/primitives.ts'
import type { Particulars, WorkerView } from '../../shared/schema/worker.ts'
import type { Clock } from '../clock.ts'
import type { PassedOver } from './journey.ts'
import type { ReputationBook } from './reputation-book.ts'
import { type Candidate, choose, type Experience, type Random, type Unfit, type Want, whyUnfit } from './selection.ts'
import { wantsGpu } from './service-needs.ts'
import type { WorkerExperience } from './worker-experience.ts'

export interface WorkerChoiceComponents {
  experience: WorkerExperience
  /** What came of checking workers' answers. Default: nothing is known. */
  reputation?: Pick<ReputationBook, 'trustIn'>
  /** The one that records are dated by. */
  networkClock: Clock
}

export interface WorkerChoiceInit {
  /** Place of this node; workers there are preferred. */
  location: () => string | undefined
  random: Random
}

/** Those a request may go to. */
export interface Choice {
  service: ServiceType
  particulars?: Particulars
  known: readonly WorkerView[]
  /** Workers that have been asked. */
  asked: ReadonlySet<PeerIdText>
}

/** Chooses workers for requests by what they announce and what was experienced with them. */
export class WorkerChoice {
  readonly #experience: WorkerExperience
  readonly #reputation: WorkerChoiceComponents['reputation']
  readonly #networkClock: Clock
  readonly #init: WorkerChoiceInit

  constructor({ experience, reputation, networkClock }: WorkerChoiceComponents, init: WorkerChoiceInit) {
    this.#experience = experience
    this.#reputation = reputation
    this.#networkClock = networkClock
    this.#init = init
  }

  /** The worker to ask next; undefined when none of those known can take the request now. */
  next(choice: Choice): WorkerView | undefined {
    return choose(this.#candidates(choice), this.#want(choice), this.#networkClock.now(), this.#init.random)
  }

  /** Why the workers that are known were not asked. */
  passedOver(choice: Choice): PassedOver {
    const want = this.#want(choice)
    const now = this.#networkClock.now()
    const reasons = new Map<Unfit, number>()
    for (const candidate of this.#candidates(choice)) {
      const reason = whyUnfit(candidate, want, now)
      if (reason !== undefined && reason !== 'tried') reasons.set(reason, (reasons.get(reason) ?? 0) + 1)
    }
    const rests = choice.known.flatMap(({ peerId }) => this.#experience.restLeftMs(peerId, choice.service) ?? [])
    return { reasons, ...(rests.length === 0 ? {} : { retryAfterMs: Math.min(...rests) }) }
  }

  #candidates({ known, service }: Choice): Candidate[] {
    return known.map(view => ({ view, experience: this.#experienceOf(view, service) }))
  }

  #experienceOf(view: WorkerView, service: ServiceType): Experience {
    const experience = this.#experience.of(view, service)
    const trust = this.#reputation?.trustIn(view.peerId)
    if (trust === 'distrusted') return { ...experience, avoided: 'distrusted' }
    return trust === 'doubted' ? { ...experience, doubted: true } : experience
  }

  #want({ service, particulars, asked }: Choice): Want {
    const location = this.#init.location()
    return {
      service,
      gpu: wantsGpu(service),
      exclude: asked,
      ...(particulars === undefined ? {} : { particulars }),
      ...(location === undefined ? {} : { location }),
    }
  }
}
