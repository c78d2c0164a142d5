import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { canMakeNamespaces, loopbackSite, makeNamespace } from '../e2e/support/site.ts'
import { type Benchmark, type BenchmarkOptions, median } from './benchmark.ts'
import type { LanFigures } from './start/lan-start.ts'
import { measureViaEdge } from './start/via-edge.ts'

const lanProgram = fileURLToPath(new URL('./start/lan-start.ts', import.meta.url))

/** How long a node of the built program takes until it is of use: it has to be built. */
export const start: Benchmark = {
  name: 'start',
  summary:
    'process start to the dashboard, to the first peer on the LAN, and through the edge router to the first answer',
  targets: {
    startToDashboard: { atMost: 1500 },
    startToJoined: { atMost: 2000 },
    startToJoinedViaEdge: { atMost: 2000 },
  },
  async run(options) {
    const { multicast, dashboardMs, joinedMs } = await measureOnLan(options)
    const viaEdgeMs = await measureViaEdge(options)
    return {
      settings: { multicast },
      metrics: {
        startToDashboard: median(dashboardMs),
        startToJoined: median(joinedMs),
        startToJoinedViaEdge: median(viaEdgeMs),
      },
    }
  },
}

/** In a network namespace, where nodes find each other by multicast; without root on loopback, where they are given a seed. */
async function measureOnLan({
  progress,
  repeats,
  signal,
}: BenchmarkOptions): Promise<LanFigures & { multicast: boolean }> {
  progress('beside one peer on the LAN')
  const site = canMakeNamespaces() ? await makeNamespace() : loopbackSite
  try {
    const [program, args] = site.command(process.execPath, [lanProgram, String(repeats), String(site.multicast)])
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'], signal })
    const [said, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')])
    if (code !== 0) throw new Error(`the nodes on the LAN ended with exit code ${code}`)
    return { multicast: site.multicast, ...(JSON.parse(said) as LanFigures) }
  } finally {
    await site.remove()
  }
}
