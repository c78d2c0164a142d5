import type { Benchmark } from './benchmark.ts'
import type { Figures, Scenario } from './scale/simulation.ts'
import { simulate } from './scale/simulation-process.ts'

const sizes = [20, 100, 500, 2_000, 10_000]
/** Donors that others can reach. */
const serverShare = 0.05

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
    const largest = bySize.at(-1)?.[1] ?? {}
    return {
      settings: { sizes: sizes.join(' '), serverShare, seed: 1 },
      metrics: {
        workers: sizes.at(-1) ?? 0,
        registrarMiB: largest.registrarMiB ?? Number.NaN,
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
