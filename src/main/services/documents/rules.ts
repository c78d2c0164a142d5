import type { GreyPixels } from './mend-page.ts'

/** A pixel darker than this belongs to a line. */
const ink = 170
const edge = 2
/** Shares of the page's width: letters have no stroke so long, and no line of a form is so thick. */
const leastLength = 1 / 14
const mostThickness = 1 / 130
/** Pixels: in a small picture, letters may be that large a share of it. */
const shortest = 80
/** A line is so many times as long as it is thick at least; the strokes of letters, however large, are not. */
const leastSlenderness = 15

/** One direction in which lines are looked for: pixels along them and across them. */
interface Direction {
  lines: number
  length: number
  /** From a pixel to the next along the line, and to the one beside it across. */
  along: number
  across: number
}

/**
 * The page without the lines of its tables and forms, which the recogniser takes for pictures, with all that is inside;
 * undefined where it has none. Lines must be level.
 */
export function withoutRules({ pixels, width, height }: GreyPixels): Uint8Array | undefined {
  const least = Math.max(shortest, Math.round(width * leastLength))
  const thickest = Math.max(3, Math.round(width * mostThickness))
  const out = Uint8Array.from(pixels)
  const level: Direction = { lines: height, length: width, along: 1, across: width }
  const upright: Direction = { lines: width, length: height, along: width, across: 1 }
  const found = [level, upright].map(direction => wipe(pixels, out, { ...direction, least, thickest }))
  return found.some(Boolean) ? out : undefined
}

/** Whitens, in `out`, the long thin runs of ink in one direction; whether there were any. */
function wipe(
  pixels: Uint8Array,
  out: Uint8Array,
  { lines, length, along, across, least, thickest }: Direction & { least: number; thickest: number },
): boolean {
  let found = false
  const isInk = (line: number, at: number) =>
    line >= 0 && line < lines && (pixels[line * across + at * along] ?? 255) < ink
  const wipeAt = (line: number, at: number, runLength: number) => {
    let [from, to] = [line, line]
    while (line - from <= thickest && isInk(from - 1, at)) from--
    while (to - line <= thickest && isInk(to + 1, at)) to++
    if (to - from >= thickest || (to - from + 1) * leastSlenderness > runLength) return
    found = true
    // The grey edge of a line goes with it.
    for (let each = Math.max(0, from - edge); each <= Math.min(lines - 1, to + edge); each++)
      out[each * across + at * along] = 255
  }
  for (let line = 0; line < lines; line++) {
    // A run that is long enough covers one of the places that lie so far apart: the rest need no look.
    for (let probe = least - 1; probe < length; probe += least) {
      if (!isInk(line, probe)) continue
      let [start, end] = [probe, probe + 1]
      while (start > 0 && isInk(line, start - 1)) start--
      while (end < length && isInk(line, end)) end++
      if (end - start >= least) for (let at = start; at < end; at++) wipeAt(line, at, end - start)
      while (probe + least < end) probe += least
    }
  }
  return found
}
