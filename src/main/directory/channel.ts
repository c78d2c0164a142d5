import type { Stream, StreamMessageEvent } from '@libp2p/interface'
import { RmaError } from '../../shared/errors.ts'
import type { Milliseconds } from '../../shared/units.ts'
import type { Clock } from '../clock.ts'
import { FrameReader, withLength } from './frame-reader.ts'
import {
  type AnnounceFrame,
  type AnswerFrame,
  type ClosestFrame,
  decodeAnswer,
  encodeFrame,
  type FindFrame,
  maxAnswerFrameBytes,
  type RenewFrame,
} from './frames.ts'

/** A request as its sender writes it: the channel adds the id. */
export type Question =
  | Omit<AnnounceFrame, 'id'>
  | Omit<RenewFrame, 'id'>
  | Omit<FindFrame, 'id'>
  | Omit<ClosestFrame, 'id'>

export interface AskOptions {
  /** The whole time the question may take, waiting for room on the stream included. */
  timeoutMs: Milliseconds
  signal?: AbortSignal
}

/** Questions on their way at once; more are refused at once instead of piling up. */
const maxInFlight = 256

/**
 * One stream to a registrar that many questions share: each has an id and its own deadline, and answers may come in any
 * order. Once it has failed it stays closed.
 */
export class Channel {
  readonly #stream: Stream
  readonly #clock: Clock
  readonly #onFailure: () => void
  readonly #reader = new FrameReader(maxAnswerFrameBytes)
  readonly #waiting = new Map<number, PromiseWithResolvers<AnswerFrame>>()
  #nextId = 0
  #failure: RmaError | undefined

  /** Calls `onFailure` once, when it has closed. */
  constructor(stream: Stream, clock: Clock, onFailure: () => void = () => undefined) {
    this.#stream = stream
    this.#clock = clock
    this.#onFailure = onFailure
    stream.addEventListener('message', this.#onMessage)
    stream.addEventListener('remoteCloseWrite', this.#onClose)
    stream.addEventListener('close', this.#onClose)
  }

  /** Rejects with DEADLINE, CANCELLED, BUSY (too many in flight) or PROTOCOL (the stream broke). */
  async ask(question: Question, { timeoutMs, signal }: AskOptions): Promise<AnswerFrame> {
    if (this.#failure !== undefined) throw this.#failure
    if (this.#waiting.size >= maxInFlight)
      throw new RmaError('BUSY', `${maxInFlight} questions are already on their way to this registrar`)
    signal?.throwIfAborted()
    const id = this.#takeId()
    const answer = Promise.withResolvers<AnswerFrame>()
    this.#waiting.set(id, answer)
    const stopTimer = this.#clock.after(timeoutMs, () =>
      answer.reject(new RmaError('DEADLINE', `no answer from the registrar within ${timeoutMs} ms`)),
    )
    const cancel = () => answer.reject(new RmaError('CANCELLED', 'the question was cancelled'))
    signal?.addEventListener('abort', cancel)
    try {
      this.#send(id, question)
      return await answer.promise
    } finally {
      stopTimer()
      signal?.removeEventListener('abort', cancel)
      this.#waiting.delete(id)
    }
  }

  /** Whether an answer is being waited for. */
  get isAsking(): boolean {
    return this.#waiting.size > 0
  }

  close(): void {
    this.#fail(new RmaError('PROTOCOL', 'the channel was closed'))
  }

  #send(id: number, question: Question): void {
    const bytes = withLength(encodeFrame({ ...question, id }))
    // What does not fit goes to the stream's own buffer, which the questions in flight bound.
    try {
      this.#stream.send(bytes)
    } catch (cause) {
      this.#fail(new RmaError('PROTOCOL', 'the stream to the registrar takes nothing more', {}, { cause }))
    }
  }

  #takeId(): number {
    do this.#nextId = (this.#nextId + 1) >>> 0
    while (this.#waiting.has(this.#nextId))
    return this.#nextId
  }

  readonly #onMessage = (event: StreamMessageEvent): void => {
    try {
      for (const bytes of this.#reader.read(event.data)) {
        const answer = decodeAnswer(bytes)
        this.#waiting.get(answer.id)?.resolve(answer)
      }
    } catch (cause) {
      this.#fail(new RmaError('PROTOCOL', `the registrar sent no valid answer: ${String(cause)}`, {}, { cause }))
    }
  }

  readonly #onClose = (): void => this.#fail(new RmaError('PROTOCOL', 'the registrar closed the stream'))

  #fail(failure: RmaError): void {
    if (this.#failure !== undefined) return
    this.#failure = failure
    this.#onFailure()
    this.#stream.removeEventListener('message', this.#onMessage)
    this.#stream.removeEventListener('remoteCloseWrite', this.#onClose)
    this.#stream.removeEventListener('close', this.#onClose)
    this.#stream.abort(failure)
    for (const answer of this.#waiting.values()) answer.reject(failure)
  }
}
