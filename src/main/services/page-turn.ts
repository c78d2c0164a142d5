import type { OcrPage } from '../../shared/schema/service.ts'

type Word = OcrPage['words'][number]

/** Degrees clockwise by which a page is turned to stand upright. */
export type Turn = 0 | 90 | 180 | 270
export const otherTurns: readonly Turn[] = [180, 90, 270]

/** Pages that stand upright read about so surely; others do not, and are tried turned. */
const uprightConfidence = 0.7
const fewestLetters = 12
/** How much better a turned page must read: letters weighed by how sure they are. */
const clearlyBetter = 1.3

/** Words long enough to be wider than high where they are written from left to right. */
const longWord = 4

/** How well words read: letters of level words that are more than noise, weighed by confidence. */
export function readability(words: readonly Word[]): number {
  return words.reduce((sum, word) => {
    const letters = word.text.replaceAll(/[^\p{L}\p{N}]/gu, '').length
    return word.confidence < 0.5 || letters < 2 || isHigh(word) ? sum : sum + letters * word.confidence
  }, 0)
}

function isHigh({ text, box: { x0, y0, x1, y1 } }: Word): boolean {
  return text.length >= longWord && y1 - y0 > x1 - x0
}

/** Whether the recogniser, which reads lines that run up or down too, found more of them than level ones. */
function runsUpOrDown(words: readonly Word[]): boolean {
  const long = words.filter(({ text }) => text.length >= longWord)
  return long.filter(isHigh).length > long.length / 2
}

/** Whether what was read may come from a page that lies on its side or head. */
export function mayLie(words: readonly Word[]): boolean {
  if (runsUpOrDown(words)) return true
  const letters = words.reduce((sum, { text }) => sum + text.length, 0)
  const sure = words.reduce((sum, { text, confidence }) => sum + text.length * confidence, 0)
  return letters < fewestLetters || sure / letters < uprightConfidence
}

/** The turn that reads clearly best, if one does. */
export function betterTurn(upright: number, turned: ReadonlyMap<Turn, number>): Turn {
  let best: Turn = 0
  let most = Math.max(upright * clearlyBetter, fewestLetters * uprightConfidence)
  for (const [turn, score] of turned) {
    if (score <= most) continue
    best = turn
    most = score
  }
  return best
}

/**
 * A box on the page as it was sent from one on the page turned upright.
 *
 * @param width of the page as sent, in the units of the box
 */
export function turnedBack({ x0, y0, x1, y1 }: Word['box'], turn: Turn, width: number, height: number): Word['box'] {
  switch (turn) {
    case 0:
      return { x0, y0, x1, y1 }
    case 90:
      return { x0: y0, y0: height - x1, x1: y1, y1: height - x0 }
    case 180:
      return { x0: width - x1, y0: height - y1, x1: width - x0, y1: height - y0 }
    case 270:
      return { x0: width - y1, y0: x0, x1: width - y0, y1: x1 }
  }
}
