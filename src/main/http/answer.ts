import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { finished, pipeline } from 'node:stream/promises'
import type { RmaError } from '../../shared/errors.ts'
import { awaitsContinue } from './awaited-body.ts'
import { discardRest } from './discard-rest.ts'

/**
 * Sends an answer as it comes, no faster than it is read. Rejects when either end breaks, or when `signal` aborts before all
 * of it is out. What the request's body still has then is read away: the next request on the connection comes after it.
 */
export async function sendAnswer(
  outgoing: ServerResponse,
  body: Uint8Array | AsyncIterable<Uint8Array>,
  headers: Record<string, string>,
  signal: AbortSignal,
): Promise<void> {
  outgoing.once('finish', () => discardRest(outgoing.req))
  if (body instanceof Uint8Array) {
    outgoing.writeHead(200, { ...headers, 'content-length': String(body.byteLength) })
    outgoing.end(body)
    await sent(outgoing, signal)
    return
  }
  const chunks = body[Symbol.asyncIterator]()
  // The head waits for the first chunk, so that what fails before it can still be told with its own status.
  const first = await chunks.next()
  outgoing.writeHead(200, headers)
  await pipeline(Readable.from(startingWith(first, chunks), { objectMode: false }), outgoing, { signal })
}

/** Whoever does not read it holds an answer no longer than its request may take. */
async function sent(outgoing: ServerResponse, signal: AbortSignal): Promise<void> {
  try {
    await finished(outgoing, { signal })
  } catch (error) {
    outgoing.destroy()
    throw error
  }
}

async function* startingWith(first: IteratorResult<Uint8Array>, rest: AsyncIterator<Uint8Array>) {
  try {
    for (let next = first; !next.done; next = await rest.next()) yield next.value
  } finally {
    await rest.return?.()
  }
}

/**
 * Sends an error with its status, or breaks the connection when the answer has begun: a cut answer must not look whole.
 * What is left of the request's body is read away.
 */
export function sendError(incoming: IncomingMessage, outgoing: ServerResponse, error: RmaError): void {
  if (outgoing.headersSent || outgoing.destroyed) {
    outgoing.destroy()
    return
  }
  const retryAfterMs = error.details.retryAfterMs
  const body = Buffer.from(JSON.stringify(error.toBody()))
  outgoing.writeHead(error.status, {
    'content-type': 'application/json',
    'content-length': String(body.byteLength),
    ...(typeof retryAfterMs === 'number' ? { 'retry-after': String(Math.ceil(retryAfterMs / 1_000)) } : {}),
    // Nobody asked for that body: whether it comes all the same is not to be known, and so not what follows it.
    ...(awaitsContinue(incoming) && !incoming.complete ? { connection: 'close' } : {}),
  })
  outgoing.end(body)
  discardRest(incoming)
}
