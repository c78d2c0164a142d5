import type { Stream } from '@libp2p/interface'
import { toRmaError } from '../../shared/errors.ts'

/** Closes the stream after `work`, or aborts it where that failed: a stream left open counts towards the limits. */
export async function ending<T>(stream: Stream, work: () => Promise<T>): Promise<T> {
  try {
    const result = await work()
    await stream.close()
    return result
  } catch (error) {
    stream.abort(toRmaError(error))
    throw error
  }
}
