import sharp from 'sharp'
import type { OcrPage } from '../../shared/schema/service.ts'
import { documentOf } from './document-input.ts'
import { readPages } from './documents/document-pages.ts'
import { cleared, levelled } from './documents/mended-page.ts'
import { type GreyPage, pgmOf, pixelsOf } from './documents/page.ts'
import { withoutRules } from './documents/rules.ts'
import { betterTurn, mayLie, otherTurns, readability, type Turn, turnedBack } from './page-turn.ts'
import { inRows, textOfRows } from './reading-order.ts'
import { Recogniser } from './recogniser.ts'
import type { Engine } from './serve-engine.ts'
import { linesOf, scaledBox } from './tesseract-words.ts'

/** Pixels of a page when it is only tried which way up it is. */
const trialPixels = 2_000_000

/** A recogniser that reads entirely from installed files, and writes none. */
export function createOcrEngine(): Engine {
  const recogniser = new Recogniser()

  async function recognise(page: GreyPage): Promise<OcrPage> {
    const { page: level, back } = await levelled(page)
    const unruled = withoutRules(pixelsOf(level))
    const pgm = unruled === undefined ? level.pgm : pgmOf(unruled, level.width, level.height)
    const data = await recogniser.read(pgm)
    const lines = linesOf(data.tsv ?? '')
    const rows = inRows(lines)
    const words = rows === undefined ? lines.flatMap(line => line.words) : rows.flat(3)
    return {
      text: rows === undefined ? data.text : textOfRows(rows),
      words: words.map(word => ({ ...word, box: scaledBox(back(word.box), page.scale) })),
    }
  }

  /** Reads a page, and again turned when it seems to lie on its side or head. */
  async function read(asSent: GreyPage): Promise<OcrPage> {
    const page = await cleared(asSent)
    const upright = await recognise(page)
    if (!mayLie(upright.words)) return upright
    const scores = new Map<Turn, number>()
    for (const turn of otherTurns) {
      const trial = await turned(page, turn, trialPixels)
      scores.set(turn, readability((await recognise(trial)).words))
    }
    const turn = betterTurn(readability(upright.words), scores)
    if (turn === 0) return upright
    const { text, words } = await recognise(await turned(page, turn, page.width * page.height))
    const [width, height] = [page.width * page.scale, page.height * page.scale].map(Math.round) as [number, number]
    return { text, words: words.map(word => ({ ...word, box: turnedBack(word.box, turn, width, height) })) }
  }

  return {
    async run(input, emit) {
      const startedAt = performance.now()
      await recogniser.speak(input.languages ?? [])
      for await (const page of readPages(documentOf(input))) {
        const { layer, number, total } = page
        emit({ number, total, page: layer ?? (await read(await page.grey())) })
      }
      return { milliseconds: performance.now() - startedAt }
    },
  }
}

async function turned(page: GreyPage, turn: Turn, mostPixels: number): Promise<GreyPage> {
  const { pixels, width, height } = pixelsOf(page)
  const shrink = Math.min(1, Math.sqrt(mostPixels / (width * height)))
  const raw = { width, height, channels: 1 as const }
  const { data, info } = await sharp(pixels, { raw, limitInputPixels: false })
    .resize({ width: Math.max(1, Math.round(width * shrink)) })
    .rotate(turn)
    .toColourspace('b-w')
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true })
  return {
    pgm: pgmOf(data, info.width, info.height),
    width: info.width,
    height: info.height,
    scale: page.scale / shrink,
  }
}
