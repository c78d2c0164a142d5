import { RmaError } from '../../shared/errors.ts'

/** The media type of a Content-Type or Accept value, in lower case and without parameters. */
export function mediaType(header: string): string {
  return (header.split(';', 1)[0] ?? '').trim().toLowerCase()
}

/** Whether an Accept header names `type` itself, not by a wildcard. */
export function acceptsExplicitly(accept: string, type: string): boolean {
  return accept.split(',').some(range => mediaType(range) === type)
}

/**
 * Reads a body to its end, holding no more than `maxBytes`.
 *
 * @param onBytes hears of bytes before they are kept, and may throw to refuse them
 * @throws RmaError TOO_LARGE or EMPTY_BODY; whatever `signal` was aborted with
 */
export async function readBody(
  body: AsyncIterable<Uint8Array>,
  maxBytes: number,
  signal: AbortSignal,
  onBytes: (bytes: number) => void = () => undefined,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of untilAborted(body, signal)) {
    length += chunk.byteLength
    if (length > maxBytes) throw tooLarge(length, maxBytes)
    onBytes(chunk.byteLength)
    chunks.push(chunk)
  }
  if (length === 0) throw new RmaError('EMPTY_BODY', 'expected a document in the body; the body is empty')
  return Buffer.concat(chunks, length)
}

/** The chunks of a body, up to `maxBytes`; see {@link readBody} for what it throws. */
export async function* boundedBody(
  body: AsyncIterable<Uint8Array>,
  maxBytes: number,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, void> {
  let length = 0
  for await (const chunk of untilAborted(body, signal)) {
    length += chunk.byteLength
    if (length > maxBytes) throw tooLarge(length, maxBytes)
    yield chunk
  }
}

export function tooLarge(bytes: number, maxBytes: number): RmaError {
  return new RmaError('TOO_LARGE', `expected at most ${maxBytes} bytes, got ${bytes} or more`, { bytes, maxBytes })
}

/** Passes chunks on and stops waiting for the next as soon as `signal` aborts, also when the sender has gone quiet. */
async function* untilAborted(
  body: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, void> {
  const aborted = Promise.withResolvers<never>()
  aborted.promise.catch(() => undefined) // Raced below; without a chunk in flight nobody else listens.
  const abort = () => aborted.reject(signal.reason)
  signal.addEventListener('abort', abort)
  if (signal.aborted) abort()
  const iterator = body[Symbol.asyncIterator]()
  try {
    for (;;) {
      const { done, value } = await Promise.race([iterator.next(), aborted.promise])
      if (done) return
      yield value
    }
  } finally {
    signal.removeEventListener('abort', abort)
    // Not awaited: a sender that has gone quiet would hold this up, and what it still says no longer matters.
    iterator.return?.()?.catch(() => undefined)
  }
}
