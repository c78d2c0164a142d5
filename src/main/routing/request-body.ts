import { RmaError } from '../../shared/errors.ts'
import { MiB } from '../../shared/units.ts'
import { chunksOf } from '../ledger/answer-body.ts'

/** Bodies up to this size are held in memory so that another worker can be sent them. */
export const heldBytes = 8 * MiB

/** A request's body, read from its requester once and sent to one worker or, when it is small, to several in turn. */
export interface RequestBody {
  /** The whole of it, where it is held. What is not waits for the worker's word before it is sent. */
  readonly held: Uint8Array | undefined
  /** Whether `read` may be called (again): it is held, or nothing of it was taken yet. */
  readonly replayable: boolean
  /** Bytes in all, where that is known before the end. */
  readonly length: number | undefined
  /** Throws WORKER_LOST when the body has gone to a worker already and was not held. */
  read(): Uint8Array | AsyncIterable<Uint8Array>
}

/**
 * Holds a small body whole; streams one that is larger, from its beginning where that was declared. `maxBytes` bounds both.
 * Rejects, or ends the stream, with TOO_LARGE.
 */
export async function captureBody(
  source: AsyncIterable<Uint8Array>,
  { declaredBytes, maxBytes }: { declaredBytes?: number | undefined; maxBytes: number },
): Promise<RequestBody> {
  if (declaredBytes !== undefined && declaredBytes > maxBytes) throw tooLarge(maxBytes, declaredBytes)
  const reader = source[Symbol.asyncIterator]()
  const head: Uint8Array[] = []
  let size = 0
  if (declaredBytes !== undefined && declaredBytes > heldBytes) return streamed(head, reader, maxBytes, declaredBytes)
  while (size <= heldBytes) {
    const { done, value } = await reader.next()
    if (done) return held(Buffer.concat(head))
    size += value.byteLength
    head.push(value)
    if (size <= maxBytes) continue
    await reader.return?.()
    throw tooLarge(maxBytes, size)
  }
  return streamed(head, reader, maxBytes, declaredBytes)
}

/** The body in chunks; it is taken only when somebody begins to read. */
export async function* onceRead(body: RequestBody): AsyncGenerator<Uint8Array, void, void> {
  yield* chunksOf(body.read())
}

function held(bytes: Uint8Array): RequestBody {
  return { held: bytes, replayable: true, length: bytes.byteLength, read: () => bytes }
}

function streamed(
  head: Uint8Array[],
  rest: AsyncIterator<Uint8Array>,
  maxBytes: number,
  declaredBytes: number | undefined,
): RequestBody {
  let taken = false
  return {
    held: undefined,
    get replayable() {
      return !taken
    },
    length: declaredBytes,
    read() {
      if (taken) throw new RmaError('WORKER_LOST', 'the worker was lost after a body too large to be sent again')
      taken = true
      return bounded(head, rest, maxBytes)
    },
  }
}

async function* bounded(head: Uint8Array[], rest: AsyncIterator<Uint8Array>, maxBytes: number) {
  let size = 0
  try {
    for (let chunk = head.shift(); chunk !== undefined; chunk = head.shift()) {
      size += chunk.byteLength
      yield chunk
    }
    for (let next = await rest.next(); !next.done; next = await rest.next()) {
      size += next.value.byteLength
      if (size > maxBytes) throw tooLarge(maxBytes, size)
      yield next.value
    }
  } finally {
    await rest.return?.()
  }
}

export function tooLarge(maxBytes: number, came: number): RmaError {
  return new RmaError('TOO_LARGE', `expected a body of at most ${maxBytes} bytes, got ${came} or more`, { maxBytes })
}
