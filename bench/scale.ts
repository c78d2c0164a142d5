import { mkdir, writeFile } from 'node:fs/promises'
import type { Benchmark, BenchmarkOptions } from './benchmark.ts'
import { type LinePlot, linePlot } from './scale/line-plot.ts'
import { measureRealNetwork } from './scale/real-network.ts'
import type { Figures, Scenario } from './scale/simulation.ts'
import { simulate } from './scale/simulation-process.ts'

const sizes = [20, 100, 500, 2_000, 10_000]
/** Donors that others can reach. */
const serverShare = 0.05
const plots = new URL('../docs/plots/', import.meta.url)

/**
 * What becomes of the network as it grows. Nodes run their own code for joining, announcing, finding, caching, choosing and
 * giving way to their owners; simulated are time, connections and the jobs themselves.
 */
export const scale: Benchmark = {
  name: 'scale',
  summary: 'what finding, announcing and asking cost among 20 to 10,000 simulated workers, 5 % of them reachable',
  targets: { workers: { atLeast: 2_000 }, registrarMiB: { atMost: 8 } },
  async run(options) {
    const bySize: [number, Figures][] = []
    for (const workers of sizes) bySize.push([workers, await simulate(scenarioOf(workers), options)])
    await draw(bySize)
    const largest = bySize.at(-1)?.[1] ?? {}
    return {
      settings: { sizes: sizes.join(' '), serverShare, seed: 1 },
      metrics: {
        workers: sizes.at(-1) ?? 0,
        registrarMiB: largest.registrarMiB ?? Number.NaN,
        ...(await compareWithReality(options)),
        ...Object.fromEntries(
          bySize.flatMap(([workers, figures]) =>
            Object.entries(figures).map(([name, figure]) => [`${workers}.${name}`, figure]),
          ),
        ),
      },
    }
  },
}

function scenarioOf(workers: number): Scenario {
  return {
    workers,
    coordinators: Math.min(50, Math.max(3, Math.round(workers / 40))),
    serverShare,
    requesters: 30,
    requestsPerSecond: Math.max(2, workers / 20),
    seed: 1,
  }
}

/** The same network of 100 workers, all of them reachable, simulated and real: the simulated figures over the real ones. */
async function compareWithReality(options: BenchmarkOptions): Promise<Record<string, number>> {
  const alike = { workers: 100, requesters: 20 }
  const scenario: Scenario = { ...alike, coordinators: 1, serverShare: 1, requestsPerSecond: 1, seed: 1 }
  const simulated = await simulate(scenario, options)
  options.progress('100 real workers')
  const real = await measureRealNetwork({ ...alike, signal: options.signal })
  const pairs = {
    connections: [simulated['connections.mean'], real.connections],
    announced: [simulated['announced.mean'], real.announced],
    held: [simulated['registrar.held.mean'], real.held],
    findBytes: [simulated['findWarm.bytes.mean'], real.findBytes],
  }
  return Object.fromEntries(
    Object.entries(pairs).flatMap(([name, [ours = Number.NaN, theirs = Number.NaN]]) => [
      [`real100.${name}`, theirs],
      [`ratioReal100.${name}`, ours / theirs],
    ]),
  )
}

async function draw(bySize: readonly [number, Figures][]): Promise<void> {
  const line = (name: string, figure: string) => ({
    name,
    points: bySize.map(([workers, figures]) => [workers, Math.max(0.1, figures[figure] ?? 0.1)] as const),
  })
  const drawings: Record<string, LinePlot> = {
    'scale-lookups': {
      title: 'Finding 50 workers',
      xTitle: 'workers',
      yTitle: 'milliseconds, messages sent',
      series: [
        line('cold, ms', 'findCold.ms.p50'),
        line('warm, ms', 'findWarm.ms.p50'),
        line('messages', 'findCold.frames.mean'),
      ],
    },
    'scale-connections': {
      title: 'Connections of a node',
      xTitle: 'workers',
      yTitle: 'connections',
      series: [
        line('coordinator', 'connections.coordinator.mean'),
        line('reachable donor', 'connections.server.mean'),
        line('other donor', 'connections.client.mean'),
      ],
    },
    'scale-traffic': {
      title: 'What the directory costs',
      xTitle: 'workers',
      yTitle: 'bytes a second received, on average',
      series: [line('busiest registrar', 'server.bytesIn.max'), line('other donor', 'client.bytesIn')],
    },
  }
  await mkdir(plots, { recursive: true })
  for (const [name, plot] of Object.entries(drawings)) await writeFile(new URL(`${name}.svg`, plots), linePlot(plot))
}
