import sharp, { type Metadata, type Sharp } from 'sharp'
import { RefusedDocument } from '../serve-engine.ts'
import type { ImageFormat } from './document-format.ts'
import { type GreyPage, type Page, pageLimits, pgmOf, refuseTooMany } from './page.ts'

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
 * Pages of an image, of which only TIFFs have several. Boxes are in pixels of the page as any viewer shows it, that is
 * with its EXIF orientation applied.
 */
export async function* readImagePages(bytes: Uint8Array, format: ImageFormat): AsyncGenerator<Page, void, void> {
  const total = format === 'tiff' ? ((await metadataOf(bytes, 0)).pages ?? 1) : 1
  refuseTooMany(total)
  for (let number = 1; number <= total; number++) {
    const index = number - 1
    const scale = scaleFor(await metadataOf(bytes, index), number)
    yield {
      number,
      total,
      grey: () => decode(bytes, index, scale),
      picture: mostPixels => pictureOf(bytes, index, mostPixels),
    }
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

async function decode(bytes: Uint8Array, page: number, scale: number): Promise<GreyPage> {
  const { data, info } = await readingPage(page, async () => {
    const upright = open(bytes, page).autoOrient().flatten({ background: 'white' }).toColourspace('b-w')
    const { autoOrient } = scale > 1 ? await open(bytes, page).metadata() : { autoOrient: undefined }
    const sized = autoOrient ? upright.resize({ width: Math.floor(autoOrient.width / scale) }) : upright
    return await sized.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true })
  })
  if (info.channels !== 1) throw new RefusedDocument('BAD_INPUT', `page ${page + 1} has no grey rendering`)
  return { pgm: pgmOf(data, info.width, info.height), width: info.width, height: info.height, scale }
}

async function pictureOf(bytes: Uint8Array, page: number, mostPixels: number): Promise<Uint8Array> {
  return await readingPage(page, async () => {
    const { width, height } = await open(bytes, page).metadata()
    const shrink = Math.min(1, Math.sqrt(mostPixels / (width * height)))
    return await open(bytes, page)
      .autoOrient()
      .flatten({ background: 'white' })
      .resize({ width: Math.ceil(width * shrink), height: Math.ceil(height * shrink), fit: 'inside' })
      .jpeg({ quality: 85 })
      .toBuffer()
  })
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
