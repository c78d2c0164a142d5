import { availableParallelism, totalmem } from 'node:os'
import { pino } from 'pino'
import { characterAccuracy } from '../e2e/support/letters.ts'
import { temporaryFolder } from '../e2e/support/temporary-folder.ts'
import { systemClock } from '../src/main/clock.ts'
import { engineEntries } from '../src/main/services/engine-launcher.ts'
import { createForkLauncher } from '../src/main/services/fork-launcher.ts'
import { ServiceHost } from '../src/main/services/service-host.ts'
import { ocr as service } from '../src/main/services/testing/english-ocr.ts'
import { ocrAnswerSchema } from '../src/shared/schema/service.ts'
import { hour, MiB, minute } from '../src/shared/units.ts'
import { type Benchmark, type BenchmarkOptions, median } from './benchmark.ts'
import { nativeVersion, readNatively, unpackLanguage } from './native-tesseract.ts'
import { type BenchPage, densePage, shortLetter } from './ocr-pages.ts'

/** Pages of each kind for each engine process, in one measurement. */
const densePages = 2
const shortLetters = 8

type Reader = (page: BenchPage) => Promise<string>

/** Reading speed through the whole service host, against Debian's tesseract with as many processes and the same data. */
export const ocr: Benchmark = {
  name: 'ocr',
  summary: 'pages read in a minute, and how that compares with the native tesseract',
  targets: {
    ratioNative: { atLeast: 0.7 },
    ratioNativeShort: { atLeast: 1.2 },
    characterAccuracy: { atLeast: 0.98 },
  },
  async run(options) {
    const machine = { cpuThreads: availableParallelism(), memoryMiB: Math.floor(totalmem() / MiB) }
    const slots = service.slots(machine)
    const host = startHost(machine)
    const language = await temporaryFolder()
    try {
      const version = await nativeVersion()
      await unpackLanguage(language.path)
      const ours: Reader = page => readWith(host, page)
      const native: Reader | undefined = version ? page => readNatively(page.png, language.path) : undefined
      const dense = await compare(
        'dense pages',
        await pagesOf(densePage, densePages * slots),
        slots,
        { ours, native },
        options,
      )
      const short = await compare(
        'letters',
        await pagesOf(shortLetter, shortLetters * slots),
        slots,
        { ours, native },
        options,
      )
      return {
        settings: {
          slots,
          densePages: densePages * slots,
          shortLetters: shortLetters * slots,
          native: version ?? 'none',
        },
        metrics: {
          pagesPerMinute: dense.pagesPerMinute,
          lettersPerMinute: short.pagesPerMinute,
          characterAccuracy: Math.min(dense.accuracy, short.accuracy),
          ...(dense.ratio === undefined ? {} : { ratioNative: dense.ratio }),
          ...(short.ratio === undefined ? {} : { ratioNativeShort: short.ratio }),
        },
      }
    } finally {
      host.stop()
      await language.remove()
    }
  },
}

function startHost(machine: { cpuThreads: number; memoryMiB: number }): ServiceHost {
  const log = pino({ level: 'silent' })
  const launch = createForkLauncher({ entries: engineEntries(import.meta.url), log })
  const host = new ServiceHost(
    { launch, clock: systemClock, log },
    { machine, services: { ocr: { enabled: true } }, definitions: [service] },
  )
  host.start()
  host.setAccepting('everybody')
  return host
}

async function readWith(host: ServiceHost, { png }: BenchPage): Promise<string> {
  const { body } = await host.run({
    id: crypto.randomUUID(),
    service: 'ocr',
    requester: 'bench',
    contentType: 'image/png',
    accept: '',
    body: (async function* () {
      yield png
    })(),
    deadlineAt: Date.now() + hour,
    signal: new AbortController().signal,
  })
  if (!(body instanceof Uint8Array)) throw new Error('expected the whole answer at once, got a stream')
  return ocrAnswerSchema.parse(JSON.parse(Buffer.from(body).toString())).text
}

function pagesOf(draw: (seed: number) => Promise<BenchPage>, count: number): Promise<BenchPage[]> {
  return Promise.all(Array.from({ length: count }, (_, seed) => draw(seed)))
}

interface Comparison {
  pagesPerMinute: number
  /** Our speed as a share of the native program's. */
  ratio: number | undefined
  accuracy: number
}

/** Times both readers in turns on the same pages, after a warm-up each. */
async function compare(
  kind: string,
  pages: BenchPage[],
  concurrency: number,
  { ours, native }: { ours: Reader; native: Reader | undefined },
  { progress, repeats, signal }: BenchmarkOptions,
): Promise<Comparison> {
  const warmUp = pages.slice(0, concurrency)
  const oursMs: number[] = []
  const nativeMs: number[] = []
  let texts = await readAll(warmUp, concurrency, ours)
  if (native) await readAll(warmUp, concurrency, native)
  for (let repeat = 1; repeat <= repeats; repeat++) {
    signal.throwIfAborted()
    progress(`${kind}, ${repeat} of ${repeats}`)
    oursMs.push(
      await timed(async () => {
        texts = await readAll(pages, concurrency, ours)
      }),
    )
    if (native) nativeMs.push(await timed(() => readAll(pages, concurrency, native)))
  }
  return {
    pagesPerMinute: (pages.length * minute) / median(oursMs),
    ratio: native ? median(nativeMs) / median(oursMs) : undefined,
    accuracy: Math.min(...pages.map(({ lines }, index) => characterAccuracy(lines, texts[index] ?? ''))),
  }
}

async function timed(action: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now()
  await action()
  return performance.now() - startedAt
}

/** Reads every page, `concurrency` at a time, and returns the texts in the order of the pages. */
async function readAll(pages: BenchPage[], concurrency: number, read: Reader): Promise<string[]> {
  const texts: string[] = []
  const left = pages.entries()
  const work = async () => {
    for (const [index, page] of left) texts[index] = await read(page)
  }
  await Promise.all(Array.from({ length: concurrency }, work))
  return texts
}
