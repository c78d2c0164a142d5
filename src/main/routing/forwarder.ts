import type { Readable } from 'node:stream'
import { z } from 'zod'
import { errorCatalogue, isErrorCode, RmaError, toRmaError } from '../../shared/errors.ts'
import type { PeerIdText, ServiceType } from '../../shared/schema/primitives.ts'
import { KiB } from '../../shared/units.ts'
import type { PeerHttp, PeerResponse } from '../paths/peer-http.ts'
import { formatRequestHeaders, parseResponseHeaders, type RequestHeaders } from './headers.ts'
import type { RequestBody } from './request-body.ts'
import type { RoutedAnswer } from './routed-answer.ts'

const largestErrorBytes = 64 * KiB

const errorBodySchema = z.object({
  error: z.object({
    code: z.string().max(64),
    message: z.string().max(2_000),
    details: z.record(z.string(), z.unknown()).default({}),
  }),
})

/** Watches that a peer is alive while a request waits for it. */
export interface PeerWatch {
  /** Aborts with WORKER_LOST once the peer no longer answers; `stop` ends the watch. */
  watch(peerId: PeerIdText): { signal: AbortSignal; stop: () => void }
}

export interface Forward {
  service: ServiceType
  to: { peerId: PeerIdText; addresses: string[] }
  headers: RequestHeaders
  body: RequestBody
  signal: AbortSignal
}

/** What one worker answered, or why it did not. A refusal carries the worker's load where it said so. */
export type ForwardOutcome =
  | { kind: 'answered'; answer: RoutedAnswer }
  | { kind: 'refused'; error: RmaError; load?: number; queue?: number }
  | { kind: 'lost'; error: RmaError }

/** Sends one request to one worker. */
export class Forwarder {
  readonly #peerHttp: PeerHttp
  readonly #peers: PeerWatch

  constructor({ peerHttp, peers }: { peerHttp: PeerHttp; peers: PeerWatch }) {
    this.#peerHttp = peerHttp
    this.#peers = peers
  }

  /** Rejects only with what is no fault of the worker: the reason of `forward.signal`, and what the body failed with. */
  async send(forward: Forward): Promise<ForwardOutcome> {
    const { signal: alive, stop } = this.#peers.watch(forward.to.peerId)
    const signal = AbortSignal.any([forward.signal, alive])
    let watchedToEnd = false
    let bodyFailure: unknown
    try {
      const response = await this.#peerHttp.request(forward.to, {
        method: 'POST',
        path: `/service/${forward.service}`,
        headers: {
          ...formatRequestHeaders(forward.headers),
          ...(forward.body.length === undefined ? {} : { 'content-length': String(forward.body.length) }),
        },
        body: reporting(forward.body.read(), error => {
          bodyFailure = error
        }),
        signal,
      })
      const outcome = await read(response, forward.to.peerId)
      if (outcome.kind !== 'answered') return outcome
      watchedToEnd = true
      return { kind: 'answered', answer: { ...outcome.answer, body: endingWith(response.body, alive, stop) } }
    } catch (error) {
      forward.signal.throwIfAborted()
      if (bodyFailure !== undefined) throw bodyFailure
      return { kind: 'lost', error: alive.aborted ? toRmaError(alive.reason) : toRmaError(error) }
    } finally {
      if (!watchedToEnd) stop()
    }
  }
}

function reporting(body: Uint8Array | AsyncIterable<Uint8Array>, onFailure: (error: unknown) => void) {
  return body instanceof Uint8Array ? body : passingOn(body, onFailure)
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
  const parsed = errorBodySchema.safeParse(parseJson(await readText(response.body)))
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

async function* endingWith(body: AsyncIterable<Uint8Array>, alive: AbortSignal, end: () => void) {
  try {
    yield* body
  } catch (error) {
    throw alive.aborted ? toRmaError(alive.reason) : lostMidway(error)
  } finally {
    end()
  }
}

function lostMidway(cause: unknown): RmaError {
  if (cause instanceof RmaError) return cause
  return new RmaError('WORKER_LOST', 'the worker was lost in the middle of its answer', {}, { cause })
}
