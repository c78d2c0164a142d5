import { randomBytes } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { agree, isComparable, type WholeAnswer } from '../../shared/agreement.ts'
import type { PeerIdText, ServiceType } from '../../shared/schema/primitives.ts'
import type { WorkerView } from '../../shared/schema/worker.ts'
import { MiB, type Milliseconds, minute, second } from '../../shared/units.ts'
import type { Clock } from '../clock.ts'
import { chunksOf } from '../ledger/answer-body.ts'
import type { Logger } from '../log.ts'
import type { LocalServices, ServiceRequest } from '../service-request.ts'
import type { Forwarder } from './forwarder.ts'
import type { Journey } from './journey.ts'
import { checkChance, type Trust } from './reputation.ts'
import type { ReputationBook } from './reputation-book.ts'
import type { RoutedAnswer } from './routed-answer.ts'
import type { Random } from './selection.ts'
import { placesOf } from './worker-asker.ts'
import type { WorkerChoice } from './worker-choice.ts'
import type { WorkerExperience } from './worker-experience.ts'

/** Larger documents and answers are not checked. */
const largestBody = 2 * MiB
const largestAnswer = 2 * MiB
const atOnce = 2
/** Tried for one opinion, should one be busy. */
const triesForOpinion = 2
/** For one opinion: what the requester had left when its answer came, within these. A round number would tell who checks. */
const [shortestDeadlineMs, longestDeadlineMs] = [10 * second, 2 * minute]
/** Checks for each request in the long run, and how many may be saved up: a node that is new has nobody it knows. */
const share = 0.1
const mostSaved = 30

export interface SpotCheckerComponents {
  reputation: Pick<ReputationBook, 'trustIn' | 'note'>
  choice: Pick<WorkerChoice, 'next'>
  forwarder: Pick<Forwarder, 'send'>
  services: Pick<LocalServices, 'isIdempotent'>
  experience: Pick<WorkerExperience, 'begin'>
  clock: Clock
  log: Logger
}

export interface SpotCheckerInit {
  /** Whether documents may be sent to a second worker at all; read for each answer. */
  enabled: () => boolean
  random: Random
}

/** One answer that is to be checked. */
interface Case {
  request: ServiceRequest
  document: Uint8Array
  first: WorkerView
  /** Workers that the request might have gone to. */
  known: readonly WorkerView[]
  deadlineMs: Milliseconds
}

interface Opinion {
  worker: PeerIdText
  answer: WholeAnswer
}

/**
 * Has some answers computed a second time, by another worker and after the requester has theirs, and a third time where
 * the two differ: who is alone against two others has given a false result.
 */
export class SpotChecker {
  readonly #parts: SpotCheckerComponents
  readonly #init: SpotCheckerInit
  #saved = mostSaved
  #running = 0

  constructor(components: SpotCheckerComponents, init: SpotCheckerInit) {
    this.#parts = components
    this.#init = init
  }

  /** The answer's body, which is looked at while it passes where it is one to be checked. */
  watch({ request, body, known }: Journey, answer: RoutedAnswer): RoutedAnswer['body'] {
    this.#saved = Math.min(mostSaved, this.#saved + share)
    const first = known.find(({ peerId }) => peerId === answer.worker)
    const document = body.held
    if (first === undefined || document === undefined || !this.#isDue(request, document, answer)) return answer.body
    const deadlineMs = Math.min(
      longestDeadlineMs,
      Math.max(shortestDeadlineMs, request.deadlineAt - this.#parts.clock.now()),
    )
    return passing(answer.body, text => {
      const { contentType } = answer
      const opinion = { worker: answer.worker, answer: { contentType, text } }
      void this.#judge({ request, document, first, known, deadlineMs }, opinion)
    })
  }

  #isDue({ service }: ServiceRequest, document: Uint8Array, { worker, contentType }: RoutedAnswer): boolean {
    const { reputation, services } = this.#parts
    const { enabled, random } = this.#init
    if (!enabled() || !services.isIdempotent(service) || !isComparable(service, contentType)) return false
    if (document.byteLength > largestBody || this.#running >= atOnce || this.#saved < 1) return false
    return random() < checkChance(reputation.trustIn(worker))
  }

  /** Never rejects. */
  async #judge(subject: Case, first: Opinion): Promise<void> {
    if (this.#running >= atOnce || this.#saved < 1) return
    this.#running++
    this.#saved -= 1
    try {
      const asked = new Set([first.worker])
      const second = await this.#opinion(subject, asked)
      if (second === undefined) return
      const { service } = subject.request
      const same = agree(service, first.answer, second.answer)
      if (same === undefined) return
      if (same) this.#note('agreed', first, second)
      else await this.#decide(subject, first, second, asked)
    } catch (error) {
      this.#parts.log.debug({ err: error, worker: first.worker }, 'an answer could not be checked')
    } finally {
      this.#running--
    }
  }

  /** The one that a third agrees with is right; where all three differ nobody is judged. */
  async #decide(subject: Case, first: Opinion, second: Opinion, asked: Set<PeerIdText>): Promise<void> {
    const third = await this.#opinion(subject, asked)
    if (third === undefined) return
    const { service } = subject.request
    const [withFirst, withSecond] = [first, second].map(({ answer }) => agree(service, answer, third.answer))
    if ((withFirst === true) === (withSecond === true)) return
    const [right, wrong] = withFirst === true ? [first, second] : [second, first]
    this.#note('agreed', right, third)
    this.#note('disputed', wrong)
    this.#parts.log.info({ worker: wrong.worker, service }, 'a worker gave another result than two others')
  }

  #note(verdict: 'agreed' | 'disputed', ...opinions: Opinion[]): void {
    for (const { worker } of opinions) this.#parts.reputation.note(worker, verdict)
  }

  /** Another worker's answer, from those whose word counts where there are any. */
  async #opinion(subject: Case, asked: Set<PeerIdText>): Promise<Opinion | undefined> {
    const { reputation, choice } = this.#parts
    const { request, first, known } = subject
    const { service, particulars } = request
    const alike = known.filter(other => readsAlike(first, other, service))
    const trusted = (wanted: Trust) => alike.filter(({ peerId }) => reputation.trustIn(peerId) === wanted)
    for (let tries = 0; tries < triesForOpinion; tries++) {
      const narrow = particulars === undefined ? {} : { particulars }
      const next = (of: readonly WorkerView[]) => choice.next({ service, known: of, asked, ...narrow })
      const worker = next(trusted('proven')) ?? next(trusted('new'))
      if (worker === undefined) return undefined
      asked.add(worker.peerId)
      const answer = await this.#ask(worker, subject)
      if (answer !== undefined) return { worker: worker.peerId, answer }
    }
    return undefined
  }

  /** Asked as the first was: nothing tells the worker that it is a check. */
  async #ask(worker: WorkerView, { request, document, deadlineMs }: Case): Promise<WholeAnswer | undefined> {
    const { forwarder, experience, clock } = this.#parts
    const { service, contentType, accept, hops = 0, trustedOnly = false, particulars } = request
    const sentAt = clock.now()
    const trial = experience.begin(worker, service)
    try {
      const outcome = await forwarder.send({
        service,
        to: placesOf(worker),
        headers: {
          id: randomBytes(12).toString('base64url'),
          deadlineMs,
          hops: hops + 1,
          trustedOnly,
          ...(particulars === undefined ? {} : { particulars }),
          contentType,
          accept,
        },
        body: { held: document, replayable: true, length: document.byteLength, read: () => document },
        requester: request.requester,
        signal: AbortSignal.timeout(deadlineMs),
      })
      if (outcome.kind !== 'answered') {
        if (outcome.kind === 'refused') trial.refused()
        else trial.failed()
        return undefined
      }
      trial.answered(clock.now() - sentAt, outcome.answer.path)
      const text = await wholeText(outcome.answer.body)
      return text === undefined ? undefined : { contentType: outcome.answer.contentType, text }
    } finally {
      trial.abandoned()
    }
  }
}

/** Workers that read other languages read the same document differently, and honestly so. */
function readsAlike(a: WorkerView, b: WorkerView, service: ServiceType): boolean {
  const languages = ({ record: { choices } }: WorkerView) => choices?.find(each => each.service === service)?.languages
  return isDeepStrictEqual(languages(a), languages(b))
}

/** Passes a body on, and hands over its text once it was read to its end, unless it is too long to be held. */
async function* passing(body: RoutedAnswer['body'], onEnd: (text: string) => void) {
  let kept: Uint8Array[] | undefined = []
  let size = 0
  for await (const chunk of chunksOf(body)) {
    size += chunk.byteLength
    if (size > largestAnswer) kept = undefined
    kept?.push(chunk)
    yield chunk
  }
  if (kept !== undefined) onEnd(Buffer.concat(kept).toString())
}

async function wholeText(body: RoutedAnswer['body']): Promise<string | undefined> {
  const kept: Uint8Array[] = []
  let size = 0
  for await (const chunk of chunksOf(body)) {
    size += chunk.byteLength
    if (size > largestAnswer) return undefined
    kept.push(chunk)
  }
  return Buffer.concat(kept).toString()
}
