import { RmaError, toRmaError } from '../../shared/errors.ts'
import type { JobHandle } from './job-log.ts'

/**
 * Passes an answer on and ends its job with it: done when it was read to the end, failed when it broke, cancelled when
 * the reader stopped before.
 */
export async function* endingJob(body: Uint8Array | AsyncIterable<Uint8Array>, job: JobHandle) {
  let bytes = 0
  let end: 'stopped' | 'read' | RmaError = 'stopped'
  try {
    for await (const chunk of chunksOf(body)) {
      bytes += chunk.byteLength
      yield chunk
    }
    end = 'read'
  } catch (error) {
    end = toRmaError(error)
    throw end
  } finally {
    if (end === 'read') job.done(bytes)
    else job.failed(end === 'stopped' ? new RmaError('CANCELLED', 'the requester stopped reading') : end)
  }
}

/** A body as chunks, whether it is held whole or streams. */
export async function* chunksOf(body: Uint8Array | AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
  if (body instanceof Uint8Array) yield body
  else yield* body
}
