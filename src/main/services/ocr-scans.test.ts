import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { characterAccuracy, drawPage, letter } from '../../../e2e/support/letters.ts'
import { drawForm, drawTable, formText, type harms, scan, tableText } from '../../../e2e/support/scans.ts'
import { type OcrAnswer, ocrAnswerSchema } from '../../shared/schema/service.ts'
import { minute } from '../../shared/units.ts'
import { engineEntries } from './engine-launcher.ts'
import type { ServiceHost } from './service-host.ts'
import { ocr } from './testing/english-ocr.ts'
import { requestFor, testHost, textOf } from './testing/test-host.ts'

vi.setConfig({ testTimeout: 3 * minute })

let host: ServiceHost
beforeAll(() => {
  host = testHost({ entries: engineEntries(import.meta.url), definitions: [ocr] })
})
afterAll(() => host.stop())

async function read(bytes: Uint8Array): Promise<OcrAnswer> {
  const fields = { service: 'ocr', contentType: 'image/png', deadlineAt: Date.now() + 3 * minute }
  return ocrAnswerSchema.parse(JSON.parse(await textOf(await host.run(requestFor(bytes, fields)))))
}

const documents = {
  letter: { draw: () => drawPage(letter), text: letter.join(' ') },
  form: { draw: drawForm, text: formText },
  ruledTable: { draw: () => drawTable({ ruled: true }), text: tableText },
  openTable: { draw: () => drawTable({ ruled: false }), text: tableText },
} as const

/** What is worst for each document; the whole square is in docs/performance.md. */
const scans: [keyof typeof documents, (keyof typeof harms)[], number][] = [
  ['form', ['none'], 0.97],
  ['openTable', ['askew'], 0.97],
  ['ruledTable', ['grainy'], 0.95],
  ['letter', ['onItsSide', 'askew', 'grainy'], 0.95],
  ['openTable', ['speckled'], 0.95],
  ['letter', ['shadowed'], 0.97],
  ['letter', ['whiteOnBlack'], 0.97],
]

it.each(scans)('reads a %s that is %j', async (name, inflicted, least) => {
  const { draw, text } = documents[name]
  const answer = await read(await scan(draw(), ...inflicted))
  expect(characterAccuracy(text, answer.text)).toBeGreaterThanOrEqual(least)
})

it('reads a word that fills a small picture, whose strokes are no rules of a form', async () => {
  expect((await read(await drawPage(['Leeds'], { width: 240, height: 90 }).png().toBuffer())).text).toBe('Leeds\n')
})

it('gives boxes of a page that lies askew as it was sent', async () => {
  const box = (answer: OcrAnswer) => answer.pages[0]?.words.find(word => word.text === 'Northgate')?.box
  const level = box(await read(await scan(drawPage(letter))))
  const askew = box(await read(await scan(drawPage(letter), 'askew')))
  if (level === undefined || askew === undefined) throw new Error('expected the word in both')
  // Turned by 4 degrees about the middle of a page that became larger.
  const angle = (4 * Math.PI) / 180
  const [w, h] = [1_240, 1_754]
  const [x, y] = [(level.x0 + level.x1) / 2 - w / 2, (level.y0 + level.y1) / 2 - h / 2]
  const wide = w * Math.cos(angle) + h * Math.sin(angle)
  const high = w * Math.sin(angle) + h * Math.cos(angle)
  expect(Math.abs((askew.x0 + askew.x1) / 2 - (x * Math.cos(angle) - y * Math.sin(angle) + wide / 2))).toBeLessThan(6)
  expect(Math.abs((askew.y0 + askew.y1) / 2 - (x * Math.sin(angle) + y * Math.cos(angle) + high / 2))).toBeLessThan(6)
})
