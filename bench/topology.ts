import { cp, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { type BrowserContext, chromium, type Page } from '@playwright/test'
import { findChromium } from '../e2e/support/chromium.ts'
import { pagesFolder } from '../e2e/support/pages-folder.ts'
import { type ScriptedNode, seededRandom, startScriptedNode } from '../e2e/support/scripted-node.ts'
import { KiB, second } from '../src/shared/units.ts'
import { type Benchmark, type BenchmarkOptions, median } from './benchmark.ts'
import { percentile } from './timing.ts'
import { movePicture, scripts } from './topology-page.ts'

const peers = 2_000
const edges = 8_000
const viewport = { width: 1280, height: 800 }
/** How long the picture is panned and zoomed for one figure. */
const movingMs = 6 * second
/** The layout of so many nodes has come to rest by then. */
const restMs = 9 * second
const pointerMoves = 60

interface Run {
  firstPaint: number
  frames: number[]
  inputDelays: number[]
}

/** The topology page in a real browser without a GPU, at the size of a large network. */
export const topology: Benchmark = {
  name: 'topology',
  summary: `drawing ${peers} nodes and ${edges} edges while they are panned and zoomed`,
  targets: {
    'frame.p95': { atMost: 50 },
    'inputDelay.p95': { atMost: 50 },
    firstPaint: { atMost: 1500 },
    bundleKiBGzip: { atMost: 600 },
  },
  async run(options) {
    await stat(join(pagesFolder, 'index.html')).catch(() => {
      throw new Error(`expected the built pages in ${pagesFolder}, found none: run npm run build`)
    })
    const executablePath = findChromium()
    const browser = await chromium.launch({
      ...(executablePath === undefined ? {} : { executablePath }),
      args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
    })
    const watched = await watchedPages()
    const scripted = await startScriptedNode({ pagesFolder: watched, peers, edges })
    const updates = setInterval(() => scripted.node.topology.set(nextTopology(scripted)), second)
    try {
      const runs: Run[] = []
      while (runs.length < options.repeats) {
        options.signal.throwIfAborted()
        const context = await browser.newContext({ viewport })
        runs.push(
          await measure(context, scripted, {
            ...options,
            progress: line => options.progress(`${runs.length + 1}: ${line}`),
          }),
        )
        await context.close()
      }
      const over = (figure: (run: Run) => number) => median(runs.map(figure))
      return {
        settings: { peers, edges, updatesPerSecond: 1, ...viewport, browser: browser.version() },
        metrics: {
          'frame.p50': over(run => percentile(run.frames, 0.5)),
          'frame.p95': over(run => percentile(run.frames, 0.95)),
          'frame.max': over(run => Math.max(...run.frames)),
          framesDrawn: over(run => run.frames.length),
          'inputDelay.p95': over(run => percentile(run.inputDelays, 0.95)),
          firstPaint: over(run => run.firstPaint),
          bundleKiBGzip: await bundleKiB(),
        },
      }
    } finally {
      clearInterval(updates)
      await browser.close()
      await scripted.stop()
      await rm(watched, { recursive: true })
    }
  },
}

/** A copy of the built pages whose painter tells when it draws; to be deleted. */
async function watchedPages(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'rma-watched-pages-'))
  await cp(pagesFolder, folder, { recursive: true })
  const files = await readdir(join(folder, 'assets'))
  const [painter] = files.filter(file => /^painter\.worker-.*\.js$/.test(file))
  if (painter === undefined) throw new Error(`expected the painter's script in ${pagesFolder}/assets, found none`)
  const script = join(folder, 'assets', painter)
  await writeFile(script, `${scripts.painter};${await readFile(script, 'utf8')}`)
  return folder
}

async function measure(context: BrowserContext, scripted: ScriptedNode, options: BenchmarkOptions): Promise<Run> {
  const login = await context.newPage()
  await login.goto(scripted.server.accessUrl)
  await login.close()
  const page = await context.newPage()
  await page.addInitScript({ content: scripts.page })
  options.progress('first paint')
  await page.goto(`${scripted.server.url}#/topology`)
  await page.waitForFunction(() => window.drawing.firstNodes !== undefined)
  const firstPaint = await page.evaluate(() => window.drawing.firstNodes ?? Number.NaN)
  // Groups would be a few bubbles: what is measured is every node and edge on its own.
  await page.getByRole('radio', { name: 'Off' }).click()
  options.progress('the layout comes to rest')
  await page.waitForTimeout(restMs)
  options.progress('panning and zooming')
  const frames = await page.evaluate(movePicture, movingMs)
  options.progress('moving the pointer')
  return { firstPaint, frames, inputDelays: await inputDelays(page) }
}

/** Delays of real input events, from the browser taking them to the page handling them. */
async function inputDelays(page: Page): Promise<number[]> {
  await page.evaluate(() => {
    window.drawing.inputDelays.length = 0
  })
  await page.mouse.move(700, 400)
  await page.mouse.down()
  for (let step = 0; step < pointerMoves; step++) await page.mouse.move(700 + 4 * (step % 30), 400 + (step % 20))
  await page.mouse.up()
  for (let step = 0; step < pointerMoves; step++) await page.mouse.wheel(0, step % 20 < 10 ? -40 : 40)
  return page.evaluate(() => window.drawing.inputDelays)
}

const random = seededRandom(11)

/** The same network a second later: every load and every round-trip time is another. */
function nextTopology({ node }: ScriptedNode) {
  const now = node.topology.get()
  return {
    ...now,
    nodes: now.nodes.map(each => (each.load === undefined ? each : { ...each, load: random(), lastSeen: Date.now() })),
    edges: now.edges.map(edge => ({ ...edge, rttMs: Math.round(random() * 900) / 10 })),
  }
}

async function bundleKiB(): Promise<number> {
  const files = await readdir(pagesFolder, { recursive: true, withFileTypes: true })
  const sizes = files
    .filter(file => file.isFile() && /\.(js|css|html)$/.test(file.name))
    .map(async file => (await promisify(gzip)(await readFile(join(file.parentPath, file.name)))).length)
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0) / KiB
}
