import { writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { characterAccuracy, drawPage, enclosure, letter } from '../../../e2e/support/letters.ts'
import { makePdf, type PdfPage } from '../../../e2e/support/pdf.ts'
import { temporaryFolder } from '../../../e2e/support/temporary-folder.ts'
import { type OcrAnswer, ocrAnswerSchema } from '../../shared/schema/service.ts'
import { MiB, minute } from '../../shared/units.ts'
import { LiveValue } from '../live-value.ts'
import type { ServiceRequest } from '../service-request.ts'
import { engineEntries } from './engine-launcher.ts'
import type { Languages } from './languages.ts'
import { ocrIn } from './ocr.ts'
import type { ServiceHost } from './service-host.ts'
import { ocr } from './testing/english-ocr.ts'
import { failureOf, piecesOf, requestFor, testHost, textOf } from './testing/test-host.ts'

vi.setConfig({ testTimeout: minute })

let host: ServiceHost
beforeAll(() => {
  host = testHost({ entries: engineEntries(import.meta.url), definitions: [ocr] })
})
afterAll(() => host.stop())

const ask = (bytes: Uint8Array, fields: Partial<ServiceRequest> = {}) =>
  host.run(
    requestFor(bytes, { service: 'ocr', contentType: 'application/pdf', deadlineAt: Date.now() + minute, ...fields }),
  )

async function read(bytes: Uint8Array, fields: Partial<ServiceRequest> = {}): Promise<OcrAnswer> {
  return ocrAnswerSchema.parse(JSON.parse(await textOf(await ask(bytes, fields))))
}

async function scanned(lines: readonly string[], turn = 0): Promise<PdfPage> {
  const { data, info } = await drawPage(lines).rotate(turn).jpeg({ quality: 80 }).toBuffer({ resolveWithObject: true })
  return { picture: { jpeg: data, width: info.width, height: info.height } }
}

const wordOf = (answer: OcrAnswer, text: string) => answer.pages[0]?.words.find(word => word.text === text)

describe('ocr of a PDF', () => {
  it('copies the text that a page holds, with boxes in points', async () => {
    const answer = await read(makePdf([{ lines: letter }]))
    expect(characterAccuracy(letter, answer.text)).toBe(1)
    expect(answer.confidence).toBe(1)
    // Helvetica of 12 points; the first line's foot is 62 points below the upper edge.
    const { box } = wordOf(answer, 'Northgate') ?? { box: undefined }
    expect(box?.x0).toBeCloseTo(61, 0)
    expect(box?.y1).toBeGreaterThan(60)
    expect(box?.y1).toBeLessThan(67)
    expect((box?.x1 ?? 0) - (box?.x0 ?? 0)).toBeGreaterThan(45)
  })

  it('gives boxes on the page as it is shown where viewers turn it', async () => {
    const { box } = wordOf(await read(makePdf([{ lines: letter, rotate: 90 }])), 'Northgate') ?? { box: undefined }
    // Turned clockwise, the first line runs down along the right edge, 62 points from it.
    expect(box?.y0).toBeCloseTo(61, 0)
    expect(842 - (box?.x0 ?? 0)).toBeGreaterThan(60)
    expect((box?.y1 ?? 0) - (box?.y0 ?? 0)).toBeGreaterThan(45)
  })

  it('recognises scanned pages, also one with a stamp of text on it', async () => {
    const pages = [await scanned(letter), { ...(await scanned(enclosure)), lines: ['Scanned by Office 3'] }]
    const answer = await read(makePdf(pages))
    expect(answer.pages).toHaveLength(2)
    expect(characterAccuracy(letter, answer.pages[0]?.text ?? '')).toBeGreaterThanOrEqual(0.98)
    expect(answer.pages[1]?.text).toContain('Please bring the following papers')
    const { box } = wordOf(answer, 'Northgate') ?? { box: undefined }
    expect(box?.x0).toBeGreaterThan(40)
    expect(box?.x0).toBeLessThan(70)
  })

  it('hands over the pages of a long one as they are read', async () => {
    const pages = await Promise.all(
      Array.from({ length: 20 }, (_, at) => (at % 5 === 0 ? scanned(enclosure) : { lines: letter })),
    )
    const numbers: unknown[] = []
    for await (const line of piecesOf(await ask(makePdf(pages), { accept: 'application/x-ndjson' }))) {
      numbers.push((JSON.parse(line) as { page?: number }).page)
    }
    expect(numbers).toEqual([...Array.from({ length: 20 }, (_, at) => at + 1), undefined])
  })

  it.each([
    ['with too many pages', () => makePdf(Array.from({ length: 201 }, () => ({ lines: ['x'] }))), 'TOO_LARGE'],
    ['cut short', () => makePdf([{ lines: letter }]).subarray(0, 300), 'BAD_INPUT'],
    ['that only begins like one', () => Buffer.from(`%PDF-1.7\n${'['.repeat(MiB)}`), 'BAD_INPUT'],
    ['that names a million pages and has none', () => Buffer.from(endless), 'BAD_INPUT'],
  ])('refuses one %s', async (_, bytes, code) => {
    expect(['BAD_INPUT', 'TOO_LARGE']).toContain((await failureOf(ask(bytes()))).code)
    if (code === 'TOO_LARGE') expect(await failureOf(ask(bytes()))).toMatchObject({ code })
    expect((await read(makePdf([{ lines: ['after'] }]))).text).toContain('after')
  })
})

const endless = makePdf([{ lines: letter }])
  .toString('latin1')
  .replace('/Count 1', '/Count 1000000')

describe('ocr of a scan that lies', () => {
  // A few lines tell where up is as well as many, and are read sooner.
  const few = letter.slice(0, 11)
  let image: Buffer
  let upright: OcrAnswer

  beforeAll(async () => {
    image = await drawPage(few).png().toBuffer()
    upright = await read(image, { contentType: 'image/png' })
  })

  it.each([90, 180, 270])('turned by %i degrees reads it upright and gives boxes as it was sent', async turn => {
    const { width = 0, height = 0 } = await sharp(image).metadata()
    const lying = await read(await sharp(image).rotate(turn).png().toBuffer(), { contentType: 'image/png' })
    expect(characterAccuracy(few, lying.text)).toBeGreaterThanOrEqual(0.98)
    const expected = wordOf(upright, 'Northgate')?.box
    const box = wordOf(lying, 'Northgate')?.box
    const corner =
      expected &&
      {
        90: [height - expected.y1, expected.x0],
        180: [width - expected.x1, height - expected.y1],
        270: [expected.y0, width - expected.x1],
      }[turn]
    expect(Math.abs((box?.x0 ?? 0) - (corner?.[0] ?? 0))).toBeLessThan(8)
    expect(Math.abs((box?.y0 ?? 0) - (corner?.[1] ?? 0))).toBeLessThan(8)
  })
})

describe('ocr answers', () => {
  it('with the text alone', async () => {
    const answer = await ask(makePdf([{ lines: letter }, { lines: enclosure }]), { accept: 'text/plain' })
    expect(answer.contentType).toBe('text/plain; charset=utf-8')
    expect(characterAccuracy([...letter, ...enclosure], await textOf(answer))).toBeGreaterThan(0.99)
  })

  it('with hOCR', async () => {
    const answer = await ask(makePdf([{ lines: ['One <two>', 'three'] }]), { accept: 'text/vnd.hocr+html' })
    expect(answer.contentType).toBe('text/vnd.hocr+html')
    const html = await textOf(answer)
    expect(html.match(/class="ocr_line"/g)).toHaveLength(2)
    expect(html).toMatch(
      /<span class="ocrx_word" id="word_1_1_2" title="bbox \d+ \d+ \d+ \d+; x_wconf 100">&lt;two&gt;</,
    )
  })
})

describe('ocr in other languages', () => {
  const german = [
    'Größere Straßenbäume müssen für drei Jahre',
    'übergangsweise geschützt bleiben, heißt es in',
    'Köln.',
  ]
  const data = (code: string) => fileURLToPath(import.meta.resolve(`@tesseract.js-data/${code}/package.json`))
  const fileOf = (code: string) => join(dirname(data(code)), '4.0.0_best_int', `${code}.traineddata.gz`)
  const installed = (...codes: string[]) => new Map(codes.map(code => [code, fileOf(code)]))
  const languages = new LiveValue<Languages>({ chosen: ['eng'], installed: installed('eng') })
  let other: ServiceHost
  let page: Buffer

  beforeAll(async () => {
    other = testHost({ entries: engineEntries(import.meta.url), definitions: [ocrIn(languages)] })
    page = await drawPage(german, { height: 500 }).png().toBuffer()
  })
  afterAll(() => other.stop())

  const readIn = async (wanted?: string[]) => {
    const particulars = wanted === undefined ? {} : { particulars: { languages: wanted } }
    const init = { service: 'ocr', contentType: 'image/png', accept: 'text/plain', ...particulars }
    return await textOf(await other.run(requestFor(page, { ...init, deadlineAt: Date.now() + minute })))
  }
  const status = () => other.status.get()[0]

  it('refuses one whose data is not installed, and says which are', async () => {
    expect(await failureOf(readIn(['deu', 'eng']))).toMatchObject({
      code: 'UNKNOWN_LANGUAGE',
      message: 'expected languages whose data is installed here (eng); got deu',
      details: { languages: ['deu'], offered: ['eng'] },
    })
  })

  it('is not offered where the chosen ones are missing, and is as soon as they are there', async () => {
    languages.set({ chosen: ['deu', 'eng'], installed: installed('eng') })
    expect(status()).toMatchObject({
      unavailable: { kind: 'needs-language', languages: ['deu'] },
      advice: { kind: 'install-languages', languages: ['deu'] },
      languages: { chosen: ['deu', 'eng'], installed: ['eng'] },
    })
    languages.set({ chosen: ['deu', 'eng'], installed: installed('eng', 'deu') })
    expect(status()?.unavailable).toBeUndefined()
    expect(status()?.languages?.installed).toEqual(['deu', 'eng'])
  })

  it('reads umlauts where it is told so, by settings or the request, in one engine', async () => {
    languages.set({ chosen: ['eng'], installed: installed('eng', 'deu') })
    expect(characterAccuracy(german, await readIn())).toBeLessThan(0.97)
    expect(characterAccuracy(german, await readIn(['deu', 'eng']))).toBeGreaterThan(0.99)
    const [pid] = other.enginePids('ocr')
    expect(characterAccuracy(german, await readIn())).toBeLessThan(0.97)
    languages.set({ chosen: ['deu'], installed: installed('eng', 'deu') })
    expect(characterAccuracy(german, await readIn())).toBeGreaterThan(0.99)
    expect(other.enginePids('ocr')).toEqual([pid])
  })

  it('fails the job where the data is damaged, and reads the next', async () => {
    const damaged = await temporaryFolder()
    await writeFile(join(damaged.path, 'cym.traineddata'), 'no data')
    languages.set({
      chosen: ['deu'],
      installed: new Map([...installed('deu'), ['cym', join(damaged.path, 'cym.traineddata')]]),
    })
    expect(await failureOf(readIn(['cym']))).toMatchObject({ code: 'ENGINE_FAILED' })
    expect(characterAccuracy(german, await readIn())).toBeGreaterThan(0.99)
    await damaged.remove()
  })
})
