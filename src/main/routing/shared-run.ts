import { createHash } from 'node:crypto'
import { RmaError } from '../../shared/errors.ts'
import { type Milliseconds, second } from '../../shared/units.ts'
import type { Clock } from '../clock.ts'
import type { ServiceAnswer, ServiceRequest } from '../service-request.ts'
import { withSignal } from '../with-signal.ts'
import type { Replay } from './replay.ts'

/** A body of which nothing came for as long is given up for that of somebody who asks again. */
const quietMs = 2 * second

/** What tells two bodies apart. */
interface BodyDigest {
  bytes: number
  sha256: string
}

type Outcome = { kind: 'answer'; contentType: string; body: Uint8Array | Replay } | { kind: 'failure'; error: RmaError }

/**
 * One run of a request, shared by all who ask for it by the same id. It is cancelled once all of them have gone. Whoever
 * joins must send the same request: the body is compared by its hash.
 */
export class SharedRun {
  readonly #request: Pick<ServiceRequest, 'id' | 'service' | 'contentType' | 'accept'>
  readonly #clock: Pick<Clock, 'steady' | 'every'>
  readonly #abandoned = new AbortController()
  /** Deadlines of those who wait, by their seats. */
  readonly #askers = new Map<symbol, Milliseconds>()
  /** Resolves with nothing when the body never came to its end. */
  readonly #body = Promise.withResolvers<BodyDigest | undefined>()
  /** Since when more of the body is waited for. */
  #bodyAwaitedSince: Milliseconds | undefined
  #outcome = Promise.withResolvers<Outcome>()
  /** Resolves with whether the request ran, as far as others are concerned. */
  readonly #ended = Promise.withResolvers<boolean>()
  #replay: Replay | undefined
  #isOver = false

  constructor(
    { clock }: { clock: Pick<Clock, 'steady' | 'every'> },
    { id, service, contentType, accept }: Pick<ServiceRequest, 'id' | 'service' | 'contentType' | 'accept'>,
  ) {
    this.#clock = clock
    this.#request = { id, service, contentType, accept }
  }

  /** Aborts, with why the last of them went, once nobody waits for it any more. */
  get signal(): AbortSignal {
    return this.#abandoned.signal
  }

  /** When the last of those who wait goes; a time in the past once all have gone. */
  get waitedForUntil(): Milliseconds {
    return Math.max(0, ...this.#askers.values())
  }

  /** Takes a seat for whoever asks. It is left when `signal` aborts, or by calling what comes back. */
  join({ signal, deadlineAt }: Pick<ServiceRequest, 'signal' | 'deadlineAt'>): () => void {
    const seat = Symbol('asker')
    const leave = () => {
      signal.removeEventListener('abort', leave)
      if (!this.#askers.delete(seat) || this.#askers.size > 0 || this.#isOver) return
      this.#abandoned.abort(signal.aborted ? signal.reason : new RmaError('CANCELLED', 'nobody reads the answer'))
    }
    this.#askers.set(seat, deadlineAt)
    signal.addEventListener('abort', leave)
    if (signal.aborted) leave()
    return leave
  }

  /** Passes the body on and notes what it was. */
  async *reading(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
    const hash = createHash('sha256')
    let bytes = 0
    try {
      this.#bodyAwaitedSince = this.#clock.steady()
      for await (const chunk of body) {
        this.#bodyAwaitedSince = undefined
        bytes += chunk.byteLength
        hash.update(chunk)
        yield chunk
        this.#bodyAwaitedSince = this.#clock.steady()
      }
      this.#body.resolve({ bytes, sha256: hash.digest('hex') })
    } finally {
      this.#bodyAwaitedSince = undefined
      this.#body.resolve(undefined)
    }
  }

  answered(contentType: string, body: Uint8Array | Replay): void {
    if (!(body instanceof Uint8Array)) this.#replay = body
    this.#outcome.resolve({ kind: 'answer', contentType, body })
  }

  failed(error: RmaError): void {
    this.#outcome.resolve({ kind: 'failure', error })
  }

  /** `ran`: asked again, what came of it is the answer, not another run. */
  end(ran: boolean): void {
    this.#isOver = true
    this.#body.resolve(undefined)
    this.#ended.resolve(ran)
  }

  /** Its answer is no longer held for those who come later. */
  release(): void {
    this.#replay?.release()
    this.#outcome = Promise.withResolvers()
    this.#outcome.resolve({ kind: 'failure', error: notKept(this.#request) })
  }

  /**
   * Its answer for somebody who asks again. Undefined when it did not come to run after all: then that request may.
   *
   * @throws RmaError REQUEST_ID_REUSED for another request under the same id, OUTCOME_NOT_KEPT, and what the run fails with
   */
  async again(request: ServiceRequest): Promise<ServiceAnswer | undefined> {
    if (!this.#isLike(request)) throw reused(request, 'another service or form of answer')
    const { signal } = request
    if (this.signal.aborted && !this.#isOver) {
      await withSignal(this.#ended.promise, signal)
      return undefined
    }
    const leave = this.join(request)
    const stopWatch = this.#clock.every(quietMs / 4, () => this.#giveUpQuietBody())
    try {
      const sent = await withSignal(this.#body.promise, signal)
      if (sent !== undefined) await withSignal(expectSame(sent, request), signal)
      else if (!(await withSignal(this.#ended.promise, signal))) {
        leave()
        return undefined
      }
    } catch (error) {
      leave()
      throw error
    } finally {
      stopWatch()
    }
    return await this.answerFor(signal, leave)
  }

  /** A line that broke unheard took its sender away: who asks again over another has the body, and the run begins anew with it. */
  #giveUpQuietBody(): void {
    const since = this.#bodyAwaitedSince
    // What is answered already had enough of it.
    if (this.#isOver || this.#replay !== undefined || since === undefined) return
    if (this.#clock.steady() - since < quietMs) return
    this.#abandoned.abort(new RmaError('CANCELLED', 'it was asked for again, and its body had stopped coming'))
  }

  /** The answer for whoever has taken a seat, which is left when it has been read. */
  async answerFor(signal: AbortSignal, leave: () => void): Promise<ServiceAnswer> {
    try {
      const outcome = await withSignal(this.#outcome.promise, signal)
      if (outcome.kind === 'failure') throw outcome.error
      const { contentType, body } = outcome
      if (!(body instanceof Uint8Array)) {
        if (!body.isWhole) throw notKept(this.#request)
        return { contentType, body: body.read(leave) }
      }
      leave()
      return { contentType, body }
    } catch (error) {
      leave()
      throw error
    }
  }

  #isLike({ service, contentType, accept }: ServiceRequest): boolean {
    const { service: own, contentType: ownType, accept: ownAccept } = this.#request
    return service === own && contentType === ownType && accept === ownAccept
  }
}

async function expectSame(sent: BodyDigest, request: ServiceRequest): Promise<void> {
  const hash = createHash('sha256')
  let bytes = 0
  for await (const chunk of request.body) {
    bytes += chunk.byteLength
    if (bytes > sent.bytes) break
    hash.update(chunk)
  }
  if (bytes !== sent.bytes || hash.digest('hex') !== sent.sha256) throw reused(request, 'another body')
}

function reused({ id, service }: ServiceRequest, what: string): RmaError {
  return new RmaError('REQUEST_ID_REUSED', `the request id ${id} was used before, with ${what}`, { id, service })
}

export function notKept({ id, service }: Pick<ServiceRequest, 'id' | 'service'>): RmaError {
  const message = `the ${service} request ${id} ran already, and what came of it is no longer held`
  return new RmaError('OUTCOME_NOT_KEPT', message, { id, service })
}
