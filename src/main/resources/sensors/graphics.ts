import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { GraphicsCard } from '../../../shared/schema/status.ts'
import { MiB, type Milliseconds, second } from '../../../shared/units.ts'
import type { Clock } from '../../clock.ts'
import { known, unknown } from '../facts.ts'
import { plainText } from '../gpus.ts'
import { readLine, readNumber } from './read-line.ts'
import type { Sensors } from './sensor.ts'
import { chipTemperatures, hottest } from './temperature.ts'
import { runTool } from './tool.ts'

/** NVIDIA's tool takes a tenth of a second of processor time: it is asked rarely, and once for all sensors. */
const everyMs: Milliseconds = 15 * second

export interface GraphicsInit {
  /** Where the machine's /sys is found. */
  root: string
  /** Whether this machine has a card that computes. */
  present: () => boolean
  /** Processes of this node: what they hold counts as free. */
  ownPids: () => readonly number[]
}

/** Temperature, memory and use of graphics cards: NVIDIA's by their tool, AMD's from the kernel. */
export function graphicsSensors(
  { clock }: { clock: Clock },
  { root, present, ownPids }: GraphicsInit,
): Pick<Sensors, 'gpuTemperature' | 'vram' | 'cards'> {
  let last: { at: Milliseconds; cards: Promise<GraphicsCard[]> } | undefined
  const cards = (signal: AbortSignal) => {
    if (last === undefined || clock.now() - last.at >= everyMs - second || clock.now() < last.at) {
      last = { at: clock.now(), cards: readCards(root, new Set(ownPids()), signal) }
    }
    return last.cards
  }
  return {
    gpuTemperature: {
      everyMs,
      wanted: present,
      read: async signal => hottest((await cards(signal)).map(card => card.celsius ?? null)),
    },
    vram: {
      everyMs,
      wanted: present,
      async read(signal) {
        const free = (await cards(signal)).flatMap(card => card.freeMiB ?? [])
        return free.length === 0 ? unknown('missing') : known({ freeMiB: Math.max(...free) })
      },
    },
    cards: {
      everyMs,
      wanted: present,
      read: async signal => known(await cards(signal)),
    },
  }
}

async function readCards(root: string, ownPids: ReadonlySet<number>, signal: AbortSignal): Promise<GraphicsCard[]> {
  const [nvidia, amd] = await Promise.all([readNvidia(ownPids, signal), readAmd(root)])
  return [...nvidia, ...amd]
}

const nvidiaFields = 'uuid,name,temperature.gpu,utilization.gpu,memory.free,memory.total'

async function readNvidia(ownPids: ReadonlySet<number>, signal: AbortSignal): Promise<GraphicsCard[]> {
  const format = '--format=csv,noheader,nounits'
  const cards = await runTool('nvidia-smi', [`--query-gpu=${nvidiaFields}`, format], signal)
  if (cards === undefined) return []
  const apps = await runTool('nvidia-smi', ['--query-compute-apps=gpu_uuid,pid,used_gpu_memory', format], signal)
  return parseNvidia(cards, apps ?? '', ownPids)
}

/** Lines of values separated by commas; what the driver does not know reads `[N/A]`. */
export function parseNvidia(cards: string, apps: string, ownPids: ReadonlySet<number>): GraphicsCard[] {
  const ownMiB = new Map<string, number>()
  for (const [uuid = '', pid, used] of rows(apps)) {
    const usedMiB = Number(used)
    if (ownPids.has(Number(pid)) && Number.isFinite(usedMiB)) ownMiB.set(uuid, (ownMiB.get(uuid) ?? 0) + usedMiB)
  }
  return rows(cards)
    .filter(row => row.length === nvidiaFields.split(',').length)
    .map(([uuid = '', name = '', celsius, percent, free, total]) =>
      cardOf({
        name,
        celsius: finite(celsius),
        percent: finite(percent),
        freeMiB: addTo(finite(free), ownMiB.get(uuid) ?? 0),
        totalMiB: finite(total),
      }),
    )
}

interface Reading {
  name: string
  celsius: number | undefined
  percent: number | undefined
  freeMiB: number | undefined
  totalMiB: number | undefined
}

function cardOf({ name, celsius, percent, freeMiB, totalMiB }: Reading): GraphicsCard {
  return {
    name: plainText(name),
    ...(celsius === undefined ? {} : { celsius }),
    ...(percent === undefined ? {} : { busy: Math.min(1, Math.max(0, percent / 100)) }),
    ...(freeMiB === undefined ? {} : { freeMiB: Math.round(freeMiB) }),
    ...(totalMiB === undefined ? {} : { totalMiB: Math.round(totalMiB) }),
  }
}

function rows(text: string): string[][] {
  return text
    .split('\n')
    .filter(line => line.trim() !== '')
    .map(line => line.split(',').map(cell => cell.trim()))
}

function finite(text: string | undefined): number | undefined {
  const value = text === undefined || text === '' ? Number.NaN : Number(text)
  return Number.isFinite(value) ? value : undefined
}

function addTo(value: number | undefined, more: number): number | undefined {
  return value === undefined ? undefined : value + more
}

async function readAmd(root: string): Promise<GraphicsCard[]> {
  const folder = join(root, 'sys/class/drm')
  const cards = (await readdir(folder).catch(() => [])).filter(name => /^card\d+$/.test(name))
  const states = await Promise.all(
    cards.map(async card => {
      const device = join(folder, card, 'device')
      const [name, percent, total, used, [celsius]] = await Promise.all([
        readLine(join(device, 'product_name')),
        readNumber(join(device, 'gpu_busy_percent')),
        readNumber(join(device, 'mem_info_vram_total')),
        readNumber(join(device, 'mem_info_vram_used')),
        chipTemperatures(join(device, 'hwmon'), /^amdgpu$/),
      ])
      if (total === undefined || used === undefined) return []
      const [totalMiB, freeMiB] = [total / MiB, (total - used) / MiB]
      return [cardOf({ name: name || 'AMD', celsius, percent, freeMiB, totalMiB })]
    }),
  )
  return states.flat()
}
