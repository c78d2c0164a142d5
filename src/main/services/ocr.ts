import { z } from 'zod'
import { RmaError } from '../../shared/errors.ts'
import { type OcrAnswer, type OcrPage, ocrPageSchema } from '../../shared/schema/service.ts'
import { MiB, minute } from '../../shared/units.ts'
import type { LiveValue } from '../live-value.ts'
import type { ServiceAnswer } from '../service-request.ts'
import { checkedOutput } from './checked-output.ts'
import { documentFormatOf } from './documents/document-format.ts'
import type { EngineInput } from './engine-protocol.ts'
import type { EngineOutput } from './engine-session.ts'
import { hocrOf, hocrType } from './hocr.ts'
import { type Languages, languageFiles } from './languages.ts'
import { OcrWorkshop } from './ocr-workshop.ts'
import { acceptsExplicitly } from './request-body.ts'
import type { AnswerContext, ServiceDefinition } from './service-definition.ts'

const memoryMiB = 1_536
const stallMs = 5 * minute

const lines = 'application/x-ndjson'
const plainText = 'text/plain'

/** A page as the engine hands it over; `number` counts from 1. */
const partSchema = z.object({
  number: z.number().int().min(1),
  total: z.number().int().min(1),
  page: ocrPageSchema,
})
type Part = z.infer<typeof partSchema>

const resultSchema = z.object({ milliseconds: z.number().min(0) })

/** What is read; `octet-stream` for those who do not know. */
export const documentTypes = [
  'application/pdf',
  'image/png',
  'image/jpeg',
  'image/tiff',
  'image/webp',
  'application/octet-stream',
  'application/json',
]

/**
 * Reads the text of documents. The body is a PDF, PNG, JPEG, TIFF or WebP, of which PDFs and TIFFs have up to 200 pages, or
 * JSON `{"document": "<base64 of one>"}`. A PDF's page that holds its text beside the picture is not recognised but copied.
 * The answer is JSON, {@link OcrAnswer}; the text of several pages is divided by form feeds. Boxes are in pixels of the
 * page as any viewer shows it, for PDFs in points.
 *
 * With `Accept: application/x-ndjson` each page comes as a line of JSON as soon as it is read,
 * `{"page": 1, "pages": 3, "text": …, "words": […]}`, and a last line without `page` sums up:
 * `{"pages": 3, "confidence": 0.95, "milliseconds": 2150}`. A stream that ends without it is incomplete. With
 * `Accept: text/plain` the answer is the text alone, with `text/vnd.hocr+html` hOCR.
 *
 * It is read in the languages that the request names, or in those the donor has chosen.
 */
export function ocrIn(languages: LiveValue<Languages>): ServiceDefinition {
  return {
    type: 'ocr',
    accepts: documentTypes,
    maxBytes: 25 * MiB,
    maxHeldBytes: 256 * MiB,
    idempotent: true,
    engine: (components, init) =>
      new OcrWorkshop(components, { ...init, languages, pool: { entry: 'ocr-engine', memoryMiB, stallMs } }),
    memoryMiB,
    stallMs,
    slots: machine => Math.max(1, Math.min(Math.floor(machine.cpuThreads / 2), Math.floor(machine.memoryMiB / 4_096))),
    bound: slots => 4 + 4 * slots,
    inspect(input) {
      inspectDocument(input)
      languageFiles(languages.get(), input.particulars?.languages)
    },
    answer: answerPages,
  }
}

/** @throws RmaError UNSUPPORTED_TYPE for bytes that are no document */
export function inspectDocument({ contentType, bytes }: EngineInput): void {
  if (contentType === 'application/json' || documentFormatOf(bytes)) return
  throw new RmaError(
    'UNSUPPORTED_TYPE',
    `expected a PDF, PNG, JPEG, TIFF or WebP document, got ${contentType} whose bytes are none of these`,
    { contentType },
  )
}

/** Pages as the requester wants them: in lines as they come, else at once as JSON, plain text or hOCR. */
export function answerPages(output: ReadableStream<EngineOutput>, context: AnswerContext): Promise<ServiceAnswer> {
  return acceptsExplicitly(context.accept, lines) ? answerInLines(output, context) : answerAtOnce(output, context)
}

/** Pages, then the milliseconds they took, checked. */
async function* pagesOf(
  output: ReadableStream<EngineOutput>,
  { onPage }: AnswerContext,
): AsyncGenerator<Part, number, void> {
  for await (const { kind, value } of output) {
    if (kind === 'result') return checkedOutput(resultSchema, value).milliseconds
    const part = checkedOutput(partSchema, value)
    yield part
    onPage(part.number, part.total)
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
      if (acceptsExplicitly(context.accept, hocrType))
        return { contentType: hocrType, body: Buffer.from(hocrOf(pages)) }
      if (acceptsExplicitly(context.accept, plainText)) {
        return { contentType: `${plainText}; charset=utf-8`, body: Buffer.from(text) }
      }
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
