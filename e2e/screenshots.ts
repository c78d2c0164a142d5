import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { chromium } from '@playwright/test'
import sharp from 'sharp'
import { findChromium } from './support/chromium.ts'
import { playBusy, startScriptedNode } from './support/scripted-node.ts'

const root = join(import.meta.dirname, '..')
const pagesFolder = process.env.PAGES_FOLDER ?? join(root, 'out', 'renderer')
const folder = process.env.SCREENSHOTS_FOLDER ?? join(root, 'docs', 'screenshots')

/** `npm run screenshots -- topology` takes only the pictures whose name begins so. */
const [wanted = ''] = process.argv.slice(2)

const shots = [
  { page: 'status', theme: 'light', width: 'wide', peers: 3 },
  { page: 'status', theme: 'dark', width: 'wide', peers: 40 },
  { page: 'status', theme: 'light', width: 'narrow', peers: 0 },
  { page: 'status', theme: 'dark', width: 'narrow', peers: 40 },
  { page: 'load', theme: 'light', width: 'wide', peers: 40 },
  { page: 'load', theme: 'dark', width: 'narrow', peers: 40 },
  { page: 'jobs', theme: 'light', width: 'wide', peers: 40 },
  { page: 'jobs', theme: 'dark', width: 'narrow', peers: 40 },
  { page: 'contribution', theme: 'light', width: 'wide', peers: 40 },
  { page: 'contribution', theme: 'dark', width: 'narrow', peers: 40 },
  { page: 'services', theme: 'light', width: 'wide', peers: 40 },
  { page: 'services', theme: 'dark', width: 'narrow', peers: 40 },
  { page: 'topology', theme: 'light', width: 'wide', peers: 40 },
  { page: 'topology', theme: 'dark', width: 'wide', peers: 40 },
  { page: 'topology', theme: 'dark', width: 'wide', peers: 2_000 },
  { page: 'topology', theme: 'light', width: 'wide', peers: 2_000 },
  { page: 'topology', theme: 'light', width: 'narrow', peers: 3 },
  { page: 'topology', theme: 'light', width: 'wide', peers: 0 },
  { page: 'network', theme: 'light', width: 'wide', peers: 40 },
  { page: 'network', theme: 'dark', width: 'narrow', peers: 40 },
  { page: 'logs', theme: 'light', width: 'wide', peers: 3 },
  { page: 'logs', theme: 'dark', width: 'narrow', peers: 3 },
] as const
const sizes = { wide: { width: 1280, height: 860 }, narrow: { width: 390, height: 844 } }

await mkdir(folder, { recursive: true })
const executablePath = findChromium()
const browser = await chromium.launch({
  ...(executablePath === undefined ? {} : { executablePath }),
  args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
})
let complaints = 0
for (const { page: path, theme, width, peers } of shots) {
  const name = `${path}-${theme}-${width}-${peers}`
  if (!name.startsWith(wanted)) continue
  const scripted = await startScriptedNode({ pagesFolder, peers, edges: peers === 2_000 ? 8_000 : peers * 2 })
  if (peers > 0) playBusy(scripted)
  const page = await browser.newPage({ viewport: sizes[width], colorScheme: theme, reducedMotion: 'reduce' })
  page.on('console', message => {
    if (message.type() !== 'error') return
    complaints++
    console.error(`${path}: ${message.text()}`)
  })
  await page.goto(scripted.server.accessUrl)
  await page.goto(`${scripted.server.url}#/${path}`)
  await page.getByRole('heading', { level: 1 }).waitFor()
  // The layout moves for a moment; a picture is taken of it at rest.
  if (path === 'topology') await page.waitForTimeout(peers === 2_000 ? 3_000 : 1_500)
  const file = join(folder, `${name}.png`)
  await sharp(await page.screenshot())
    .png({ palette: true, quality: 90, effort: 8 })
    .toFile(file)
  console.log(file)
  await page.close()
  await scripted.stop()
}
await browser.close()
process.exitCode = complaints === 0 ? 0 : 1
