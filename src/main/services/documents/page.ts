import type { OcrPage } from '../../../shared/schema/service.ts'
import { RefusedDocument } from '../serve-engine.ts'

/** A page of a document, decoded or rendered when somebody wants it. */
export interface Page {
  readonly number: number
  /** Pages in the document. */
  readonly total: number
  /** Its text, where the document holds it beside the picture; boxes are those of the answer. */
  readonly layer?: OcrPage | undefined
  /** For recognition: grey pixels in a binary PGM. */
  grey(): Promise<GreyPage>
  /** For models that see: a JPEG in colour with at most so many pixels. */
  picture(mostPixels: number): Promise<Uint8Array>
}

export interface GreyPage {
  pgm: Uint8Array
  width: number
  height: number
  /** What a pixel of `pgm` measures in the units of the answer's boxes. */
  scale: number
}

export const pageLimits = {
  /** Pages a document may have. */
  pages: 200,
  /** Pixels a page may have: more than A3 at 600 dpi. */
  pixels: 100_000_000,
  /** Pixels recognition is given at most: A4 at 600 dpi. Larger pages are scaled down to it. */
  recognisedPixels: 36_000_000,
  /** Longest side in pixels; the recogniser's own bound is 32,767. */
  side: 30_000,
}

/** Binary PGM of 8 bits a pixel. */
export function pgmOf(pixels: Uint8Array, width: number, height: number): Uint8Array {
  return Buffer.concat([Buffer.from(`P5\n${width} ${height}\n255\n`), pixels])
}

/** The pixels of a page, without the head of the PGM. */
export function pixelsOf({ pgm, width, height }: GreyPage): { pixels: Uint8Array; width: number; height: number } {
  return { pixels: pgm.subarray(pgm.byteLength - width * height), width, height }
}

export function refuseTooMany(total: number): void {
  if (total <= pageLimits.pages) return
  throw new RefusedDocument('TOO_LARGE', `expected at most ${pageLimits.pages} pages, got ${total}`, { pages: total })
}
