import type { OcrPage } from '../../../shared/schema/service.ts'

type Word = OcrPage['words'][number]
type Box = Word['box']

/** A character of a page's text layer; those that PDFium adds between words have no box. */
export interface Character {
  /** Unicode code point. */
  code: number
  box?: Box | undefined
}

/** A page that is a picture is taken for scanned unless its layer holds so many characters: a stamp holds fewer. */
const fewestOnPicture = 100
const largePicture = 0.4
/** Share of characters that must be known ones, for a layer to be readable. */
const readableShare = 0.9

/** Whether a text layer is the page's text, not a stamp on a scan or letters without meaning. */
export function isPagesOwn({ text }: OcrPage, pictureShare: number): boolean {
  const letters = [...text.replaceAll(/\s+/gu, '')]
  if (letters.length === 0) return false
  const unknown = letters.filter(letter => /[\p{Cc}\p{Co}\p{Cn}\ufffd]/u.test(letter)).length
  if (unknown > letters.length * (1 - readableShare)) return false
  return pictureShare < largePicture || letters.length >= fewestOnPicture
}

/** Text and words of a page from its characters in reading order; confidence is 1, for they are what was written. */
export function pageOfCharacters(characters: readonly Character[]): OcrPage {
  const words: Word[] = []
  let text = ''
  let word = ''
  let box: Box | undefined
  const end = () => {
    if (word !== '' && box !== undefined) words.push({ text: word, box: rounded(box), confidence: 1 })
    word = ''
    box = undefined
  }
  for (const { code, box: place } of characters) {
    const letter = letterOf(code)
    text += letter
    if (/\s/u.test(letter)) end()
    else {
      word += letter
      if (place) box = box === undefined ? place : around(box, place)
    }
  }
  end()
  return { text: text.trim() === '' ? '' : `${text.trimEnd()}\n`, words }
}

/** PDFium ends lines with both characters, and marks hyphens at the end of a line with one of its own. */
function letterOf(code: number): string {
  if (code === 0x0d || code === 0) return ''
  if (code === 0x02) return '-'
  return code <= 0x10ffff ? String.fromCodePoint(code) : '\ufffd'
}

function around(a: Box, b: Box): Box {
  return { x0: Math.min(a.x0, b.x0), y0: Math.min(a.y0, b.y0), x1: Math.max(a.x1, b.x1), y1: Math.max(a.y1, b.y1) }
}

function rounded({ x0, y0, x1, y1 }: Box): Box {
  const [left = 0, top = 0, right = 0, bottom = 0] = [x0, y0, x1, y1].map(value => Math.round(value * 10) / 10)
  return { x0: left, y0: top, x1: right, y1: bottom }
}
