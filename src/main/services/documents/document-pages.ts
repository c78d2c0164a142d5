import { RefusedDocument } from '../serve-engine.ts'
import { documentFormatOf } from './document-format.ts'
import { readImagePages } from './image-pages.ts'
import type { Page } from './page.ts'

/**
 * The pages of a document, one by one. Sizes are read from headers and judged before anything is decoded.
 *
 * @throws {@link RefusedDocument} UNSUPPORTED_TYPE, TOO_LARGE or BAD_INPUT
 */
export async function* readPages(bytes: Uint8Array): AsyncGenerator<Page, void, void> {
  const format = documentFormatOf(bytes)
  if (format === undefined) {
    throw new RefusedDocument(
      'UNSUPPORTED_TYPE',
      'expected a PDF, PNG, JPEG, TIFF or WebP document; the bytes are none of these',
    )
  }
  if (format === 'pdf') {
    const { readPdfPages } = await import('./pdf-pages.ts') // PDFium takes memory that images do not need.
    yield* readPdfPages(bytes)
  } else {
    yield* readImagePages(bytes, format)
  }
}
