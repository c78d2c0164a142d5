import { finished, type Readable } from 'node:stream'
import { z } from 'zod'
import { errorCatalogue, isErrorCode, RmaError, toRmaError } from '../../shared/errors.ts'
import { safeParse } from '../../shared/safe-parse.ts'
import type { PeerIdText, ServiceType } from '../../shared/schema/primitives.ts'
import { KiB, type Milliseconds } from '../../shared/units.ts'
import type { PeerPlaces } from '../paths/candidates.ts'
import type { PeerHttp, PeerResponse } from '../paths/peer-http.ts'
import { formatRequestHeaders, parseResponseHeaders, type RequestHeaders } from './headers.ts'
import { patienceFor } from './patience.ts'
import { onceRead, type RequestBody } from './request-body.ts'
import type { RoutedAnswer } from './routed-answer.ts'

const largestErrorBytes = 64 * KiB

const errorBodySchema = z.object({
  error: z.object({
    code: z.string().max(64),
    message: z.string().max(2_000),
    details: z.record(z.string(), z.unknown()).default({}),
  }),
})

/** Knows whether peers are alive; `PingWatch` is one. */
export interface PeerWatch {
  /** Aborts with WORKER_LOST once the peer has been silent for longer than that; `stop` ends the watch. */
  watch(peerId: PeerIdText, patienceMs?: Milliseconds): { signal: AbortSignal; stop: () => void }
  /** Rejects with WORKER_LOST when a peer whose path has been idle is no longer there. */
  probe(peerId: PeerIdText, patienceMs: Milliseconds, signal: AbortSignal): Promise<void>
  heard(peerId: PeerIdText): void
}

export interface Forward {
  service: ServiceType
  to: PeerPlaces
  headers: RequestHeaders
  body: RequestBody
  /** Whom it is for: those who wait for the same worker take turns. */
  requester: PeerIdText
  /** How long the worker may be silent. Default: what is left until the deadline, a few seconds at most. */
  patienceMs?: Milliseconds
  signal: AbortSignal
}

/** What one worker answered, or why it did not. A refusal carries the worker's load where it said so. */
export type ForwardOutcome =
  | { kind: 'answered'; answer: RoutedAnswer }
  | { kind: 'refused'; error: RmaError; load?: number; queue?: number }
  | { kind: 'lost'; error: RmaError }

/** Sends one request to one worker. */
export class Forwarder {
  readonly #peerHttp: Pick<PeerHttp, 'request'>
  readonly #peers: PeerWatch

  constructor({ peerHttp, peers }: { peerHttp: Pick<PeerHttp, 'request'>; peers: PeerWatch }) {
    this.#peerHttp = peerHttp
    this.#peers = peers
  }

  /** Rejects only with what is no fault of the worker: the reason of `forward.signal`, and what the body failed with. */
  async send(forward: Forward): Promise<ForwardOutcome> {
    const { to, body, patienceMs = patienceFor({ leftMs: forward.headers.deadlineMs, asksLeft: 1 }) } = forward
    const { signal: alive, stop } = this.#peers.watch(to.peerId, patienceMs)
    const signal = AbortSignal.any([forward.signal, alive])
    let watchedToEnd = false
    let bodyFailure: unknown
    const onBodyFailure = (error: unknown) => {
      bodyFailure = error
    }
    try {
      await this.#peers.probe(to.peerId, patienceMs, signal)
      const response = await this.#peerHttp.request(to, {
        method: 'POST',
        path: `/service/${forward.service}`,
        headers: {
          ...formatRequestHeaders(forward.headers),
          ...(body.length === undefined ? {} : { 'content-length': String(body.length) }),
        },
        body: body.held ?? (() => passingOn(onceRead(body), onBodyFailure)),
        onBehalfOf: forward.requester,
        connectMs: patienceMs,
        signal,
      })
      this.#peers.heard(to.peerId)
      const outcome = await readOrDrop(response, to.peerId)
      if (outcome.kind !== 'answered') return outcome
      watchedToEnd = true
      finished(response.body, stop)
      return { kind: 'answered', answer: { ...outcome.answer, body: this.#followed(response.body, to.peerId, alive) } }
    } catch (error) {
      forward.signal.throwIfAborted()
      if (bodyFailure !== undefined) throw bodyFailure
      const failure = alive.aborted ? toRmaError(alive.reason) : toRmaError(error)
      // Too many requests of this node wait for that worker: it has not heard of this one.
      return failure.code === 'BUSY' ? { kind: 'refused', error: failure } : { kind: 'lost', error: failure }
    } finally {
      if (!watchedToEnd) stop()
    }
  }

  /** The answer as it comes, each part of it a sign of life. */
  async *#followed(body: AsyncIterable<Uint8Array>, peerId: PeerIdText, alive: AbortSignal) {
    try {
      for await (const chunk of body) {
        this.#peers.heard(peerId)
        yield chunk
      }
    } catch (error) {
      throw alive.aborted ? toRmaError(alive.reason) : lostMidway(error)
    }
  }
}

/** Only what the source itself fails with is reported: an error of the reader comes in at `yield`. */
async function* passingOn(body: AsyncIterable<Uint8Array>, onFailure: (error: unknown) => void) {
  const chunks = body[Symbol.asyncIterator]()
  const nextChunk = () =>
    chunks.next().catch(error => {
      onFailure(error)
      throw error
    })
  try {
    for (let next = await nextChunk(); !next.done; next = await nextChunk()) yield next.value
  } finally {
    await chunks.return?.()
  }
}

/** What nobody reads would keep its stream, and its place among the requests to that peer. */
async function readOrDrop(response: PeerResponse, peerId: PeerIdText): Promise<ForwardOutcome> {
  try {
    return await read(response, peerId)
  } catch (error) {
    // It says that it was given up, which is no news here.
    response.body.on('error', () => undefined).destroy()
    throw error
  }
}

async function read(response: PeerResponse, peerId: PeerIdText): Promise<ForwardOutcome> {
  const claimed = parseResponseHeaders(response.headers)
  if (response.status === 200) {
    const { contentType = 'application/octet-stream', load = 0, queue = 0 } = claimed
    return {
      kind: 'answered',
      answer: { worker: peerId, path: response.path, contentType, load, queue, body: response.body },
    }
  }
  const error = await readError(response, peerId)
  return {
    kind: 'refused',
    error,
    ...(claimed.load === undefined ? {} : { load: claimed.load }),
    ...(claimed.queue === undefined ? {} : { queue: claimed.queue }),
  }
}

async function readError(response: PeerResponse, peerId: PeerIdText): Promise<RmaError> {
  const parsed = safeParse(errorBodySchema, parseJson(await readRefusal(response.body)))
  if (!parsed.success || !isErrorCode(parsed.data.error.code)) {
    return new RmaError('WORKER_MISBEHAVED', `the worker answered ${response.status} without a known error code`, {
      worker: peerId,
      status: response.status,
    })
  }
  const { code, message, details } = parsed.data.error
  if (errorCatalogue[code].status !== response.status) {
    return new RmaError('WORKER_MISBEHAVED', `the worker answered ${code} with status ${response.status}`, {
      worker: peerId,
    })
  }
  return new RmaError(code, message, { ...details, worker: peerId })
}

/** Rejects with WORKER_LOST where it breaks off. */
async function readRefusal(body: Readable): Promise<string> {
  try {
    return await readText(body)
  } catch (cause) {
    throw new RmaError('WORKER_LOST', 'the worker was lost in the middle of a refusal', { sent: true }, { cause })
  }
}

async function readText(body: Readable): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength
    if (size > largestErrorBytes) break
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function lostMidway(cause: unknown): RmaError {
  if (cause instanceof RmaError) return cause
  return new RmaError('WORKER_LOST', 'the worker was lost in the middle of its answer', {}, { cause })
}
