import { fileURLToPath } from 'node:url'
import { createWorker, OEM, PSM } from 'tesseract.js'
import { z } from 'zod'
import type { OcrPage } from '../../shared/schema/service.ts'
import type { EngineInput } from './engine-protocol.ts'
import { readPages } from './page-reader.ts'
import { type Engine, RefusedDocument } from './serve-engine.ts'
import { wordsOf } from './tesseract-words.ts'

/** English, the best model with integer weights: as exact as the floating-point one, twice as fast. */
const language = 'eng'
const languageFolder = new URL('4.0.0_best_int', import.meta.resolve('@tesseract.js-data/eng/package.json'))

/** Loads the recogniser, entirely from installed files and without writing any. */
export async function createOcrEngine(): Promise<Engine> {
  const loaded = Promise.withResolvers<never>()
  const worker = await Promise.race([
    createWorker(language, OEM.LSTM_ONLY, {
      langPath: fileURLToPath(languageFolder),
      gzip: true,
      cacheMethod: 'none',
      errorHandler: error => loaded.reject(new Error('the recogniser failed', { cause: error })),
    }),
    loaded.promise,
  ])
  await worker.setParameters({ tessedit_pageseg_mode: PSM.AUTO })

  return {
    async run(input, emit) {
      const startedAt = performance.now()
      for await (const page of readPages(documentOf(input))) {
        const { data } = await worker.recognize(Buffer.from(page.pgm), {}, { text: true, tsv: true })
        const words = wordsOf(data.tsv ?? '', page.scale)
        const read: OcrPage = { text: data.text, words }
        emit({ number: page.number, total: page.total, page: read })
      }
      return { milliseconds: performance.now() - startedAt }
    },
  }
}

const documentSchema = z.object({ document: z.base64() })

/** The image's bytes, taken out of JSON where they came that way. */
function documentOf({ contentType, bytes }: EngineInput): Uint8Array {
  if (contentType !== 'application/json') return bytes
  try {
    const { document } = documentSchema.parse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)))
    return Buffer.from(document, 'base64')
  } catch (cause) {
    throw new RefusedDocument('BAD_INPUT', 'expected JSON of the form {"document": "<base64>"}', {
      cause: String(cause instanceof Error ? cause.name : cause),
    })
  }
}
