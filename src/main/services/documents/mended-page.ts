import sharp, { type Sharp } from 'sharp'
import type { OcrPage } from '../../../shared/schema/service.ts'
import { evenedOut, type GreyPixels, isDark, leanOf, noiseOf } from './mend-page.ts'
import { type GreyPage, pgmOf, pixelsOf } from './page.ts'

type Box = OcrPage['words'][number]['box']

/** Noise that print on paper does not have, and noise in which letters drown unless neighbours are averaged. */
const grainy = 12
const veryGrainy = 20
const speckled = 0.01
const blurPixels = 1.1

/** The page dark on light, evenly lit, without grain and specks; the same page where nothing is the matter with it. */
export async function cleared(page: GreyPage): Promise<GreyPage> {
  const from = pixelsOf(page)
  let pixels = isDark(from) ? from.pixels.map(value => 255 - value) : from.pixels
  const { grain, specks } = noiseOf(from)
  if (grain > grainy || specks > speckled) {
    const calmer = imageOf({ ...from, pixels }).median(3)
    pixels = (await greyOf(grain > veryGrainy ? calmer.blur(blurPixels) : calmer)).pixels
  }
  pixels = evenedOut({ ...from, pixels }) ?? pixels
  return pixels === from.pixels ? page : { ...page, pgm: pgmOf(pixels, page.width, page.height) }
}

/** The page with level lines, and how a box on it becomes one on the page as it was, in pixels of both. */
export async function levelled(page: GreyPage): Promise<{ page: GreyPage; back: (box: Box) => Box }> {
  const from = pixelsOf(page)
  const lean = leanOf(from)
  if (lean === 0) return { page, back: box => box }
  const { pixels, width, height } = await greyOf(imageOf(from).rotate(-lean, { background: 'white' }))
  return {
    page: { ...page, pgm: pgmOf(pixels, width, height), width, height },
    back: box => turnedBox(box, lean, { width, height }, page),
  }
}

/** The box around one that is turned by some degrees about the middle of its page, on a page of another size. */
function turnedBox({ x0, y0, x1, y1 }: Box, degrees: number, from: Size, to: Size): Box {
  const angle = (degrees * Math.PI) / 180
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)]
  const middle = { x: (x0 + x1) / 2 - from.width / 2, y: (y0 + y1) / 2 - from.height / 2 }
  const x = middle.x * cos - middle.y * sin + to.width / 2
  const y = middle.x * sin + middle.y * cos + to.height / 2
  const halfWidth = ((x1 - x0) * cos + (y1 - y0) * Math.abs(sin)) / 2
  const halfHeight = ((x1 - x0) * Math.abs(sin) + (y1 - y0) * cos) / 2
  return {
    x0: Math.max(0, x - halfWidth),
    y0: Math.max(0, y - halfHeight),
    x1: Math.min(to.width, x + halfWidth),
    y1: Math.min(to.height, y + halfHeight),
  }
}

interface Size {
  width: number
  height: number
}

function imageOf({ pixels, width, height }: GreyPixels): Sharp {
  return sharp(pixels, { raw: { width, height, channels: 1 }, limitInputPixels: false })
}

async function greyOf(image: Sharp): Promise<GreyPixels> {
  const { data, info } = await image.toColourspace('b-w').raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true })
  return { pixels: data, width: info.width, height: info.height }
}
