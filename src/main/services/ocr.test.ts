import { readdir } from 'node:fs/promises'
import { crc32, deflateSync } from 'node:zlib'
import fc from 'fast-check'
import sharp from 'sharp'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { characterAccuracy, drawDocument, drawPage, enclosure, letter } from '../../../e2e/support/letters.ts'
import { temporaryFolder } from '../../../e2e/support/temporary-folder.ts'
import { toRmaError } from '../../shared/errors.ts'
import { type OcrAnswer, ocrAnswerSchema } from '../../shared/schema/service.ts'
import { MiB, minute } from '../../shared/units.ts'
import type { ServiceRequest } from '../service-request.ts'
import { engineEntries } from './engine-launcher.ts'
import type { ServiceHost } from './service-host.ts'
import { ocr } from './testing/english-ocr.ts'
import { failureOf, piecesOf, requestFor, testHost, textOf } from './testing/test-host.ts'

const wantedAccuracy = 0.98

// Recognition takes seconds on a machine that has much else to do.
vi.setConfig({ testTimeout: minute })
/** Of a page that matters only in that it is one more. */
const overleaf = ['Please turn over.'] as const
const lines = { accept: 'application/x-ndjson' }

let host: ServiceHost
beforeAll(() => {
  host = testHost({ entries: engineEntries(import.meta.url), definitions: [ocr] })
})
afterAll(() => host.stop())

function scan(bytes: Uint8Array, contentType: string, fields: Partial<ServiceRequest> = {}): ServiceRequest {
  return requestFor(bytes, { service: 'ocr', contentType, deadlineAt: Date.now() + minute, ...fields })
}

async function read(bytes: Uint8Array, contentType: string): Promise<OcrAnswer> {
  const answer = await host.run(scan(bytes, contentType))
  expect(answer.contentType).toBe('application/json')
  return ocrAnswerSchema.parse(JSON.parse(await textOf(answer)))
}

/** A page no higher than its text, for what does not depend on how much there is to read. */
const drawSlip = () => drawPage(enclosure, { height: 460 })

/** The box around one word of a page. */
function boxOf(answer: OcrAnswer, word: string, page = 0) {
  const found = answer.pages[page]?.words.find(({ text }) => text === word)
  if (found) return found.box
  throw new Error(`expected the word ${word} on page ${page + 1}`)
}

describe('ocr reads a letter', () => {
  it.each([
    ['PNG', 'image/png', () => drawSlip().png().toBuffer()],
    ['PNG with a palette', 'image/png', () => drawSlip().png({ palette: true }).toBuffer()],
    [
      'interlaced PNG with 16 bits',
      'image/png',
      () => drawSlip().toColourspace('rgb16').png({ progressive: true }).toBuffer(),
    ],
    ['JPEG', 'image/jpeg', () => drawSlip().jpeg({ quality: 80 }).toBuffer()],
    ['CMYK JPEG', 'image/jpeg', () => drawSlip().toColourspace('cmyk').jpeg().toBuffer()],
    ['grey TIFF', 'image/tiff', () => drawSlip().grayscale().tiff({ compression: 'lzw' }).toBuffer()],
    [
      'black-and-white TIFF as from a fax',
      'image/tiff',
      () => drawSlip().toColourspace('b-w').threshold(140).tiff({ compression: 'ccittfax4', bitdepth: 1 }).toBuffer(),
    ],
    ['WebP', 'image/webp', () => drawSlip().webp({ quality: 80 }).toBuffer()],
    ['PNG called something else', 'application/octet-stream', () => drawSlip().png().toBuffer()],
  ])('in %s', async (_, contentType, draw) => {
    const answer = await read(await draw(), contentType)
    expect(characterAccuracy(enclosure, answer.text)).toBeGreaterThanOrEqual(wantedAccuracy)
    expect(answer.confidence).toBeGreaterThan(0.85)
    expect(answer.pages).toHaveLength(1)
  })

  it('black on nothing at all', async () => {
    const clear = await drawSlip().unflatten().png().toBuffer()
    expect((await sharp(clear).metadata()).hasAlpha).toBe(true)
    expect(characterAccuracy(enclosure, (await read(clear, 'image/png')).text)).toBeGreaterThanOrEqual(wantedAccuracy)
  })

  it('in JSON', async () => {
    const document = (await drawSlip().png().toBuffer()).toString('base64')
    const answer = await read(Buffer.from(JSON.stringify({ document })), 'application/json')
    expect(characterAccuracy(enclosure, answer.text)).toBeGreaterThanOrEqual(wantedAccuracy)
  })

  it('that was scanned a little askew, grey and grainy', async () => {
    const grain = await sharp({
      create: {
        width: 1_240,
        height: 1_754,
        channels: 3,
        background: 'white',
        noise: { type: 'gaussian', mean: 205, sigma: 25 },
      },
    })
      .png()
      .toBuffer()
    const askew = await drawPage(letter).png().toBuffer()
    const scanned = sharp(await sharp(askew).rotate(1.2, { background: 'white' }).resize(1_240, 1_754).toBuffer())
    const answer = await read(
      await scanned
        .composite([{ input: grain, blend: 'multiply' }])
        .jpeg({ quality: 70 })
        .toBuffer(),
      'image/jpeg',
    )
    expect(characterAccuracy(letter, answer.text)).toBeGreaterThanOrEqual(wantedAccuracy)
  })

  it('that a camera took sideways, with boxes as a viewer shows the page', async () => {
    const upright = await drawSlip().png().toBuffer()
    const sideways = await sharp(upright).rotate(-90).jpeg().withMetadata({ orientation: 6 }).toBuffer()
    const answer = await read(sideways, 'image/jpeg')
    expect(characterAccuracy(enclosure, answer.text)).toBeGreaterThanOrEqual(wantedAccuracy)
    const expected = boxOf(await read(upright, 'image/png'), 'tenancy')
    for (const [side, pixels] of Object.entries(boxOf(answer, 'tenancy'))) {
      expect(Math.abs(pixels - expected[side as keyof typeof expected])).toBeLessThanOrEqual(3)
    }
  })

  it('larger than recognition needs, with boxes in pixels of the page as sent', async () => {
    const small = boxOf(await read(await drawPage(letter).png().toBuffer(), 'image/png'), 'reference')
    const times = 5
    const large = drawPage(letter, { width: 1_240 * times, height: 1_754 * times, fontSize: 32 * times })
    const answer = await read(await large.png().toBuffer(), 'image/png')
    expect(characterAccuracy(letter, answer.text)).toBeGreaterThanOrEqual(wantedAccuracy)
    const box = boxOf(answer, 'reference')
    expect(Math.abs(box.x0 / times - small.x0)).toBeLessThanOrEqual(4)
    expect(Math.abs(box.y1 / times - small.y1)).toBeLessThanOrEqual(4)
  })

  it('and finds nothing on an empty page', async () => {
    expect(await read(await drawPage([]).png().toBuffer(), 'image/png')).toMatchObject({ text: '', confidence: 0 })
  })
})

describe('ocr reads several pages', () => {
  it('in order, divided by form feeds, and counts them', async () => {
    const before = host.pagesRead.get()
    const answer = await read(await drawDocument([letter, enclosure]), 'image/tiff')
    const [first = '', second = '', ...more] = answer.text.split('\f')
    expect(characterAccuracy(letter, first)).toBeGreaterThanOrEqual(wantedAccuracy)
    expect(characterAccuracy(enclosure, second)).toBeGreaterThanOrEqual(wantedAccuracy)
    expect(more).toEqual([])
    expect(answer.pages.map(page => page.text)).toEqual([first, second])
    expect(host.pagesRead.get() - before).toBe(2)
  })

  it('and streams each as soon as it is read when asked to', async () => {
    const answer = await host.run(scan(await drawDocument([enclosure, letter]), 'image/tiff', lines))
    expect(answer.contentType).toBe('application/x-ndjson')
    expect(host.capacity().queue.running).toBe(1)
    const [first, second, summary, end] = (await textOf(answer)).split('\n')
    expect(JSON.parse(first ?? '')).toMatchObject({ page: 1, pages: 2, words: expect.any(Array) })
    const page = JSON.parse(second ?? '') as { page: number; text: string }
    expect(page.page).toBe(2)
    expect(characterAccuracy(letter, page.text)).toBeGreaterThanOrEqual(wantedAccuracy)
    expect(JSON.parse(summary ?? '')).toEqual({
      pages: 2,
      confidence: expect.any(Number),
      milliseconds: expect.any(Number),
    })
    expect(end).toBe('')
  })

  it('and stops when the reader of the stream leaves', async () => {
    const answer = await host.run(scan(await drawDocument([enclosure, overleaf, overleaf]), 'image/tiff', lines))
    for await (const line of piecesOf(answer)) {
      expect(line).toContain('Enclosure')
      break
    }
    await vi.waitFor(() => expect(host.capacity().queue.running).toBe(0))
  })

  it('and fails with a status when the first page cannot be read, streamed or not', async () => {
    const broken = (await drawPage(letter).png().toBuffer()).subarray(0, 9_000)
    expect(await failureOf(host.run(scan(broken, 'image/png', lines)))).toMatchObject({ code: 'BAD_INPUT' })
  })
})

/** A white PNG, one bit a pixel: a few kilobytes that decode to as much as one likes. */
function blankPng(width: number, height: number): Buffer {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.writeUInt8(1, 8)
  const rows = Buffer.alloc(height * (1 + Math.ceil(width / 8)), 0xff)
  for (let row = 0; row < height; row++) rows.writeUInt8(0, row * (1 + Math.ceil(width / 8)))
  const signature = Buffer.from('89504e470d0a1a0a', 'hex')
  return Buffer.concat([signature, pngChunk('IHDR', header), pngChunk('IDAT', deflateSync(rows)), pngChunk('IEND')])
}

function pngChunk(type: string, data: Buffer = Buffer.alloc(0)): Buffer {
  const body = Buffer.concat([Buffer.from(type), data])
  const frame = Buffer.alloc(8)
  frame.writeUInt32BE(data.length, 0)
  frame.writeUInt32BE(crc32(body), 4)
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)])
}

describe('ocr refuses', () => {
  const letterPng = drawPage(letter).png().toBuffer()
  const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64')

  it.each([
    ['a text file called PNG', async () => Buffer.from('Dear Ms Whitfield'), 'image/png', 'UNSUPPORTED_TYPE'],
    ['a PDF called PNG', async () => Buffer.from('%PDF-1.7\n'), 'image/png', 'BAD_INPUT'],
    [
      'an SVG called PNG',
      async () => Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'),
      'image/png',
      'UNSUPPORTED_TYPE',
    ],
    ['a GIF', async () => drawPage(letter).gif().toBuffer(), 'application/octet-stream', 'UNSUPPORTED_TYPE'],
    ['a PDF by its name', async () => Buffer.from('%PDF-1.7\n'), 'application/pdf', 'BAD_INPUT'],
    ['a truncated PNG', async () => (await letterPng).subarray(0, 20_000), 'image/png', 'BAD_INPUT'],
    [
      'a truncated JPEG',
      async () => (await drawPage(letter).jpeg().toBuffer()).subarray(0, 20_000),
      'image/jpeg',
      'BAD_INPUT',
    ],
    [
      'a truncated TIFF',
      async () => (await drawPage(letter).tiff().toBuffer()).subarray(0, 20_000),
      'image/tiff',
      'BAD_INPUT',
    ],
    [
      'a truncated WebP',
      async () => (await drawPage(letter).webp().toBuffer()).subarray(0, 5_000),
      'image/webp',
      'BAD_INPUT',
    ],
    ['only the first bytes of a PNG', async () => (await letterPng).subarray(0, 8), 'image/png', 'BAD_INPUT'],
    [
      'a TIFF that is its own next page',
      async () => Buffer.from('49492a000800000000000800000000000000', 'hex'),
      'image/tiff',
      'BAD_INPUT',
    ],
    ['JSON that is none', async () => Buffer.from('{"document": '), 'application/json', 'BAD_INPUT'],
    ['JSON without a document', async () => Buffer.from('{"file": "AAAA"}'), 'application/json', 'BAD_INPUT'],
    [
      'a document that is not base64',
      async () => Buffer.from('{"document": "not base64!"}'),
      'application/json',
      'BAD_INPUT',
    ],
    ['nested brackets without end', async () => Buffer.from('['.repeat(MiB)), 'application/json', 'BAD_INPUT'],
    ['an empty document in JSON', async () => Buffer.from('{"document": ""}'), 'application/json', 'UNSUPPORTED_TYPE'],
    [
      'a text in JSON',
      async () => Buffer.from(`{"document": "${base64(Buffer.from('hello'))}"}`),
      'application/json',
      'UNSUPPORTED_TYPE',
    ],
    ['a PNG one pixel high and too wide', async () => blankPng(40_000, 1), 'image/png', 'TOO_LARGE'],
    [
      'a TIFF of 201 pages',
      async () =>
        drawDocument(
          Array.from({ length: 201 }, () => []),
          { width: 8, height: 8 },
        ),
      'image/tiff',
      'TOO_LARGE',
    ],
    ['a body beyond 25 MiB', async () => Buffer.alloc(25 * MiB + 1), 'image/png', 'TOO_LARGE'],
  ])('%s', async (_, make, contentType, code) => {
    expect(await failureOf(host.run(scan(await make(), contentType)))).toMatchObject({ code })
  })

  it('an image of 30,000 × 30,000 pixels before it is decoded, and reads the next letter in the same process', async () => {
    const pids = host.enginePids('ocr')
    const error = await failureOf(host.run(scan(blankPng(30_000, 30_000), 'image/png')))
    expect(error).toMatchObject({ code: 'TOO_LARGE', details: { page: 1 } })
    expect((await read(await letterPng, 'image/png')).text).toContain('Whitfield')
    expect(host.enginePids('ocr')).toEqual(pids)
  })

  it('nothing that is just within its limits, nor runs out of memory over it', async () => {
    expect(await read(blankPng(10_000, 10_000), 'image/png')).toMatchObject({ text: '' })
  })
})

describe('ocr survives', () => {
  it('damaged images of every format: each is read or refused, by one and the same process', async () => {
    const drawn = drawPage(['Dear'], { width: 120, height: 60 })
    const seeds = await Promise.all([
      drawn.clone().png().toBuffer(),
      drawn.clone().jpeg().toBuffer(),
      drawn.clone().tiff({ compression: 'lzw' }).toBuffer(),
      drawn.clone().webp().toBuffer(),
      drawDocument([['Dear'], ['Ms']], { width: 60, height: 30 }),
    ])
    const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 6 })
    const cut = fc.oneof(
      { weight: 3, arbitrary: fc.constant(1) },
      { weight: 1, arbitrary: fc.double({ min: 0, max: 1, noNaN: true }) },
    )
    await read(seeds[0] ?? Buffer.alloc(0), 'image/png')
    const pids = host.enginePids('ocr')
    const damaged = fc.asyncProperty(fc.constantFrom(...seeds), damage, cut, async (seed, changes, share) => {
      const bytes = Buffer.from(seed.subarray(0, Math.max(1, Math.ceil(seed.length * share))))
      for (const [position, value] of changes) bytes[position % bytes.length] = value
      const outcome = await read(bytes, 'application/octet-stream').catch((error: unknown) => toRmaError(error).code)
      if (typeof outcome === 'string') expect(['BAD_INPUT', 'UNSUPPORTED_TYPE', 'TOO_LARGE']).toContain(outcome)
    })
    await fc.assert(damaged, { numRuns: 120, endOnFailure: true })
    expect(host.enginePids('ocr')).toEqual(pids)
  })
})

describe('ocr leaves nothing behind', () => {
  afterEach(() => void vi.unstubAllEnvs())

  const filesIn = (folder: string) => readdir(folder, { recursive: true })

  it('in temporary files, after a job and after its process was killed', async () => {
    const folder = await temporaryFolder()
    vi.stubEnv('TMPDIR', folder.path)
    const own = testHost({ entries: engineEntries(import.meta.url), definitions: [ocr] })
    const document = await drawDocument([enclosure, overleaf, overleaf])
    for await (const line of piecesOf(await own.run(scan(document, 'image/tiff', lines)))) {
      expect(line).toContain('Enclosure')
      for (const pid of own.enginePids('ocr')) process.kill(pid, 'SIGKILL')
      break
    }
    expect(await filesIn(folder.path)).toEqual([])
    expect(await textOf(await own.run(scan(document, 'image/tiff')))).toContain('Enclosure')
    own.stop()
    expect(await filesIn(folder.path)).toEqual([])
    await folder.remove()
  })
})
