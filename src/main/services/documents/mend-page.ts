/** Grey pixels of a page, row by row, 0 black to 255 white. */
export interface GreyPixels {
  pixels: Uint8Array
  width: number
  height: number
}

/** Side of the squares in which the paper's brightness is measured. */
const tile = 32
/** Share of a square's pixels that are darker than its paper is taken to be. */
const paperShare = 0.8
/** Paper that is nowhere darker than this needs no evening out. */
const brightPaper = 200
/** Darker than this it is no paper but a picture. */
const darkestPaper = 40

/** How bright the paper is in each square: columns, rows and values. */
interface Paper {
  columns: number
  rows: number
  levels: Float32Array
}

function paperOf({ pixels, width, height }: GreyPixels): Paper {
  const columns = Math.ceil(width / tile)
  const rows = Math.ceil(height / tile)
  const levels = new Float32Array(columns * rows)
  const counts = new Uint32Array(256)
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      counts.fill(0)
      const bottom = Math.min(height, (row + 1) * tile)
      const right = Math.min(width, (column + 1) * tile)
      let total = 0
      for (let y = row * tile; y < bottom; y++) {
        for (let at = y * width + column * tile; at < y * width + right; at++) {
          counts[pixels[at] ?? 0] = (counts[pixels[at] ?? 0] ?? 0) + 1
          total++
        }
      }
      let level = 0
      for (let below = counts[0] ?? 0; below < total * paperShare && level < 255; below += counts[++level] ?? 0);
      levels[row * columns + column] = level
    }
  }
  return { columns, rows, levels: widened(levels, columns, rows) }
}

/** The brightest of each square and its neighbours, then their mean: letters and lines that fill a square are not paper. */
function widened(levels: Float32Array, columns: number, rows: number): Float32Array {
  const brightest = around(levels, columns, rows, values => Math.max(...values))
  return around(brightest, columns, rows, values => values.reduce((sum, value) => sum + value, 0) / values.length)
}

function around(
  levels: Float32Array,
  columns: number,
  rows: number,
  combine: (values: number[]) => number,
): Float32Array {
  return levels.map((_, at) => {
    const row = Math.floor(at / columns)
    const column = at % columns
    const values: number[] = []
    for (let y = Math.max(0, row - 1); y <= Math.min(rows - 1, row + 1); y++)
      for (let x = Math.max(0, column - 1); x <= Math.min(columns - 1, column + 1); x++)
        values.push(levels[y * columns + x] ?? 0)
    return combine(values)
  })
}

/**
 * The page as on evenly lit white paper, in place of shadows and yellowed paper: each pixel is divided by the brightness of
 * the paper around it. Undefined where the paper is bright all over.
 */
export function evenedOut(page: GreyPixels): Uint8Array | undefined {
  const { pixels, width, height } = page
  const { columns, rows, levels } = paperOf(page)
  const sorted = levels.toSorted()
  if ((sorted[Math.floor(sorted.length * 0.02)] ?? 255) >= brightPaper) return undefined
  const out = new Uint8Array(pixels.length)
  for (let y = 0; y < height; y++) {
    const v = Math.min(rows - 1, Math.max(0, y / tile - 0.5))
    const top = Math.floor(v)
    const down = v - top
    const first = top * columns
    const second = Math.min(rows - 1, top + 1) * columns
    for (let x = 0; x < width; x++) {
      const u = Math.min(columns - 1, Math.max(0, x / tile - 0.5))
      const left = Math.floor(u)
      const across = u - left
      const next = Math.min(columns - 1, left + 1)
      const above = (levels[first + left] ?? 0) * (1 - across) + (levels[first + next] ?? 0) * across
      const below = (levels[second + left] ?? 0) * (1 - across) + (levels[second + next] ?? 0) * across
      const paper = Math.max(darkestPaper, above * (1 - down) + below * down)
      out[y * width + x] = Math.min(255, ((pixels[y * width + x] ?? 0) * 255) / paper)
    }
  }
  return out
}

/** Rows of pixels that are looked at to judge a page: each fourth. */
const looked = 4

/**
 * How much a page's pixels differ from their neighbours for no reason: `grain` is the standard deviation of the noise
 * (J. Immerkær, Fast noise variance estimation, 1996; its median, which edges of letters do not move), `specks` the share
 * of pixels that stand alone.
 */
export function noiseOf({ pixels, width, height }: GreyPixels): { grain: number; specks: number } {
  const counts = new Uint32Array(4_096)
  let total = 0
  let alone = 0
  const at = (index: number) => pixels[index] ?? 0
  for (let y = 1; y < height - 1; y += looked) {
    for (let x = 1; x < width - 1; x++) {
      const middle = y * width + x
      const up = middle - width
      const down = middle + width
      const sides = at(up) + at(down) + at(middle - 1) + at(middle + 1)
      const corners = at(up - 1) + at(up + 1) + at(down - 1) + at(down + 1)
      const difference = Math.abs(corners - 2 * sides + 4 * at(middle))
      counts[Math.min(4_095, difference)] = (counts[Math.min(4_095, difference)] ?? 0) + 1
      total++
      const mean = (sides + corners) / 8
      const like = Math.abs(at(up) - at(down)) < 60 && Math.abs(at(middle - 1) - at(middle + 1)) < 60
      if (like && Math.abs(at(middle) - mean) > 100) alone++
    }
  }
  let middle = 0
  for (let below = counts[0] ?? 0; below < total / 2 && middle < 4_095; below += counts[++middle] ?? 0);
  return { grain: middle / 6 / 0.6745, specks: total === 0 ? 0 : alone / total }
}

/** Width to which a page is shrunk to measure how far it leans. */
const measuredWidth = 800
/** Degrees. */
const mostLean = 15
const coarse = 0.5
const fine = 0.1
/** Shrinking changes nothing at less than this. */
const leastLean = 0.3

/**
 * Degrees by which a page's lines lean, clockwise positive, from -15 to 15: the angle at which the ink, summed along it,
 * varies most from line to line. 0 where no angle stands out.
 */
export function leanOf(page: GreyPixels): number {
  const ink = inkOf(page)
  if (ink.xs.length < 50) return 0
  const best = (from: number, to: number, step: number) => {
    let most = Number.NEGATIVE_INFINITY
    let angle = 0
    for (let each = from; each <= to + 1e-9; each += step) {
      const value = sharpness(ink, each)
      if (value > most) [most, angle] = [value, each]
    }
    return { angle, most }
  }
  const rough = best(-mostLean, mostLean, coarse)
  const { angle, most } = best(rough.angle - coarse, rough.angle + coarse, fine)
  if (Math.abs(angle) < leastLean || Math.abs(angle) > mostLean) return 0
  return most > 1.1 * sharpness(ink, 0) ? angle : 0
}

/** Where the ink is: the dark pixels of the page shrunk to {@link measuredWidth}, which has so many columns and rows. */
interface Ink {
  xs: Uint16Array
  ys: Uint16Array
  columns: number
  rows: number
}

function inkOf({ pixels, width, height }: GreyPixels): Ink {
  const step = Math.max(1, Math.round(width / measuredWidth))
  const columns = Math.floor(width / step)
  const rows = Math.floor(height / step)
  const xs = new Uint16Array(columns * rows)
  const ys = new Uint16Array(columns * rows)
  let count = 0
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      let sum = 0
      for (let dy = 0; dy < step; dy++) {
        const from = (row * step + dy) * width + column * step
        for (let at = from; at < from + step; at++) sum += pixels[at] ?? 255
      }
      if (sum / (step * step) >= 140) continue
      xs[count] = column
      ys[count] = row
      count++
    }
  }
  return { xs: xs.subarray(0, count), ys: ys.subarray(0, count), columns, rows }
}

/** Sum of squares of the ink in each line of pixels that leans by `degrees`. */
function sharpness({ xs, ys, columns, rows }: Ink, degrees: number): number {
  const slope = Math.tan((degrees * Math.PI) / 180)
  // Lines that lean begin above the page, or end below it.
  const beyond = Math.ceil(columns * Math.abs(slope)) + 1
  const lines = new Uint32Array(rows + 2 * beyond)
  for (let at = 0; at < xs.length; at++) {
    const line = Math.round((ys[at] ?? 0) - (xs[at] ?? 0) * slope) + beyond
    lines[line] = (lines[line] ?? 0) + 1
  }
  return lines.reduce((sum, count) => sum + count * count, 0)
}

/** Darker than this a pixel is more black than white. */
const dark = 110
/** Print covers a quarter of a page at most; beyond this it is white on black. */
const mostDark = 0.6

/** Whether a page is light on dark. */
export function isDark({ pixels }: GreyPixels): boolean {
  let count = 0
  for (let at = 0; at < pixels.length; at += looked) if ((pixels[at] ?? 255) < dark) count++
  return count * looked > pixels.length * mostDark
}
