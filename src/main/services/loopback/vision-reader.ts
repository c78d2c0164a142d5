import { RmaError } from '../../../shared/errors.ts'
import { minute } from '../../../shared/units.ts'
import { systemClock } from '../../clock.ts'
import { documentOf } from '../document-input.ts'
import { readPages } from '../documents/document-pages.ts'
import type { EngineInput } from '../engine-protocol.ts'
import { type Engine, RefusedDocument } from '../serve-engine.ts'
import { complete } from './completion.ts'

/** As much as vision models look at; larger pictures they scale down themselves. */
const mostPixels = 2_000_000

const task =
  'Transcribe all text on this page, exactly as it stands, line by line, in reading order. Write tables as lines with their ' +
  'cells divided by tabs. Answer with the text alone, without comment; answer with nothing when there is no text.'

/** Has a model of the engine beside this node read each page's picture. It is killed to stop it, which the engine notices. */
export function createVisionEngine(): Engine {
  return {
    async run(input, emit) {
      const startedAt = performance.now()
      for await (const page of readPages(documentOf(input))) {
        const text = await transcribe(await page.picture(mostPixels), input.helper)
        emit({ number: page.number, total: page.total, page: { text, words: [] } })
      }
      return { milliseconds: performance.now() - startedAt }
    },
  }
}

async function transcribe(jpeg: Uint8Array, helper: EngineInput['helper']): Promise<string> {
  if (helper === undefined) throw new Error('expected to be told which engine to ask')
  const url = `data:image/jpeg;base64,${Buffer.from(jpeg).toString('base64')}`
  const content = [
    { type: 'image_url', image_url: { url } },
    { type: 'text', text: task },
  ]
  const pieces = complete(
    {
      url: helper.url,
      model: helper.model,
      ask: { messages: [{ role: 'user', content }] },
      parameters: { max_tokens: helper.maxTokens, temperature: 0 },
      stallMs: 2 * minute,
    },
    { clock: systemClock, signal: new AbortController().signal },
  )
  let text = ''
  try {
    for await (const piece of pieces) if ('text' in piece) text += piece.text
  } catch (error) {
    if (error instanceof RmaError && (error.code === 'BAD_INPUT' || error.code === 'TOO_LARGE')) {
      throw new RefusedDocument(error.code, error.message)
    }
    throw error
  }
  return text
}
