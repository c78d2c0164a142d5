import { availableParallelism } from 'node:os'
import { env } from 'node:process'
import { RmaError } from '../src/shared/errors.ts'
import type { Benchmark, BenchmarkOptions } from './benchmark.ts'
import { drawPlots } from './scale/plots.ts'
import { measureRealNetwork } from './scale/real-network.ts'
import { registryMiB } from './scale/registry-memory-process.ts'
import type { Figures, Measured, Scenario } from './scale/scenario.ts'
import { simulate } from './scale/simulation-process.ts'

/** Smallest first. */
const sizes = [20, 100, 500, 2_000, 10_000]
/** Of larger networks few nodes send requests, for first finds are what takes long. */
const mostWhereAllSend = 2_000
const senderShareOfLarger = 0.1
/** The largest network that is brought into trouble in any case; `SCALE_IN_TROUBLE` names larger ones. With 10,000 that takes an hour or two. */
const mostInTrouble = 500
/** Donors that others can reach. */
const serverShare = 0.05
/**
 * Networks of which real nodes are measured; the first is what the simulator is held to. Were all 300 within reach, each would be connected
 * with a hundred: two processors do not keep up with 15,000 connections and what passes over them.
 */
const realNetworks = [
  { workers: 100, serverShare: 1 },
  { workers: 300, serverShare: 0.2 },
]
/** Real nodes are started a few at a time, and donate once all have joined. */
const asOnLoopback = { coordinators: 1, oneWayMs: 1, joinsPerSecond: 1, donateLater: true }
/**
 * What is compared with reality; times are not, for in the simulator nothing takes processor time. Of finding again the middle, for
 * what some look up in passing at that moment takes three times as many questions.
 */
const compared = [
  'connections.mean',
  'announced.mean',
  'registrar.held.mean',
  'findCold.questions.mean',
  'findWarm.questions.p50',
  'findWarm.answerBytes.p50',
  'lookup.questions.mean',
]

/**
 * What becomes of the network as it grows. Nodes run their own code for joining, announcing, finding, caching, choosing and
 * giving way to their owners; simulated are time, connections and the jobs themselves.
 */
export const scale: Benchmark = {
  name: 'scale',
  summary: 'what finding, announcing and asking cost among 20 to 10,000 simulated workers, 5 % of them reachable',
  targets: { workers: { atLeast: 2_000 }, 'findWarm50.p50': { atMost: 3 }, registrarMiB: { atMost: 8 } },
  async run(options) {
    const largerInTrouble = sizesIn(env.SCALE_IN_TROUBLE ?? '')
    // What takes real time comes first: nothing else runs yet.
    const real = await compareWithReality(options)
    const bySize = await simulateAll(sizes, growing, options)
    await drawPlots(bySize)
    // Each in a simulation of its own, so that what went before is not lost with it.
    const troubled = await simulateAll(largerInTrouble, inTrouble, options)
    return {
      settings: { sizes: sizes.join(' '), serverShare, seed: 1, largerInTrouble: largerInTrouble.join(' ') },
      metrics: {
        workers: sizes.at(-1) ?? 0,
        'findWarm50.p50': real[`real${realNetworks.at(-1)?.workers}.findWarm50.p50`] ?? Number.NaN,
        registrarMiB: await registryMiB(bySize.at(-1)?.[1]['registrar.workers.max'] ?? Number.NaN),
        ...real,
        ...Object.fromEntries([...bySize, ...troubled].flatMap(([workers, figures]) => named(`${workers}`, figures))),
      },
    }
  },
}

/**
 * Two at a time where there are processors for them, which their figures do not depend on; more would take more memory than such a
 * machine has. The largest takes three times as long as all others, whose figures are kept by then if it is stopped.
 */
async function simulateAll(
  sizes: readonly number[],
  scenarioOf: (workers: number) => Scenario,
  { progress, signal }: BenchmarkOptions,
): Promise<[number, Figures][]> {
  const bySize: [number, Figures][] = []
  const left = [...sizes.entries()]
  const failure = new AbortController()
  const options = { progress, signal: AbortSignal.any([signal, failure.signal]) }
  const simulateLeft = async () => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      const [index, workers] = next
      bySize[index] = [workers, await simulate(scenarioOf(workers), options)]
    }
  }
  try {
    await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, simulateLeft))
  } catch (error) {
    failure.abort()
    throw error
  }
  return bySize
}

function growing(workers: number): Scenario {
  const measured: Measured[] = ['formed']
  if (workers <= mostWhereAllSend) measured.push('heavy senders')
  if (workers <= mostInTrouble) measured.push('troubles')
  return {
    workers,
    coordinators: Math.min(50, Math.max(3, Math.round(workers / 40))),
    serverShare,
    requesters: 30,
    requestsPerSecond: Math.max(2, workers / 20),
    senderShare: workers <= mostWhereAllSend ? 1 : senderShareOfLarger,
    seed: 1,
    measured,
  }
}

function inTrouble(workers: number): Scenario {
  return { ...growing(workers), measured: ['troubles'] }
}

/** Real networks, and the same simulated: the simulated figures over the real ones. */
async function compareWithReality(options: BenchmarkOptions): Promise<Figures> {
  const figures: Figures = {}
  for (const network of realNetworks) {
    const alike = { ...network, requesters: 20 }
    const real = await measureRealNetwork({ ...alike, ...options })
    const simulated = await simulate({ ...alike, ...asOnLoopback, requestsPerSecond: 1, seed: 1 }, options)
    const ratios = compared.map(name => [name, (simulated[name] ?? Number.NaN) / (real[name] ?? Number.NaN)])
    Object.assign(
      figures,
      Object.fromEntries([
        ...named(`real${network.workers}`, real),
        ...named(`ratioReal${network.workers}`, Object.fromEntries(ratios)),
      ]),
    )
  }
  return figures
}

/** Sizes with commas between. Throws BAD_INPUT. */
function sizesIn(text: string): number[] {
  const sizes = text === '' ? [] : text.split(',').map(Number)
  if (!sizes.every(workers => Number.isInteger(workers) && workers > mostInTrouble)) {
    const expected = `numbers of workers over ${mostInTrouble} with commas between`
    throw new RmaError('BAD_INPUT', `SCALE_IN_TROUBLE: expected ${expected}, got ${JSON.stringify(text)}`)
  }
  return sizes
}

function named(prefix: string, figures: Figures): [string, number][] {
  return Object.entries(figures).map(([name, figure]) => [`${prefix}.${name}`, figure])
}
