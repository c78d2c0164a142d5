import { Readable } from 'node:stream'
import { Agent, type Dispatcher, request } from 'undici'
import { RmaError } from '../../../shared/errors.ts'
import type { UpstreamSettings } from '../../../shared/schema/service-settings.ts'
import { KiB, second } from '../../../shared/units.ts'
import type { Clock } from '../../clock.ts'
import type { EngineOutput } from '../engine-session.ts'
import type { JobInput } from '../workshop.ts'
import { StallWatch } from './stall-watch.ts'

const agent = new Agent({ connections: 128, headersTimeout: 0, bodyTimeout: 0, connect: { timeout: 5 * second } })
const longestRetrySeconds = 300

/**
 * Posts a job's body to the server and yields the type of its answer, then the answer, both as they come. Of the request
 * only body, type, Accept and the time left reach the server; where it goes is the settings' word alone, and no redirect
 * is followed. The server's silence is bounded, but for the time in which it waits for more of the body or for its answer
 * to be read.
 *
 * @throws RmaError as the server refused, TOO_LARGE for the body, or ENGINE_FAILED
 */
export async function* askUpstream(
  { url, maxAnswerBytes, stallSeconds }: UpstreamSettings,
  { contentType, accept, body, waitedForUntil }: JobInput,
  { clock, signal }: { clock: Clock; signal: AbortSignal },
): AsyncGenerator<EngineOutput, void, void> {
  const stalled = new AbortController()
  const watch = new StallWatch(
    { clock },
    {
      limitMs: stallSeconds * second,
      onStall: () => stalled.abort(failed('hang', `the server said nothing for ${stallSeconds} s`)),
    },
  )
  let bodyError: unknown
  async function* sent() {
    try {
      watch.waitFor('requester')
      for await (const chunk of body ?? []) {
        watch.hasActed('requester')
        yield chunk
        watch.waitFor('requester')
      }
    } catch (error) {
      bodyError = error
      throw error
    } finally {
      watch.hasActed('requester')
    }
  }
  try {
    const response = await request(url, {
      method: 'POST',
      dispatcher: agent,
      signal: AbortSignal.any([signal, stalled.signal]),
      headers: {
        ...(contentType === '' ? {} : { 'content-type': contentType }),
        ...(accept === '' ? {} : { accept }),
        'x-rma-deadline-ms': String(Math.max(1, Math.round(waitedForUntil() - clock.now()))),
      },
      body: Readable.from(sent(), { objectMode: false }),
    })
    if (response.statusCode !== 200) throw await refusalOf(response)
    for await (const value of valuesOf(response, maxAnswerBytes)) {
      watch.waitFor('reader')
      yield { kind: 'part', value }
      watch.hasActed('reader')
    }
  } catch (error) {
    if (signal.aborted) throw signal.reason
    if (bodyError !== undefined) throw bodyError
    if (stalled.signal.aborted) throw stalled.signal.reason
    throw error instanceof RmaError ? error : failed('crash', 'the connection to the server broke')
  } finally {
    watch.end()
  }
}

/** The type of an answer, then what it consists of. */
async function* valuesOf(response: Dispatcher.ResponseData, maxBytes: number) {
  yield { contentType: typeOf(response) }
  let length = 0
  for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
    length += chunk.byteLength
    if (length > maxBytes) throw failed('protocol', `the server answered with more than ${maxBytes} bytes`)
    yield chunk
  }
}

const printable = /^[\x20-\x7e]{1,200}$/

function typeOf({ headers }: Dispatcher.ResponseData): string {
  const type = [headers['content-type'] ?? ''].flat()[0] ?? ''
  return printable.test(type) ? type : 'application/octet-stream'
}

/** What the server says of its reasons stays here: it may tell of the donor's machine. */
async function refusalOf({ statusCode, headers, body }: Dispatcher.ResponseData): Promise<RmaError> {
  await body.dump({ limit: 64 * KiB })
  const details = { upstreamStatus: statusCode }
  switch (statusCode) {
    case 400:
    case 422:
      return new RmaError('BAD_INPUT', 'the server behind this service refused the request', details)
    case 413:
      return new RmaError('TOO_LARGE', 'the request is too large for the server behind this service', details)
    case 415:
      return new RmaError('UNSUPPORTED_TYPE', 'the server behind this service does not take this type', details)
    case 429:
    case 503: {
      const seconds = Number([headers['retry-after'] ?? '1'].flat()[0])
      const retryAfterMs = second * (seconds > 0 && seconds <= longestRetrySeconds ? seconds : 1)
      return new RmaError('BUSY', 'the server behind this service is busy', { ...details, retryAfterMs })
    }
    default:
      if (statusCode >= 300 && statusCode < 400) {
        return failed('protocol', 'the server behind this service answered with a redirect, which is not followed')
      }
      return failed('error', `the server behind this service answered with HTTP status ${statusCode}`)
  }
}

function failed(reason: string, message: string): RmaError {
  return new RmaError('ENGINE_FAILED', message, { reason })
}
