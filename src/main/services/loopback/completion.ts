import { Agent, type Dispatcher, request } from 'undici'
import { z } from 'zod'
import { RmaError } from '../../../shared/errors.ts'
import { safeParse } from '../../../shared/safe-parse.ts'
import { KiB, type Milliseconds, second } from '../../../shared/units.ts'
import type { Clock } from '../../clock.ts'
import { eventsOf } from './server-sent-events.ts'

/** What is asked of an engine, in the words of OpenAI's API; its path is `/v1/completions` for a prompt. */
export interface CompletionRequest {
  url: string
  model: string
  /** A prompt to be continued, or a conversation to be answered. */
  ask: { prompt: string } | { messages: unknown[] }
  /** Further parameters that have been checked: `max_tokens`, `temperature` and the like. */
  parameters: Record<string, unknown>
  /** How long the engine may say nothing, loading the model included. */
  stallMs: Milliseconds
}

const usageSchema = z.object({
  prompt_tokens: z.number().int().min(0).catch(0),
  completion_tokens: z.number().int().min(0).catch(0),
  total_tokens: z.number().int().min(0).catch(0),
})
export type Usage = z.infer<typeof usageSchema>

const chunkSchema = z.object({
  choices: z
    .array(
      z.object({
        text: z.string().nullish(),
        delta: z.object({ content: z.string().nullish() }).nullish(),
        finish_reason: z.string().max(50).nullish(),
      }),
    )
    .max(16)
    .default([]),
  usage: usageSchema.nullish(),
  error: z.unknown().optional(),
})

/** A piece of the answer, or how it ended. */
export type Completion = { text: string } | { usage?: Usage; finish: string }

/** Connections to the engines beside this node are kept for the next request. */
const agent = new Agent({ connections: 256, headersTimeout: 0, bodyTimeout: 0, connect: { timeout: 5 * second } })

/**
 * Streams an engine's answer. To abort the signal, or to stop reading, closes the connection, by which the engine knows
 * that it may stop. No redirect is followed.
 *
 * @throws RmaError BAD_INPUT or TOO_LARGE where the engine refuses what it was sent, BUSY, or ENGINE_FAILED
 */
export async function* complete(
  { url, model, ask, parameters, stallMs }: CompletionRequest,
  { clock, signal }: { clock: Clock; signal: AbortSignal },
): AsyncGenerator<Completion, void, void> {
  const stalled = new AbortController()
  // Words come by the thousand: one timer looks now and then instead of one for each.
  let silentSince: Milliseconds | undefined = clock.steady()
  const stopWatch = clock.every(Math.ceil(stallMs / 4), () => {
    if (silentSince !== undefined && clock.steady() - silentSince >= stallMs)
      stalled.abort(failed('hang', `the engine said nothing for ${stallMs} ms`))
  })
  const body = JSON.stringify({ ...parameters, ...ask, model, stream: true, stream_options: { include_usage: true } })
  try {
    const response = await request(`${url}/v1/${'prompt' in ask ? 'completions' : 'chat/completions'}`, {
      method: 'POST',
      dispatcher: agent,
      signal: AbortSignal.any([signal, stalled.signal]),
      headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
      body,
    })
    if (response.statusCode !== 200) throw await refusalOf(response)
    let usage: Usage | undefined
    let finish: string | undefined
    for await (const data of eventsOf(response.body)) {
      silentSince = clock.steady()
      if (data === '[DONE]') {
        finish ??= 'stop'
        break
      }
      const chunk = chunkOf(data)
      usage = chunk.usage ?? usage
      const [choice] = chunk.choices
      finish = choice?.finish_reason ?? finish
      const text = choice?.delta?.content ?? choice?.text ?? ''
      if (text === '') continue
      silentSince = undefined // Until the reader asks for more, nothing is waited for.
      yield { text }
      silentSince = clock.steady()
    }
    if (finish === undefined) throw failed('crash', 'the engine broke off its answer')
    yield { finish, ...(usage ? { usage } : {}) }
  } catch (error) {
    throw failureOf(error, stalled.signal, signal)
  } finally {
    stopWatch()
  }
}

export function chunkOf(data: string): z.infer<typeof chunkSchema> {
  const chunk = safeParse(chunkSchema, parsed(data)).data
  if (chunk === undefined) throw failed('protocol', 'the engine answered in a form that is not OpenAI’s')
  if (chunk.error !== undefined) throw failed('error', 'the engine reported an error in the midst of its answer')
  return chunk
}

function parsed(data: string): unknown {
  try {
    return JSON.parse(data)
  } catch {
    return undefined // What is no JSON does not have the form either, which is what is told.
  }
}

/** What an engine says of its reasons may quote the request, and name the donor's files: its status says enough. */
async function refusalOf({ statusCode, body }: Dispatcher.ResponseData): Promise<RmaError> {
  await body.dump({ limit: 64 * KiB })
  const details = { engineStatus: statusCode }
  if (statusCode === 413) return new RmaError('TOO_LARGE', 'the request is too large for the engine', details)
  if (statusCode === 429 || statusCode === 503) {
    return new RmaError('BUSY', 'the engine beside this node is busy', { ...details, retryAfterMs: second })
  }
  if (statusCode === 400 || statusCode === 422) {
    return new RmaError(
      'BAD_INPUT',
      'the engine refused the request: too long for the model, or a bad parameter',
      details,
    )
  }
  return new RmaError('ENGINE_FAILED', `the engine answered with HTTP status ${statusCode}`, {
    ...details,
    reason: 'error',
  })
}

function failureOf(error: unknown, stalled: AbortSignal, signal: AbortSignal): unknown {
  if (signal.aborted) return signal.reason
  if (stalled.aborted) return stalled.reason
  if (error instanceof RmaError) return error
  return failed('crash', 'the connection to the engine broke')
}

function failed(reason: string, message: string): RmaError {
  return new RmaError('ENGINE_FAILED', message, { reason })
}
