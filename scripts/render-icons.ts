/**
 * Renders the SVG sources of assets/sources to every size the systems want, and a picture of all tray icons to look at.
 * Run after a source has changed; its output is committed.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import sharp, { type OverlayOptions } from 'sharp'
import { alignToPixels } from './pixel-grid.ts'

const root = resolve(import.meta.dirname, '..')
const kinds = ['donating', 'waiting', 'paused', 'connecting', 'error'] as const
type Kind = (typeof kinds)[number]

/** Colours of the dashboard's tokens: the dark theme's on a dark bar, the light theme's on a light one. */
const colours = {
  dark: { donating: '#f0905a', waiting: '#e5b455', paused: '#d0c8bd', connecting: '#8fb2ee', error: '#f2847b' },
  light: { donating: '#bf4d19', waiting: '#8a5a00', paused: '#5d564c', connecting: '#3b62a8', error: '#b3261e' },
} as const satisfies Record<string, Record<Kind, string>>

/** Suffixes by which Electron finds the picture for a display's scale. */
const scales = [
  { suffix: '', factor: 1 },
  { suffix: '@1.25x', factor: 1.25 },
  { suffix: '@1.5x', factor: 1.5 },
  { suffix: '@2x', factor: 2 },
  { suffix: '@3x', factor: 3 },
]

/** Tray icon sizes in points: Windows draws 16, macOS 18, Linux panels about 24. */
const variants = [
  { name: (kind: Kind) => `${kind}Template`, size: 18, colour: () => '#000000' },
  { name: (kind: Kind) => `${kind}-on-dark`, size: 16, colour: (kind: Kind) => colours.dark[kind] },
  { name: (kind: Kind) => `${kind}-on-light`, size: 16, colour: (kind: Kind) => colours.light[kind] },
  { name: (kind: Kind) => `${kind}-panel-on-dark`, size: 24, colour: (kind: Kind) => colours.dark[kind] },
  { name: (kind: Kind) => `${kind}-panel-on-light`, size: 24, colour: (kind: Kind) => colours.light[kind] },
]

async function source(name: string): Promise<string> {
  return readFile(resolve(root, `assets/sources/${name}.svg`), 'utf8')
}

/** Draws at the final size, so that edges fall on pixels as the source means them to. */
async function draw(svg: string, size: number): Promise<Buffer> {
  const viewBox = Number(/viewBox="0 0 (\d+)/.exec(svg)?.[1])
  return sharp(Buffer.from(svg), { density: (72 * size) / viewBox })
    .resize(size, size)
    .png({ compressionLevel: 9, palette: false })
    .toBuffer()
}

/** A Windows icon file of PNG pictures: header, directory, pictures (each entry names its size, length and place). */
function icoFile(pictures: { size: number; png: Buffer }[]): Buffer {
  const header = Buffer.alloc(6)
  header.writeUInt16LE(1, 2)
  header.writeUInt16LE(pictures.length, 4)
  let offset = header.length + 16 * pictures.length
  const directory = pictures.map(({ size, png }) => {
    const entry = Buffer.alloc(16)
    entry.writeUInt8(size % 256, 0)
    entry.writeUInt8(size % 256, 1)
    entry.writeUInt16LE(1, 4)
    entry.writeUInt16LE(32, 6)
    entry.writeUInt32LE(png.length, 8)
    entry.writeUInt32LE(offset, 12)
    offset += png.length
    return entry
  })
  return Buffer.concat([header, ...directory, ...pictures.map(({ png }) => png)])
}

async function renderApp(): Promise<void> {
  const svg = await source('app')
  for (const size of [16, 24, 32, 48, 64, 128, 256, 512]) {
    await writeFile(resolve(root, `assets/icons/${size}x${size}.png`), await draw(svg, size))
  }
  await writeFile(resolve(root, 'assets/icon.png'), await draw(svg, 1024))
  const pictures = []
  for (const size of [16, 20, 24, 32, 40, 48, 64, 256]) pictures.push({ size, png: await draw(svg, size) })
  await writeFile(resolve(root, 'assets/icon.ico'), icoFile(pictures))
}

async function renderTray(): Promise<void> {
  for (const kind of kinds) {
    const svg = await source(kind)
    for (const { name, size, colour } of variants) {
      const coloured = svg.replaceAll('currentColor', colour(kind))
      for (const { suffix, factor } of scales) {
        const pixels = Math.round(size * factor)
        const png = await draw(alignToPixels(coloured, { from: 24, to: pixels }), pixels)
        await writeFile(resolve(root, `assets/tray/${name(kind)}${suffix}.png`), png)
      }
    }
  }
}

/** A column for each state; rows for each bar and size, the small ones enlarged pixel by pixel. */
async function renderSheet(): Promise<void> {
  const cell = { width: 150, height: 112 }
  const rows = [
    { file: (kind: Kind) => `${kind}-on-dark`, ground: '#1f1f1f', zoom: 4 },
    { file: (kind: Kind) => `${kind}-on-light`, ground: '#eeeeee', zoom: 4 },
    { file: (kind: Kind) => `${kind}-panel-on-dark`, ground: '#1f1f1f', zoom: 3 },
    { file: (kind: Kind) => `${kind}-panel-on-light`, ground: '#eeeeee', zoom: 3 },
    { file: (kind: Kind) => `${kind}Template@2x`, ground: '#ffffff', zoom: 2 },
  ]
  const layers: OverlayOptions[] = []
  for (const [y, { file, ground, zoom }] of rows.entries()) {
    const bar = { width: cell.width * kinds.length, height: cell.height, channels: 3, background: ground } as const
    layers.push({ input: await sharp({ create: bar }).png().toBuffer(), left: 0, top: y * cell.height })
    for (const [x, kind] of kinds.entries()) {
      const png = await readFile(resolve(root, `assets/tray/${file(kind)}.png`))
      const { width = 0 } = await sharp(png).metadata()
      const large = await sharp(png)
        .resize(width * zoom, undefined, { kernel: 'nearest' })
        .png()
        .toBuffer()
      const top = y * cell.height + Math.round((cell.height - width * zoom) / 2)
      layers.push({
        input: png,
        left: x * cell.width + 10,
        top: y * cell.height + Math.round((cell.height - width) / 2),
      })
      layers.push({ input: large, left: x * cell.width + 58, top })
    }
  }
  const app = resolve(root, 'assets/icons/256x256.png')
  const width = cell.width * kinds.length
  const height = cell.height * rows.length
  layers.push({ input: app, left: width + 22, top: 20 })
  layers.push({ input: resolve(root, 'assets/icons/64x64.png'), left: width + 40, top: 310 })
  layers.push({ input: resolve(root, 'assets/icons/32x32.png'), left: width + 140, top: 326 })
  layers.push({ input: resolve(root, 'assets/icons/16x16.png'), left: width + 210, top: 334 })
  await sharp({ create: { width: width + 300, height, channels: 3, background: '#9a9a9a' } })
    .composite(layers)
    .png({ compressionLevel: 9 })
    .toFile(resolve(root, 'docs/screenshots/tray-icons.png'))
}

for (const folder of ['assets/icons', 'assets/tray', 'docs/screenshots'])
  await mkdir(resolve(root, folder), { recursive: true })
await renderApp()
await renderTray()
await renderSheet()
