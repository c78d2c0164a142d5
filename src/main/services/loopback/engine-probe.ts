import { type Dispatcher, request } from 'undici'
import { z } from 'zod'
import { safeParse } from '../../../shared/safe-parse.ts'
import { MiB, second } from '../../../shared/units.ts'
import { type LanguageModel, mebibytes, readsPictures, sizeOfName, talks } from './language-model.ts'

/** Where an engine may listen, and what it is called if it does. */
export interface EnginePlace {
  name: string
  /** Without a slash at the end. */
  url: string
}

/** The engines that donors have, at the ports they come with. */
export const usualPlaces: readonly EnginePlace[] = [
  { name: 'Ollama', url: 'http://127.0.0.1:11434' },
  { name: 'llama.cpp server', url: 'http://127.0.0.1:8080' },
  { name: 'vLLM', url: 'http://127.0.0.1:8000' },
  { name: 'LM Studio', url: 'http://127.0.0.1:1234' },
]

/** An engine that answers, with its models. */
export interface FoundEngine extends EnginePlace {
  models: LanguageModel[]
  /** Requests it handles at once. */
  slots: number
}

const answerMs = 2 * second
const largestAnswer = 4 * MiB
const mostModels = 200

const modelsSchema = z.object({
  data: z
    .array(
      z.object({
        id: z.string().min(1).max(200),
        owned_by: z.string().optional().catch(undefined),
        max_model_len: z.number().int().min(1).optional().catch(undefined),
      }),
    )
    .max(mostModels),
})

/** Ollama's own list; `details` of models that see name their eyes. */
const tagsSchema = z.object({
  models: z
    .array(
      z.object({
        name: z.string(),
        size: z.number().min(0),
        details: z.object({ families: z.array(z.string()).nullable().catch(null) }).catch({ families: null }),
        capabilities: z.array(z.string()).optional().catch(undefined),
      }),
    )
    .max(mostModels),
})
const runningSchema = z.object({ models: z.array(z.object({ name: z.string() })).max(mostModels) })

/** What a llama.cpp server says of itself. */
const propsSchema = z.object({
  total_slots: z.number().int().min(1).max(1_024),
  default_generation_settings: z
    .object({ n_ctx: z.number().int().min(1).optional() })
    .optional()
    .catch(undefined),
  modalities: z.object({ vision: z.boolean() }).optional().catch(undefined),
})

/** LM Studio's own list. */
const studioSchema = z.object({
  data: z
    .array(
      z.object({
        id: z.string(),
        type: z.string(),
        state: z.string().optional(),
        max_context_length: z.number().int().min(1).optional().catch(undefined),
      }),
    )
    .max(mostModels),
})

/** Asks whether an OpenAI-compatible engine listens at `place`, and for its models; undefined when none does. */
export async function probeEngine(place: EnginePlace, signal?: AbortSignal): Promise<FoundEngine | undefined> {
  const listed = await ask(`${place.url}/v1/models`, modelsSchema, signal)
  if (listed === undefined) return undefined
  const plain = listed.data
    .filter(({ id }) => talks(id))
    .map(({ id, max_model_len: contextTokens }) => modelOf(id, { ...(contextTokens ? { contextTokens } : {}) }))
  switch (place.name) {
    case 'Ollama':
      return { ...place, slots: 2, models: await withOllamaFacts(place, plain, signal) }
    case 'llama.cpp server':
      return await withServerFacts(place, plain, signal)
    case 'LM Studio':
      return { ...place, slots: 1, models: await withStudioFacts(place, plain, signal) }
    default:
      // vLLM and the like batch what comes, and have in memory what they list.
      return { ...place, slots: 8, models: plain.map(model => ({ ...model, loaded: true })) }
  }
}

function modelOf(id: string, facts: Partial<LanguageModel>): LanguageModel {
  const sizeMiB = sizeOfName(id)
  return { id, sees: readsPictures(id), loaded: false, ...(sizeMiB === undefined ? {} : { sizeMiB }), ...facts }
}

async function withOllamaFacts(place: EnginePlace, plain: LanguageModel[], signal?: AbortSignal) {
  const [tags, running] = await Promise.all([
    ask(`${place.url}/api/tags`, tagsSchema, signal),
    ask(`${place.url}/api/ps`, runningSchema, signal),
  ])
  const loaded = new Set(running?.models.map(({ name }) => name))
  return plain.map(model => {
    const tag = tags?.models.find(({ name }) => name === model.id)
    const eyes = tag?.details.families?.some(family => /clip|mllama|vl$/i.test(family)) ?? false
    return {
      ...model,
      loaded: loaded.has(model.id),
      sees: model.sees || eyes || (tag?.capabilities?.includes('vision') ?? false),
      ...(tag ? { sizeMiB: mebibytes(tag.size) } : {}),
    }
  })
}

async function withServerFacts(place: EnginePlace, plain: LanguageModel[], signal?: AbortSignal): Promise<FoundEngine> {
  const props = await ask(`${place.url}/props`, propsSchema, signal)
  const contextTokens = props?.default_generation_settings?.n_ctx
  const models = plain.map(model => ({
    ...model,
    loaded: true,
    sees: props?.modalities?.vision ?? model.sees,
    ...(contextTokens === undefined ? {} : { contextTokens }),
  }))
  return { ...place, slots: props?.total_slots ?? 1, models }
}

async function withStudioFacts(place: EnginePlace, plain: LanguageModel[], signal?: AbortSignal) {
  const own = await ask(`${place.url}/api/v0/models`, studioSchema, signal)
  return plain.flatMap(model => {
    const facts = own?.data.find(({ id }) => id === model.id)
    if (facts === undefined) return [model]
    if (facts.type !== 'llm' && facts.type !== 'vlm') return []
    const { max_context_length: contextTokens, state, type } = facts
    return [{ ...model, sees: type === 'vlm', loaded: state === 'loaded', ...(contextTokens ? { contextTokens } : {}) }]
  })
}

/** A JSON answer of the expected form, or undefined, whatever else comes. Redirects are not followed. */
async function ask<T>(url: string, schema: z.ZodType<T>, signal?: AbortSignal): Promise<T | undefined> {
  const limit = AbortSignal.timeout(answerMs)
  try {
    const { statusCode, body } = await request(url, {
      signal: signal ? AbortSignal.any([signal, limit]) : limit,
      headers: { accept: 'application/json' },
    })
    const text = await shortText(body)
    return statusCode === 200 && text !== undefined ? safeParse(schema, JSON.parse(text)).data : undefined
  } catch {
    return undefined // Nobody listens, or something that is no such engine: both are an answer.
  }
}

async function shortText(body: Dispatcher.ResponseData['body']): Promise<string | undefined> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    length += chunk.byteLength
    if (length > largestAnswer) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}
