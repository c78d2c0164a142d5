import type { OcrPage } from '../../shared/schema/service.ts'

/** Media type of hOCR, as its specification 1.2 has it. */
export const hocrType = 'text/vnd.hocr+html'

type Word = OcrPage['words'][number]

/** Pages as hOCR: words with their boxes and confidences, in the lines of the text. */
export function hocrOf(pages: readonly OcrPage[]): string {
  const body = pages.map((page, index) => pageOf(page, index + 1)).join('\n')
  return `<!DOCTYPE html>
<html>
<head>
<meta charset="utf-8">
<title></title>
<meta name="ocr-system" content="rma-donor">
<meta name="ocr-capabilities" content="ocr_page ocr_line ocrx_word">
</head>
<body>
${body}
</body>
</html>
`
}

function pageOf({ text, words }: OcrPage, number: number): string {
  const lines = linesOf(text, words).map((line, index) => {
    const spans = line.map((word, at) => wordOf(word, `word_${number}_${index + 1}_${at + 1}`)).join(' ')
    return `<span class="ocr_line" id="line_${number}_${index + 1}" title="${boxOf(line)}">${spans}</span>`
  })
  return `<div class="ocr_page" id="page_${number}" title="${boxOf(words)}; ppageno ${number - 1}">\n${lines.join('\n')}\n</div>`
}

/** The words by the lines of the text, which has them in the same order. */
function linesOf(text: string, words: readonly Word[]): Word[][] {
  const lines: Word[][] = []
  let next = 0
  for (const line of text.split('\n')) {
    const count = line.split(/\s+/).filter(word => word !== '').length
    if (count > 0) lines.push(words.slice(next, next + count))
    next += count
  }
  lines.push(words.slice(next))
  return lines.filter(line => line.length > 0)
}

function wordOf({ text, box, confidence }: Word, id: string): string {
  const title = `${boxOf([{ box }])}; x_wconf ${Math.round(confidence * 100)}`
  return `<span class="ocrx_word" id="${id}" title="${title}">${escaped(text)}</span>`
}

function boxOf(words: readonly Pick<Word, 'box'>[]): string {
  const edge = (choose: (a: number, b: number) => number, of: keyof Word['box']) =>
    Math.round(words.map(({ box }) => box[of]).reduce((found, value) => choose(found, value), words[0]?.box[of] ?? 0))
  return `bbox ${edge(Math.min, 'x0')} ${edge(Math.min, 'y0')} ${edge(Math.max, 'x1')} ${edge(Math.max, 'y1')}`
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
