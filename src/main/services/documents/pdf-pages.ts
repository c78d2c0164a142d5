import { readFile } from 'node:fs/promises'
import { init, type WrappedPdfiumModule } from '@embedpdf/pdfium'
import sharp from 'sharp'
import type { OcrPage } from '../../../shared/schema/service.ts'
import { RefusedDocument } from '../serve-engine.ts'
import { type GreyPage, type Page, pageLimits, pgmOf, refuseTooMany } from './page.ts'
import { type Character, isPagesOwn, pageOfCharacters } from './text-layer.ts'

/** Points, 1/72 inch, in which PDFs measure and boxes are given. */
const pointsAnInch = 72
/** Fine enough for print of 8 points: finer rendering costs time and reads no better. */
const dotsAnInch = 200
const mostCharacters = 200_000
const mostObjects = 10_000

/** From fpdfview.h: formats of bitmaps, and what is drawn. */
const bitmapGrey = 1
const bitmapBgrx = 3
const drawAnnotations = 0x01
const drawGrey = 0x08
const objectImage = 3
const errorPassword = 4

let loading: Promise<WrappedPdfiumModule> | undefined

/** PDFium in WebAssembly, loaded once a process, from installed files. */
function loadPdfium(): Promise<WrappedPdfiumModule> {
  loading ??= (async () => {
    const file = await readFile(new URL('pdfium.wasm', import.meta.resolve('@embedpdf/pdfium')))
    const module = await init({ wasmBinary: new Uint8Array(file).buffer })
    module.PDFiumExt_Init()
    return module
  })()
  return loading
}

/** Pages of a PDF. Boxes are in points from the upper left corner of the page as any viewer shows it. */
export async function* readPdfPages(bytes: Uint8Array): AsyncGenerator<Page, void, void> {
  const pdfium = await loadPdfium()
  const { malloc, free } = pdfium.pdfium.wasmExports
  const at = malloc(bytes.byteLength)
  heapOf(pdfium).set(bytes, at)
  const document = pdfium.FPDF_LoadMemDocument(at, bytes.byteLength, '')
  try {
    if (document === 0) throw refusalOf(pdfium.FPDF_GetLastError())
    const total = pdfium.FPDF_GetPageCount(document)
    refuseTooMany(total)
    if (total < 1) throw new RefusedDocument('BAD_INPUT', 'the PDF has no pages')
    for (let number = 1; number <= total; number++) {
      const page = pdfium.FPDF_LoadPage(document, number - 1)
      if (page === 0) throw new RefusedDocument('BAD_INPUT', `page ${number} of the PDF is damaged`, { page: number })
      try {
        yield new PdfPage(pdfium, page, number, total)
      } finally {
        pdfium.FPDF_ClosePage(page)
      }
    }
  } finally {
    if (document !== 0) pdfium.FPDF_CloseDocument(document)
    free(at)
  }
}

function refusalOf(error: number): RefusedDocument {
  return error === errorPassword
    ? new RefusedDocument('BAD_INPUT', 'the PDF is locked with a password')
    : new RefusedDocument('BAD_INPUT', 'the PDF is damaged or incomplete')
}

/** A page while it is open. */
class PdfPage implements Page {
  readonly number: number
  readonly total: number
  readonly #pdfium: WrappedPdfiumModule
  readonly #page: number
  /** Points. */
  readonly #width: number
  readonly #height: number

  constructor(pdfium: WrappedPdfiumModule, page: number, number: number, total: number) {
    this.#pdfium = pdfium
    this.#page = page
    this.number = number
    this.total = total
    this.#width = Math.max(1, pdfium.FPDF_GetPageWidthF(page))
    this.#height = Math.max(1, pdfium.FPDF_GetPageHeightF(page))
  }

  /** Missing where there is too little text to be the page's, as on a scan with a stamp. */
  get layer(): OcrPage | undefined {
    const text = this.#pdfium.FPDFText_LoadPage(this.#page)
    if (text === 0) return undefined
    try {
      const layer = pageOfCharacters(this.#characters(text))
      return isPagesOwn(layer, this.#pictureShare()) ? layer : undefined
    } finally {
      this.#pdfium.FPDFText_ClosePage(text)
    }
  }

  async grey(): Promise<GreyPage> {
    const scale = this.#scaleFor(pageLimits.recognisedPixels)
    const { pixels, width, height } = this.#render(scale, bitmapGrey)
    return { pgm: pgmOf(pixels, width, height), width, height, scale: 1 / scale }
  }

  async picture(mostPixels: number): Promise<Uint8Array> {
    const { pixels, width, height } = this.#render(this.#scaleFor(mostPixels), bitmapBgrx)
    swapRedAndBlue(pixels)
    return await sharp(pixels, { raw: { width, height, channels: 4 } })
      .removeAlpha()
      .jpeg({ quality: 85 })
      .toBuffer()
  }

  /** Pixels for each point. */
  #scaleFor(mostPixels: number): number {
    const finest = Math.sqrt(mostPixels / (this.#width * this.#height))
    return Math.min(dotsAnInch / pointsAnInch, finest, pageLimits.side / Math.max(this.#width, this.#height))
  }

  #render(scale: number, format: number): { pixels: Uint8Array; width: number; height: number } {
    const pdfium = this.#pdfium
    const width = Math.max(1, Math.floor(this.#width * scale))
    const height = Math.max(1, Math.floor(this.#height * scale))
    const bitmap = pdfium.FPDFBitmap_CreateEx(width, height, format, 0, 0)
    if (bitmap === 0)
      throw new RefusedDocument('TOO_LARGE', `page ${this.number} takes too much memory`, { page: this.number })
    try {
      pdfium.FPDFBitmap_FillRect(bitmap, 0, 0, width, height, 0xffffffff)
      const flags = drawAnnotations | (format === bitmapGrey ? drawGrey : 0)
      pdfium.FPDF_RenderPageBitmap(bitmap, this.#page, 0, 0, width, height, 0, flags)
      const start = pdfium.FPDFBitmap_GetBuffer(bitmap)
      const stride = pdfium.FPDFBitmap_GetStride(bitmap)
      const row = width * (format === bitmapGrey ? 1 : 4)
      return {
        pixels: withoutPadding(heapOf(pdfium).subarray(start, start + stride * height), row, stride),
        width,
        height,
      }
    } finally {
      pdfium.FPDFBitmap_Destroy(bitmap)
    }
  }

  #characters(text: number): Character[] {
    const pdfium = this.#pdfium
    const count = Math.min(mostCharacters, pdfium.FPDFText_CountChars(text))
    return this.#withDoubles(4, at => {
      const characters: Character[] = []
      for (let index = 0; index < count; index++) {
        const code = pdfium.FPDFText_GetUnicode(text, index)
        const boxed = pdfium.FPDFText_GetCharBox(text, index, at(0), at(1), at(2), at(3))
        const [left = 0, right = 0, bottom = 0, top = 0] = [0, 1, 2, 3].map(each =>
          pdfium.pdfium.getValue(at(each), 'double'),
        )
        characters.push({ code, ...(boxed ? { box: this.#boxOf({ left, right, bottom, top }) } : {}) })
      }
      return characters
    })
  }

  /** From the page's own coordinates to those of the page as it is shown. */
  #boxOf({ left, right, bottom, top }: { left: number; right: number; bottom: number; top: number }): Character['box'] {
    const [ax, ay] = this.#shown(left, top)
    const [bx, by] = this.#shown(right, bottom)
    return { x0: Math.min(ax, bx), y0: Math.min(ay, by), x1: Math.max(ax, bx), y1: Math.max(ay, by) }
  }

  #shown(x: number, y: number): [number, number] {
    return this.#withDoubles(2, at => {
      const { pdfium } = this.#pdfium
      // The result is in whole pixels: a hundred to the point are fine enough.
      const [width, height] = [this.#width * 100, this.#height * 100].map(Math.round) as [number, number]
      this.#pdfium.FPDF_PageToDevice(this.#page, 0, 0, width, height, 0, x, y, at(0), at(1))
      return [pdfium.getValue(at(0), 'i32') / 100, pdfium.getValue(at(1), 'i32') / 100]
    })
  }

  /** How much of the page its largest picture covers, 0 to 1. */
  #pictureShare(): number {
    const pdfium = this.#pdfium
    const count = Math.min(mostObjects, pdfium.FPDFPage_CountObjects(this.#page))
    return this.#withDoubles(4, at => {
      let share = 0
      for (let index = 0; index < count; index++) {
        const object = pdfium.FPDFPage_GetObject(this.#page, index)
        if (pdfium.FPDFPageObj_GetType(object) !== objectImage) continue
        if (!pdfium.FPDFPageObj_GetBounds(object, at(0), at(1), at(2), at(3))) continue
        const [left = 0, bottom = 0, right = 0, top = 0] = [0, 1, 2, 3].map(each =>
          pdfium.pdfium.getValue(at(each), 'float'),
        )
        share = Math.max(share, Math.abs((right - left) * (top - bottom)) / (this.#width * this.#height))
      }
      return share
    })
  }

  /** Lends memory for so many numbers that PDFium writes. */
  #withDoubles<T>(count: number, use: (at: (index: number) => number) => T): T {
    const { malloc, free } = this.#pdfium.pdfium.wasmExports
    const start = malloc(count * 8)
    try {
      return use(index => start + index * 8)
    } finally {
      free(start)
    }
  }
}

function heapOf(pdfium: WrappedPdfiumModule): Uint8Array {
  // Emscripten's own types, which would tell, are not installed.
  return (pdfium.pdfium as unknown as { HEAPU8: Uint8Array }).HEAPU8
}

/** A copy, without what fills rows up. */
function withoutPadding(pixels: Uint8Array, row: number, stride: number): Uint8Array {
  if (row === stride) return pixels.slice()
  const packed = new Uint8Array((pixels.length / stride) * row)
  for (let line = 0; line * stride < pixels.length; line++) {
    packed.set(pixels.subarray(line * stride, line * stride + row), line * row)
  }
  return packed
}

function swapRedAndBlue(pixels: Uint8Array): void {
  for (let at = 0; at + 2 < pixels.length; at += 4) {
    const blue = pixels[at] ?? 0
    pixels[at] = pixels[at + 2] ?? 0
    pixels[at + 2] = blue
  }
}
