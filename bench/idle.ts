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
const delaysForMs = 30 * second
const workMs = 5

const costSchema = z.object({
  seconds: z.number(),
  cpuMs: z.number(),
  rss: z.array(z.number()).min(1),
  bytesIn: z.number(),
  bytesOut: z.number(),
})
const delaysSchema = z.object({ p99: z.number(), max: z.number() })

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
      const { cost, delays } = await measure(donor, options)
      const perSecond = (bytes: number) => bytes / cost.seconds
      return {
        settings: { others, settlingSeconds: settlingMs / second, seconds: Math.round(cost.seconds) },
        metrics: {
          rssMiB: median(cost.rss) / MiB,
          'rssMiB.max': Math.max(...cost.rss) / MiB,
          cpuPercent: cost.cpuMs / 10 / cost.seconds,
          'bytesPerSecond.in': perSecond(cost.bytesIn),
          'bytesPerSecond.out': perSecond(cost.bytesOut),
          'eventLoopDelay.p99': delays.p99,
          'eventLoopDelay.max': delays.max,
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
  await donor.ask({ begin: 'cost' })
  progress(`${measuredMs / second} s measured`)
  await delay(measuredMs, undefined, { signal })
  const cost = costSchema.parse(await donor.ask({ end: 'cost' }))
  await donor.ask({ begin: 'delays' })
  progress(`${delaysForMs / second} s of the event loop's delays`)
  await delay(delaysForMs, undefined, { signal })
  return { cost, delays: delaysSchema.parse(await donor.ask({ end: 'delays' })) }
}
