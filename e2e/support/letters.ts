import sharp, { type Sharp } from 'sharp'

/** An invented letter, as the tests know it. */
export const letter = [
  'Northgate Community Support',
  '12 Orchard Lane',
  'Leeds LS1 4AP',
  '',
  '14 March 2026',
  '',
  'Dear Ms Whitfield,',
  '',
  'Thank you for your application for council tax support.',
  'We have received your documents and will reply within',
  'ten working days. Your reference number is 48213.',
  '',
  'If your circumstances change, please call us before',
  'the end of the month so that we can help you sooner.',
  '',
  'Yours sincerely,',
  'Margaret Holloway',
] as const

/** A second page for documents of several. */
export const enclosure = [
  'Enclosure',
  '',
  'Please bring the following papers to your appointment:',
  'a bank statement of the last three months,',
  'your tenancy agreement and proof of identity.',
] as const

export interface PageInit {
  /** Pixels; the defaults are A4 at 150 dpi. */
  width?: number
  height?: number
  fontSize?: number
}

/**
 * Draws lines of text, black on white, in whatever serif font the machine has; any with the Latin letters does.
 *
 * @returns a pipeline to be ended with the format that is wanted, such as `.png().toBuffer()`
 */
export function drawPage(
  lines: readonly string[],
  { width = 1240, height = 1754, fontSize = 32 }: PageInit = {},
): Sharp {
  const margin = Math.round(width * 0.09)
  const rows = lines.map((line, index) => {
    const y = margin + Math.round((index + 1) * fontSize * 1.6)
    return `<text x="${margin}" y="${y}" font-size="${fontSize}" font-family="DejaVu Serif, serif">${escaped(line)}</text>`
  })
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${rows.join('')}</svg>`
  return sharp(Buffer.from(svg)).flatten({ background: 'white' })
}

/** A TIFF with one page for each of `pages`, of which there must be two or more. */
export async function drawDocument(pages: readonly (readonly string[])[], init: PageInit = {}): Promise<Buffer> {
  const drawn = await Promise.all(pages.map(lines => drawPage(lines, init).png().toBuffer()))
  return await sharp(drawn, { join: { animated: true } })
    .tiff({ compression: 'deflate' })
    .toBuffer()
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}

/** Share of `expected` that came out right, 0 to 1: one less the Levenshtein distance over its length. Spacing is ignored. */
export function characterAccuracy(expected: readonly string[] | string, got: string): number {
  const wanted = flat(typeof expected === 'string' ? expected : expected.join(' '))
  return Math.max(0, 1 - levenshtein(wanted, flat(got)) / wanted.length)
}

/** One space between words, whatever divided them. */
function flat(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim()
}

/** Fewest insertions, deletions and replacements of characters that turn `a` into `b`. */
export function levenshtein(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      row.push(Math.min(replaced, (previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1))
    }
    previous = row
  }
  return previous[b.length] ?? 0
}
