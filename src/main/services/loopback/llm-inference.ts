import { z } from 'zod'
import { RmaError } from '../../../shared/errors.ts'
import { MiB, minute } from '../../../shared/units.ts'
import type { ServiceAnswer } from '../../service-request.ts'
import type { EngineInput } from '../engine-protocol.ts'
import type { EngineOutput } from '../engine-session.ts'
import { acceptsExplicitly } from '../request-body.ts'
import type { ServiceDefinition } from '../service-definition.ts'
import { type Completion, complete, type Usage } from './completion.ts'
import { publicName } from './language-model.ts'
import type { LoopbackEngines } from './loopback-engines.ts'
import { LoopbackWorkshop } from './loopback-workshop.ts'

const eventStream = 'text/event-stream'

const messageSchema = z.object({ role: z.enum(['system', 'user', 'assistant']), content: z.string() })

/** Of OpenAI's parameters those that change only the words of the answer. */
const parametersSchema = z.object({
  max_tokens: z.number().int().min(1).optional(),
  temperature: z.number().min(0).max(2).optional(),
  top_p: z.number().min(0).max(1).optional(),
  seed: z.number().int().min(0).max(2_147_483_647).optional(),
  stop: z.union([z.string().max(200), z.array(z.string().max(200)).max(4)]).optional(),
  presence_penalty: z.number().min(-2).max(2).optional(),
  frequency_penalty: z.number().min(-2).max(2).optional(),
})

const requestSchema = z
  .object({
    prompt: z.string().min(1).optional(),
    messages: z.array(messageSchema).min(1).max(1_000).optional(),
    model: z.string().min(1).max(200).optional(),
    stream: z.boolean().optional(),
  })
  .and(parametersSchema)
  .refine(({ prompt, messages }) => (prompt === undefined) !== (messages === undefined), 'expected prompt or messages')

type Piece = { text: string } | { finish: string; model: string; usage?: Usage }

/** Fewer characters than these a token has no text; so many tokens are there at least. */
const charactersATokenAtMost = 12

export interface LlmInit {
  /** Tokens of an answer at most, whatever a request asks for; read for each request. */
  readonly maxTokens: number
}

/**
 * Answers prompts and conversations with a language model on this machine. The body is JSON with `prompt`, which is
 * continued, or `messages`, which are answered (plain text is a single question), and may name `model`, `stream`, `max_tokens`, `temperature`, `top_p`, `seed`,
 * `stop` and the penalties as in OpenAI's API. The answer is JSON, `{text, model, usage}`.
 *
 * With `"stream": true` or `Accept: text/event-stream` it comes as server-sent events as the model writes: `{"text": "…"}`
 * each, then `{"model", "usage", "finish"}`, then `[DONE]`. A stream that ends without it is incomplete.
 */
export function llmInference(engines: LoopbackEngines, limits: LlmInit): ServiceDefinition {
  return {
    type: 'llm-inference',
    accepts: ['application/json', 'text/plain'],
    maxBytes: 4 * MiB,
    maxHeldBytes: 64 * MiB,
    idempotent: true,
    usesGpu: true,
    elsewhere: true,
    languageEngine: true,
    borrows: () => engines.borrows,
    engine: (components, init) =>
      new LoopbackWorkshop(components, {
        ...init,
        engines,
        sees: false,
        async *task(input, signal) {
          const { prompt, messages, model: _model, stream: _, ...parameters } = requestOf(input)
          const { maxTokens } = limits
          const { engine, model, gate } = engines.choose({ sees: false, model: modelOf(input) })
          refuseTooLong(input.bytes.byteLength, model.contextTokens)
          const leave = await gate.enter(signal)
          try {
            const pieces = complete(
              {
                url: engine.url,
                model: model.id,
                ask: prompt === undefined ? { messages: messages ?? [] } : { prompt },
                parameters: { ...parameters, max_tokens: Math.min(maxTokens, parameters.max_tokens ?? maxTokens) },
                stallMs: 2 * minute,
              },
              { clock: components.clock, signal },
            )
            for await (const piece of pieces) yield { kind: 'part', value: withModel(piece, publicName(model)) }
          } finally {
            leave()
          }
        },
      }),
    memoryMiB: 256,
    stallMs: 2 * minute,
    slots: () => 8,
    bound: slots => 16 + 4 * slots,
    inspect: input => engines.check({ sees: false, model: modelOf(input) }),
    answer: (output, { accept, input }) =>
      acceptsExplicitly(accept, eventStream) || requestOf(input).stream === true ? inEvents(output) : atOnce(output),
  }
}

/** The model a request names, in its body or beside it. */
function modelOf(input: EngineInput): string | undefined {
  return requestOf(input).model ?? input.particulars?.model
}

function withModel(piece: Completion, model: string): Piece {
  return 'text' in piece ? piece : { ...piece, model }
}

function requestOf({ contentType, bytes }: EngineInput): z.infer<typeof requestSchema> {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    return requestSchema.parse(contentType === 'text/plain' ? questionOf(text) : JSON.parse(text))
  } catch (error) {
    const where = error instanceof z.ZodError ? (error.issues[0]?.path.join('.') ?? '') : ''
    throw new RmaError(
      'BAD_INPUT',
      `expected JSON with either prompt or messages${where === '' ? '' : `; ${where} is wrong`}`,
      {
        where,
      },
    )
  }
}

function questionOf(content: string) {
  return { messages: [{ role: 'user', content }] }
}

function refuseTooLong(bytes: number, contextTokens: number | undefined): void {
  if (contextTokens === undefined || bytes <= contextTokens * charactersATokenAtMost) return
  throw new RmaError('TOO_LARGE', `expected what fits into ${contextTokens} tokens; got ${bytes} bytes`, {
    contextTokens,
  })
}

async function* piecesOf(output: ReadableStream<EngineOutput>): AsyncGenerator<Piece, void, void> {
  for await (const { value } of output) yield value as Piece // As the task above made it, in this process.
}

async function atOnce(output: ReadableStream<EngineOutput>): Promise<ServiceAnswer> {
  let text = ''
  for await (const piece of piecesOf(output)) {
    if ('text' in piece) text += piece.text
    else
      return {
        contentType: 'application/json',
        body: Buffer.from(JSON.stringify({ text, model: piece.model, usage: piece.usage })),
      }
  }
  throw new RmaError('ENGINE_FAILED', 'expected an end of the answer, got none', { reason: 'protocol' })
}

/** Waits for the first piece, so that what fails before it still gets its status. */
async function inEvents(output: ReadableStream<EngineOutput>): Promise<ServiceAnswer> {
  const pieces = piecesOf(output)
  const first = await pieces.next()
  return { contentType: eventStream, body: events(first, pieces) }
}

async function* events(first: IteratorResult<Piece, void>, pieces: AsyncGenerator<Piece, void, void>) {
  try {
    for (let next = first; !next.done; next = await pieces.next())
      yield Buffer.from(`data: ${JSON.stringify(next.value)}\n\n`)
    yield Buffer.from('data: [DONE]\n\n')
  } finally {
    await pieces.return()
  }
}
