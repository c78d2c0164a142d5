import { z } from 'zod'
import { RmaError } from '../../shared/errors.ts'
import { type OcrAnswer, type OcrPage, ocrPageSchema } from '../../shared/schema/service.ts'
import { MiB, minute } from '../../shared/units.ts'
import type { ServiceAnswer } from '../service-request.ts'
import { checkedOutput } from './checked-output.ts'
import type { EngineOutput } from './engine-session.ts'
import { imageFormatOf } from './image-format.ts'
import { acceptsExplicitly } from './request-body.ts'
import type { AnswerContext, ServiceDefinition } from './service-definition.ts'

const lines = 'application/x-ndjson'

/** A page as the engine hands it over; `number` counts from 1. */
const partSchema = z.object({
  number: z.number().int().min(1),
  total: z.number().int().min(1),
  page: ocrPageSchema,
})
type Part = z.infer<typeof partSchema>

const resultSchema = z.object({ milliseconds: z.number().min(0) })

/**
 * Reads the text of scanned documents. The body is a PNG, JPEG, TIFF (all its pages) or WebP image, or JSON
 * `{"document": "<base64 of one>"}`. The answer is JSON, {@link OcrAnswer}; the text of several pages is divided by form
 * feeds. Boxes are in pixels of the page as any viewer shows it, that is with its EXIF orientation applied.
 *
 * With `Accept: application/x-ndjson` each page comes as a line of JSON as soon as it is read,
 * `{"page": 1, "pages": 3, "text": …, "words": […]}`, and a last line without `page` sums up:
 * `{"pages": 3, "confidence": 0.95, "milliseconds": 2150}`. A stream that ends without it is incomplete.
 */
export const ocr: ServiceDefinition = {
  type: 'ocr',
  accepts: ['image/png', 'image/jpeg', 'image/tiff', 'image/webp', 'application/octet-stream', 'application/json'],
  maxBytes: 25 * MiB,
  maxHeldBytes: 256 * MiB,
  idempotent: true,
  engine: 'ocr-engine',
  memoryMiB: 1_536,
  stallMs: 5 * minute,
  slots: machine => Math.max(1, Math.min(Math.floor(machine.cpuThreads / 2), Math.floor(machine.memoryMiB / 4_096))),
  bound: slots => 4 + 4 * slots,
  inspect({ contentType, bytes }) {
    if (contentType === 'application/json' || imageFormatOf(bytes)) return
    throw new RmaError(
      'UNSUPPORTED_TYPE',
      `expected a PNG, JPEG, TIFF or WebP image, got ${contentType} whose bytes are none of these`,
      { contentType },
    )
  },
  answer: (output, context) =>
    acceptsExplicitly(context.accept, lines) ? answerInLines(output, context) : answerAtOnce(output, context),
}

/** Pages, then the milliseconds they took, checked. */
async function* pagesOf(
  output: ReadableStream<EngineOutput>,
  { countPages }: AnswerContext,
): AsyncGenerator<Part, number, void> {
  for await (const { kind, value } of output) {
    if (kind === 'result') return checkedOutput(resultSchema, value).milliseconds
    yield checkedOutput(partSchema, value)
    countPages(1)
  }
  throw new RmaError('ENGINE_FAILED', 'expected a result from the engine, got none', { reason: 'protocol' })
}

async function answerAtOnce(output: ReadableStream<EngineOutput>, context: AnswerContext): Promise<ServiceAnswer> {
  const pages: OcrPage[] = []
  const parts = pagesOf(output, context)
  for (;;) {
    const { done, value } = await parts.next()
    if (done) {
      const text = pages.map(page => page.text).join('\f')
      const answer: OcrAnswer = { text, confidence: confidenceOf(pages), pages, milliseconds: value }
      return { contentType: 'application/json', body: Buffer.from(JSON.stringify(answer)) }
    }
    pages.push(value.page)
  }
}

/** Waits for the first page, so that a document which cannot be read still gets its status. */
async function answerInLines(output: ReadableStream<EngineOutput>, context: AnswerContext): Promise<ServiceAnswer> {
  const parts = pagesOf(output, context)
  const first = await parts.next()
  return { contentType: lines, body: linesOf(first, parts) }
}

async function* linesOf(
  first: IteratorResult<Part, number>,
  parts: AsyncGenerator<Part, number, void>,
): AsyncGenerator<Uint8Array, void, void> {
  const confidence = new Mean()
  let pages = 0
  try {
    for (let next = first; ; next = await parts.next()) {
      if (next.done) {
        yield line({ pages, confidence: confidence.value, milliseconds: next.value })
        return
      }
      const { number, total, page } = next.value
      pages = number
      confidence.add(page)
      yield line({ page: number, pages: total, ...page })
    }
  } finally {
    await parts.return(0) // Cancels the engine when the reader has left.
  }
}

function line(value: unknown): Uint8Array {
  return Buffer.from(`${JSON.stringify(value)}\n`)
}

function confidenceOf(pages: OcrPage[]): number {
  const mean = new Mean()
  for (const page of pages) mean.add(page)
  return mean.value
}

/** Mean confidence of the words of several pages, 0 where there are none. */
class Mean {
  #sum = 0
  #count = 0

  add({ words }: OcrPage): void {
    for (const { confidence } of words) this.#sum += confidence
    this.#count += words.length
  }

  get value(): number {
    return this.#count === 0 ? 0 : this.#sum / this.#count
  }
}
