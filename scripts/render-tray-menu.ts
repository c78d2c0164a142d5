/**
 * Draws the tray's icon and menu in each of its states into one picture, from the very rows that the app shows. Run after a
 * row or an icon has changed, and look at it: docs/screenshots/tray-menu.png.
 */
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import sharp, { type OverlayOptions } from 'sharp'
import type { MenuRow } from '../src/main/electron/menu-row.ts'
import { trayMenu } from '../src/main/electron/tray-menu.ts'
import { type NodeState, trayKind } from '../src/main/electron/tray-state.ts'
import type { Gpu } from '../src/shared/schema/capabilities.ts'
import type { GpuPause } from '../src/shared/schema/limits.ts'
import type { ServiceStatus } from '../src/shared/schema/service.ts'
import type { Activity } from '../src/shared/schema/status.ts'
import { sampleServiceNeeds, sampleStatus } from '../src/shared/testing/samples.ts'

const root = resolve(import.meta.dirname, '..')
const column = { width: 400, gap: 20 }
const rowHeight = 24
const top = 56

const card: Gpu = { vendor: 'nvidia', model: 'RTX 4060', vramMiB: 8_192 }
const ocr: ServiceStatus = {
  type: 'ocr',
  enabled: true,
  needs: sampleServiceNeeds,
  running: 0,
  waiting: 0,
  slots: 2,
  bound: 8,
}
const llm: ServiceStatus = { ...ocr, type: 'llm-inference', enabled: false, unavailable: { kind: 'disabled' } }
const broken: ServiceStatus = { ...ocr, unavailable: { kind: 'engine-failed', message: 'no model' } }

interface Scene {
  donating?: boolean
  services?: ServiceStatus[]
  gpuPause?: GpuPause
}

function running(activity: Activity, { donating = true, services = [ocr, llm], gpuPause }: Scene = {}): NodeState {
  const capabilities = { ...sampleStatus.capabilities, gpus: [card] }
  return {
    kind: 'running',
    now: new Date('2026-06-03T14:00:00').getTime(),
    status: { ...sampleStatus, activity, donating, services, capabilities },
    gpuPause,
    knownPeers: 2_041,
    update: { kind: 'current' },
    safeMode: false,
  }
}

const states: NodeState[] = [
  running({ kind: 'working', jobs: 2 }),
  running({ kind: 'ready' }, { gpuPause: { since: 0, until: new Date('2026-06-03T14:30:00').getTime() } }),
  running({ kind: 'waiting', reason: { kind: 'in-use', idleMs: 60_000, neededMs: 180_000 }, jobs: 0 }),
  running({ kind: 'paused', until: new Date('2026-06-03T14:30:00').getTime() }),
  running({ kind: 'alone' }),
  running({ kind: 'no-service' }, { services: [broken] }),
  running({ kind: 'off' }, { donating: false }),
  { kind: 'quitting', jobs: 1 },
]

const markup = (text: string) => text.replace(/[&<>"]/g, character => `&#${character.charCodeAt(0)};`)

function drawRow(row: MenuRow, x: number, y: number): string {
  if (row.kind === 'separator') return `<path d="M${x + 8} ${y + 12}h${column.width - 16}" stroke="#d5d0c8"/>`
  const muted = row.kind === 'text' || ((row.kind === 'action' || row.kind === 'menu') && row.disabled === true)
  const tick = row.kind === 'switch' && row.on ? `<text x="${x + 12}" y="${y + 17}">✓</text>` : ''
  const arrow = row.kind === 'menu' ? `<text x="${x + column.width - 22}" y="${y + 17}">▸</text>` : ''
  return `${tick}<text x="${x + 30}" y="${y + 17}" fill="${muted ? '#8a8278' : '#1d1a17'}">${markup(row.label)}</text>${arrow}`
}

function drawMenu(rows: MenuRow[], x: number): string {
  const height = rows.length * rowHeight + 12
  const frame = `<rect x="${x}" y="${top}" width="${column.width}" height="${height}" rx="8" fill="#fdfcfa" stroke="#c9c2b8"/>`
  return frame + rows.map((row, index) => drawRow(row, x, top + 6 + index * rowHeight)).join('')
}

const menus = states.map(trayMenu)
const width = states.length * (column.width + column.gap) + column.gap
const height = top + Math.max(...menus.map(rows => rows.length)) * rowHeight + 40
const left = (index: number) => column.gap + index * (column.width + column.gap)
const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="DejaVu Sans" font-size="13">
  <rect width="100%" height="40" fill="#1f1f1f"/>${menus.map((rows, index) => drawMenu(rows, left(index))).join('')}</svg>`
const icons: OverlayOptions[] = []
for (const [index, state] of states.entries()) {
  icons.push({
    input: await readFile(resolve(root, `assets/tray/${trayKind(state)}-panel-on-dark.png`)),
    left: left(index) + 12,
    top: 8,
  })
}
await sharp({ create: { width, height, channels: 3, background: '#b9b4ab' } })
  .composite([{ input: Buffer.from(svg), left: 0, top: 0 }, ...icons])
  .png({ compressionLevel: 9 })
  .toFile(resolve(root, 'docs/screenshots/tray-menu.png'))
