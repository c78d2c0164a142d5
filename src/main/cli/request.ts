import { Readable, type Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { type Dispatcher, request as httpRequest } from 'undici'
import { z } from 'zod'
import { isErrorCode, RmaError } from '../../shared/errors.ts'
import type { Particulars } from '../../shared/schema/worker.ts'
import { MiB, type Milliseconds, second } from '../../shared/units.ts'
import type { Document } from './document.ts'
import type { RunningNode } from './running-node.ts'

/** How long the node has to answer with DEADLINE before the command gives up on it. */
const graceMs = 5 * second
const maxErrorBytes = MiB

export interface RequestInit {
  service: string
  document: Document
  timeoutMs: Milliseconds | undefined
  /** Form of the answer that is wanted. */
  accept?: string | undefined
  /** What whoever serves it must have. Default: the service alone. */
  particulars?: Particulars
  signal: AbortSignal
}

export interface Answer {
  contentType: string
  /** Peer id of the worker that answered, where it said so. */
  worker: string | undefined
  /** Which way the request went. */
  path: string | undefined
  /** Breaks off with the errors of `requestService`. */
  body: AsyncIterable<Uint8Array>
  /** Hangs up on it unread. */
  dismiss(): void
}

/**
 * Sends a document to a service through the running node. Rejects with the error the node answered, NODE_NOT_RUNNING when
 * it is gone, WORKER_LOST when it hangs up, DEADLINE and CANCELLED.
 */
export async function requestService(node: RunningNode, init: RequestInit): Promise<Answer> {
  const url = new URL(`/service/${encodeURIComponent(init.service)}`, node.runtime.serviceUrl)
  const { document, timeoutMs, particulars: { model, languages } = {} } = init
  const limit = timeoutMs === undefined ? [] : [AbortSignal.timeout(timeoutMs + graceMs)]
  const response = await send(url, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${node.token}`,
      'content-type': document.contentType,
      ...(init.accept === undefined ? {} : { accept: init.accept }),
      ...(document.bytes === undefined ? {} : { 'content-length': String(document.bytes) }),
      ...(model === undefined ? {} : { 'x-rma-model': model }),
      ...(languages === undefined ? {} : { 'x-rma-languages': languages.join(',') }),
      ...(timeoutMs === undefined ? {} : { 'x-rma-deadline-ms': String(timeoutMs) }),
    },
    body: Readable.from(document.body, { objectMode: false }),
    signal: AbortSignal.any([init.signal, ...limit]),
    // The node keeps the deadline.
    headersTimeout: 0,
    bodyTimeout: 0,
  })
  if (response.statusCode >= 400) throw await errorOf(response)
  const header = (name: string) => [response.headers[name] ?? []].flat()[0]
  return {
    contentType: header('content-type') ?? 'application/octet-stream',
    worker: header('x-rma-worker'),
    path: header('x-rma-path'),
    body: bodyOf(response.body, url),
    dismiss: () => response.body.destroy(),
  }
}

async function send(
  url: URL,
  options: Parameters<typeof httpRequest<null>>[1],
): Promise<Dispatcher.ResponseData<null>> {
  try {
    return await httpRequest<null>(url, options)
  } catch (error) {
    throw connectionError(error, url)
  }
}

async function* bodyOf(body: Readable, url: URL): AsyncGenerator<Uint8Array> {
  try {
    yield* body
  } catch (error) {
    throw connectionError(error, url)
  }
}

function connectionError(error: unknown, url: URL): unknown {
  if (!(error instanceof Error)) return error
  if (error.name === 'TimeoutError')
    return new RmaError('DEADLINE', 'the node did not answer in time', {}, { cause: error })
  if (error.name === 'AbortError') return new RmaError('CANCELLED', 'the request was cancelled', {}, { cause: error })
  if (error instanceof RmaError) return error
  const code = (error as NodeJS.ErrnoException).code
  if (code === 'ECONNREFUSED') {
    return new RmaError('NODE_NOT_RUNNING', `no node answers at ${url.origin}`, {}, { cause: error })
  }
  return new RmaError('WORKER_LOST', `the connection to the node broke: ${error.message}`, { code }, { cause: error })
}

const errorBodySchema = z.object({
  error: z.object({
    code: z.string().refine(isErrorCode),
    message: z.string(),
    details: z.record(z.string(), z.unknown()).default({}),
  }),
})

async function errorOf(response: Dispatcher.ResponseData<null>): Promise<RmaError> {
  const text = await readText(response.body, maxErrorBytes)
  try {
    const { code, message, details } = errorBodySchema.parse(JSON.parse(text)).error
    return isErrorCode(code) ? new RmaError(code, message, details) : new RmaError('INTERNAL', message, details)
  } catch (cause) {
    return new RmaError('PROTOCOL', `expected an error in JSON, got HTTP status ${response.statusCode}`, {}, { cause })
  }
}

/** Rejects with TOO_LARGE past `maxBytes`. */
export async function readText(body: AsyncIterable<Uint8Array>, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of body) {
    length += chunk.length
    if (length > maxBytes) throw new RmaError('TOO_LARGE', `expected at most ${maxBytes} bytes, got more`, { maxBytes })
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** Writes the answer's bytes as they come, at the reader's pace. */
export async function passOn(answer: Answer, output: Writable, signal: AbortSignal): Promise<void> {
  await pipeline(answer.body, output, { signal, end: false })
}
