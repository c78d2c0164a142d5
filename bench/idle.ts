import { mkdir, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { z } from 'zod'
import { NodeProcess, onLoopback } from '../e2e/support/node-process.ts'
import { temporaryFolder } from '../e2e/support/temporary-folder.ts'
import { defaultSettings, type Settings } from '../src/shared/schema/settings.ts'
import { MiB, minute, second } from '../src/shared/units.ts'
import { type Benchmark, type BenchmarkOptions, median } from './benchmark.ts'
import { LoadProcess } from './load/load-process.ts'

const networkName = 'load'
const others = 99
const processes = 3
/** Until every table of the young network is full, and nobody looks anybody up any more. */
const settlingMs = 5 * minute
const measuredMs = 120 * second
const workMs = 5

const figuresSchema = z.object({
  seconds: z.number(),
  cpuMs: z.number(),
  rss: z.array(z.number()).min(1),
  bytesIn: z.number(),
  bytesOut: z.number(),
  delayP99: z.number(),
  delayMax: z.number(),
})

/** What a donor costs that nobody asks anything: the built program, in a network of real nodes. */
export const idle: Benchmark = {
  name: 'idle',
  summary: `a headless donor with 3 services in a network of ${others + 1}, ${measuredMs / second} s after it has settled`,
  targets: {
    rssMiB: { atMost: 150 },
    cpuPercent: { atMost: 1 },
    'bytesPerSecond.in': { atMost: 1000 },
    'bytesPerSecond.out': { atMost: 1000 },
    'eventLoopDelay.p99': { atMost: 20 },
  },
  async run(options) {
    const { progress, signal } = options
    const network: LoadProcess[] = []
    const upstream = createServer((_request, response) => response.end('well')).listen(0, '127.0.0.1')
    const folder = await temporaryFolder()
    let donor: NodeProcess | undefined
    try {
      donor = await startDonor(folder.path, (upstream.address() as AddressInfo).port)
      const seeds = (await donor.runtime()).addresses
      for (let index = 0; index < processes; index++) {
        signal.throwIfAborted()
        progress(`starting ${((index + 1) * others) / processes} of ${others} others`)
        network.push(await LoadProcess.start({ workers: others / processes, readers: 0, seeds, workMs }))
      }
      const figures = await measure(donor, options)
      const perSecond = (bytes: number) => bytes / figures.seconds
      return {
        settings: { others, settlingSeconds: settlingMs / second, seconds: Math.round(figures.seconds) },
        metrics: {
          rssMiB: median(figures.rss) / MiB,
          'rssMiB.max': Math.max(...figures.rss) / MiB,
          cpuPercent: figures.cpuMs / 10 / figures.seconds,
          'bytesPerSecond.in': perSecond(figures.bytesIn),
          'bytesPerSecond.out': perSecond(figures.bytesOut),
          'eventLoopDelay.p99': figures.delayP99,
          'eventLoopDelay.max': figures.delayMax,
        },
      }
    } finally {
      await Promise.all([donor?.kill(), ...network.map(each => each.stop())])
      upstream.close()
      await folder.remove()
    }
  },
}

async function startDonor(folder: string, upstreamPort: number): Promise<NodeProcess> {
  const settings: Settings = {
    ...defaultSettings,
    donating: true,
    consent: true,
    services: {
      ...defaultSettings.services,
      chat: { enabled: true, upstream: upstreamAt(`http://127.0.0.1:${upstreamPort}/`) },
    },
  }
  await mkdir(join(folder, 'donor'), { mode: 0o700 })
  await writeFile(join(folder, 'donor', 'settings.json'), JSON.stringify(settings), { mode: 0o600 })
  const preload = pathToFileURL(join(import.meta.dirname, 'idle', 'watched-process.mjs'))
  return NodeProcess.start({
    folder,
    name: 'donor',
    args: [...onLoopback, '--network', networkName, '--loopback-swarm'],
    env: { NODE_OPTIONS: `--import=${preload}` },
    // With its sensors, as at a donor's; what else this machine does is no matter here.
    watchful: true,
  })
}

function upstreamAt(url: string): NonNullable<Settings['services'][string]['upstream']> {
  return {
    url,
    hosts: [],
    health: '/',
    maxBytes: MiB,
    maxAnswerBytes: MiB,
    idempotent: true,
    needs: { memoryMiB: 0, vramMiB: 0 },
    stallSeconds: 10,
  }
}

async function measure(donor: NodeProcess, { progress, signal }: BenchmarkOptions) {
  progress(`${settlingMs / second} s to settle`)
  await delay(settlingMs, undefined, { signal })
  await donor.ask({ measure: 'begin' })
  progress(`${measuredMs / second} s measured`)
  await delay(measuredMs, undefined, { signal })
  return figuresSchema.parse(await donor.ask({ measure: 'end' }))
}
