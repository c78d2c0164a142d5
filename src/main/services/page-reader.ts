import sharp, { type Metadata, type Sharp } from 'sharp'
import { imageFormatOf } from './image-format.ts'
import { RefusedDocument } from './serve-engine.ts'

/** A page ready for recognition: binary PGM, 8 bits of grey a pixel. */
export interface Page {
  number: number
  /** Pages in the document. */
  total: number
  pgm: Uint8Array
  /** Pixels of the page as sent for each pixel of `pgm`: above 1 where the page was larger than recognition needs. */
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

// libvips moves images beyond this to temporary files; documents stay in memory, which the watch bounds.
process.env.VIPS_DISC_THRESHOLD = '1t'

// Only the decoders that are needed, on bytes in memory, one thread, nothing remembered from earlier documents.
sharp.cache(false)
sharp.concurrency(1)
sharp.block({ operation: ['VipsForeignLoad'] })
sharp.unblock({
  operation: [
    'VipsForeignLoadPngBuffer',
    'VipsForeignLoadJpegBuffer',
    'VipsForeignLoadTiffBuffer',
    'VipsForeignLoadWebpBuffer',
  ],
})

/**
 * Decodes a document page by page. Sizes are read from the headers and judged before anything is decoded.
 *
 * @throws {@link RefusedDocument} UNSUPPORTED_TYPE, TOO_LARGE or BAD_INPUT
 */
export async function* readPages(bytes: Uint8Array): AsyncGenerator<Page, void, void> {
  const format = imageFormatOf(bytes)
  if (format === undefined) {
    throw new RefusedDocument(
      'UNSUPPORTED_TYPE',
      'expected a PNG, JPEG, TIFF or WebP image; the bytes are none of these',
    )
  }
  const total = format === 'tiff' ? ((await metadataOf(bytes, 0)).pages ?? 1) : 1
  if (total > pageLimits.pages) {
    throw new RefusedDocument('TOO_LARGE', `expected at most ${pageLimits.pages} pages, got ${total}`, { pages: total })
  }
  for (let number = 1; number <= total; number++) {
    const index = number - 1
    const scale = scaleFor(await metadataOf(bytes, index), number)
    yield { number, total, pgm: await decode(bytes, index, scale), scale }
  }
}

/** How many pixels of the page go into one of those recognised. */
function scaleFor({ width, height }: Metadata, page: number): number {
  const pixels = width * height
  if (pixels > pageLimits.pixels || Math.max(width, height) > pageLimits.side) {
    throw new RefusedDocument(
      'TOO_LARGE',
      `expected pages of at most ${pageLimits.pixels} pixels and ${pageLimits.side} a side, got ${width} × ${height}`,
      { page, width, height },
    )
  }
  return Math.max(1, Math.sqrt(pixels / pageLimits.recognisedPixels))
}

async function metadataOf(bytes: Uint8Array, page: number): Promise<Metadata> {
  return await readingPage(page, () => open(bytes, page).metadata())
}

async function decode(bytes: Uint8Array, page: number, scale: number): Promise<Uint8Array> {
  const { data, info } = await readingPage(page, async () => {
    const upright = open(bytes, page).autoOrient().flatten({ background: 'white' }).toColourspace('b-w')
    const { autoOrient } = scale > 1 ? await open(bytes, page).metadata() : { autoOrient: undefined }
    const sized = autoOrient ? upright.resize({ width: Math.floor(autoOrient.width / scale) }) : upright
    return await sized.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true })
  })
  if (info.channels !== 1) throw new RefusedDocument('BAD_INPUT', `page ${page + 1} has no grey rendering`)
  return Buffer.concat([Buffer.from(`P5\n${info.width} ${info.height}\n255\n`), data])
}

function open(bytes: Uint8Array, page: number): Sharp {
  return sharp(bytes, {
    page,
    pages: 1,
    failOn: 'truncated',
    limitInputPixels: pageLimits.pixels,
    sequentialRead: true,
  })
}

/** Decoders say in many words what is wrong with the bytes; to whoever sent them it is always a damaged page. */
async function readingPage<T>(page: number, read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (error) {
    if (error instanceof Error && error.message.includes('exceeds pixel limit')) {
      throw new RefusedDocument('TOO_LARGE', `expected pages of at most ${pageLimits.pixels} pixels`, {
        page: page + 1,
      })
    }
    throw new RefusedDocument('BAD_INPUT', `page ${page + 1} is damaged or incomplete and cannot be decoded`, {
      page: page + 1,
    })
  }
}
