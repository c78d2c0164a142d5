import type { OcrPage } from '../../shared/schema/service.ts'

type Word = OcrPage['words'][number]

/** A line as the recogniser found it, in one of its blocks. */
export interface Line {
  block: number
  words: Word[]
}

/** Level of a word in Tesseract's table: 1 page, 2 block, 3 paragraph, 4 line, 5 word. */
const wordLevel = 5

/**
 * Reads the words out of Tesseract's tab-separated table, whose columns are level, page, block, paragraph, line, word,
 * left, top, width, height, confidence (0 to 100) and text, by their lines. Boxes are in pixels of what Tesseract saw.
 */
export function linesOf(table: string): Line[] {
  const lines: Line[] = []
  let before = ''
  for (const row of table.split('\n')) {
    const columns = row.split('\t')
    const text = columns[11]?.trim()
    if (Number(columns[0]) !== wordLevel || !text) continue
    const place = columns.slice(1, 5).join(' ')
    if (place !== before) lines.push({ block: Number(columns[2]), words: [] })
    before = place
    const [left = 0, top = 0, width = 0, height = 0, confidence = 0] = columns.slice(6, 11).map(Number)
    const box = { x0: left, y0: top, x1: left + width, y1: top + height }
    lines.at(-1)?.words.push({ text, box, confidence: shareOf(confidence) })
  }
  return lines
}

/** A share from 0 to 1 to four digits, of a percentage or of Tesseract's -1 for none. */
function shareOf(percent: number): number {
  return Math.min(1, Math.max(0, Math.round(percent * 100) / 10_000))
}

/** @param scale pixels of the page as sent for each pixel of the box */
export function scaledBox(box: Word['box'], scale: number): Word['box'] {
  const to = (pixels: number) => Math.round(pixels * scale)
  return { x0: to(box.x0), y0: to(box.y0), x1: to(box.x1), y1: to(box.y1) }
}
