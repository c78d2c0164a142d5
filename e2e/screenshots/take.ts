import { mkdir, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type Browser, chromium } from '@playwright/test'
import sharp from 'sharp'
import { findChromium } from '../support/chromium.ts'
import { pagesFolder } from '../support/pages-folder.ts'
import { playBusy, type ScriptedNode, startScriptedNode } from '../support/scripted-node.ts'
import { firstRun, furtherShots, type Shot, shots, sizes } from './shots.ts'

const root = join(import.meta.dirname, '..', '..')
const folder = process.env.SCREENSHOTS_FOLDER ?? join(root, 'docs', 'screenshots')

/**
 * `npm run screenshots` takes them all anew; with `topology` only those whose name begins so; with `--further` those that
 * are looked at and not kept.
 */
const [wanted = ''] = process.argv.slice(2).filter(each => !each.startsWith('--'))
const further = process.argv.includes('--further')
const chosen = (further ? furtherShots : shots).filter(({ name }) => name.startsWith(wanted))

/** The layout moves for a moment; a picture is taken of it at rest. */
const restMs = (peers: number) => (peers === 2_000 ? 3_000 : 1_200)

let complaints = 0

/** Writes one picture; the largest screens are halved, as they are looked at on smaller ones. */
async function take(browser: Browser, scripted: ScriptedNode, { name, page: path, theme, size, prepare }: Shot) {
  const page = await browser.newPage({ viewport: sizes[size], colorScheme: theme, reducedMotion: 'reduce' })
  page.on('console', message => {
    if (message.type() !== 'error') return
    complaints++
    console.error(`${name}: ${message.text()}`)
  })
  await page.goto(scripted.server.accessUrl)
  await page.goto(`${scripted.server.url}#/${path === firstRun ? 'status' : path}`)
  await page.getByRole('heading', { level: 1 }).waitFor()
  await prepare?.(page)
  await page.evaluate(() => document.fonts.ready)
  // Charts and cards have asked the node and been answered.
  await page.waitForTimeout(['topology', firstRun].includes(path) ? restMs(scripted.peers) : 350)
  const file = join(folder, `${name}.png`)
  await sharp(await page.screenshot())
    .resize({ width: Math.min(1_920, sizes[size].width) })
    .png({ palette: true, quality: 90, effort: 8 })
    .toFile(file)
  await page.close()
  return (await stat(file)).size
}

await mkdir(folder, { recursive: true })
if (!further && wanted === '') {
  const ours = new RegExp(`^(${[...new Set(shots.map(({ page }) => page))].join('|')})-.*\\.png$`)
  const old = (await readdir(folder)).filter(file => ours.test(file))
  await Promise.all(old.map(file => rm(join(folder, file))))
}
const executablePath = findChromium()
const browser = await chromium.launch({
  ...(executablePath === undefined ? {} : { executablePath }),
  args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
})
/** Pictures of the same network in the same language are of one node. */
const byNode = Map.groupBy(chosen, ({ peers, language, page }) => `${peers} ${language} ${page === firstRun}`)
let bytes = 0
for (const group of byNode.values()) {
  const [first] = group
  if (first === undefined) continue
  const { peers, language, page } = first
  const scripted = await startScriptedNode({ pagesFolder, peers, edges: peers === 2_000 ? 8_000 : peers * 2 })
  scripted.node.settings.update(settings => ({
    ...settings,
    welcomed: page !== firstRun,
    appearance: { theme: 'system', language },
  }))
  if (page === firstRun) scripted.node.status.update(status => ({ ...status, consent: false, donating: false }))
  else if (peers > 0) playBusy(scripted)
  for (const shot of group) bytes += await take(browser, scripted, shot)
  console.log(`${group.length} pictures of ${peers} peers, ${language}`)
  await scripted.stop()
}
await browser.close()
console.log(`${chosen.length} pictures, ${Math.round(bytes / 1_024)} KiB, in ${folder}`)
process.exitCode = complaints === 0 ? 0 : 1
