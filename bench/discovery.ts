import type { TestNode } from '../src/main/directory/test-network.ts'
import { second } from '../src/shared/units.ts'
import { type Benchmark, type BenchmarkOptions, median } from './benchmark.ts'
import { startHyperdht } from './discovery-hyperdht.ts'
import { startKad } from './discovery-kad.ts'
import {
  type DiscoveryFigures,
  type DiscoveryNetwork,
  type DiscoveryPlan,
  figuresOf,
  measureRepeat,
  networkSize,
  noTimes,
  workerCount,
} from './discovery-network.ts'
import { type OurNetwork, startOurs } from './discovery-ours.ts'
import { elapsed } from './timing.ts'

const coldFinders = 20
const cachedFinds = 2_000
/** Finds of each requester before warm ones are measured: each opens streams to the registrars it happens to ask. */
const streamOpeningFinds = 6
const floodMs = 1 * second
const ourPlan: DiscoveryPlan = { rounds: 6, requesters: 20, announcements: 4, newcomers: 3 }
const hyperdhtPlan: DiscoveryPlan = { rounds: 2, requesters: 10, announcements: 10, newcomers: 5 }
const kadPlan: DiscoveryPlan = { rounds: 1, requesters: 1, announcements: 1, newcomers: 1 }
/** A network that takes longer than this is not measured again. */
const repeatingLimitMs = 40 * second

/**
 * Joining, announcing and finding among 100 nodes in one process on loopback: ours, hyperdht and kad-dht as it comes, one
 * after the other in one run. All have the same job: find 50 workers *with their records*, checked and up to date, half of
 * them renewed since the last time. Cached results are not used, except for `findCached50`.
 */
export const discovery: Benchmark = {
  name: 'discovery',
  summary: 'joining, announcing and finding 50 workers among 100 nodes, beside hyperdht and stock kad-dht',
  targets: {
    'joinToFirstLookup.p50': { atMost: 300 },
    'announce.p50': { atMost: 25 },
    'findWarm50.p50': { atMost: 1.5 },
    'findWarm50.p99': { atMost: 8 },
    'findCold50.p50': { atMost: 40 },
    findsPerSecond50way: { atLeast: 800 },
    'findCached50.p50Us': { atMost: 50 },
    keptOf50: { atLeast: 50 },
  },
  async run(options) {
    const ours = await measureOurs(options)
    const hyperdht = await measureOther('hyperdht', startHyperdht, hyperdhtPlan, options)
    const kad = await measureOther('stock kad-dht', () => startKad(options.signal), kadPlan, options)
    const ourFindMs = ours['findWarm50.p50']
    return {
      settings: {
        networkSize,
        workerCount,
        rounds: ourPlan.rounds,
        requesters: ourPlan.requesters,
        ...(typeof hyperdht === 'string' ? { 'hyperdht failed': hyperdht } : {}),
        ...(typeof kad === 'string' ? { 'stock kad-dht failed': kad } : {}),
      },
      metrics: {
        ...ours,
        ...(typeof hyperdht === 'string' ? {} : comparison('hyperdht', hyperdht)),
        ...(typeof kad === 'string' ? {} : comparison('kad', kad)),
        ...(typeof hyperdht === 'string' ? {} : { ratioHyperdhtFindWarm50: ourFindMs / hyperdht.findMs }),
        ...(typeof kad === 'string' ? {} : { ratioKadFindWarm50: ourFindMs / kad.findMs }),
      },
    }
  },
}

async function measureOurs(options: BenchmarkOptions) {
  const { progress, repeats, signal } = options
  progress(`ours: starting ${networkSize} nodes`)
  const network = await startOurs(signal)
  try {
    progress(`ours: ${workerCount} workers announce themselves at once`)
    await network.publishAll()
    progress('ours: first finds')
    const cold = await findFirst(network)
    progress('ours: opening streams to the registrars')
    for (let time = 0; time < streamOpeningFinds; time++)
      for (let requester = 0; requester < network.requesters.length; requester++) await network.find(requester)
    const times = noTimes()
    const perSecond: number[] = []
    const cachedUs: number[] = []
    for (let repeat = 1; repeat <= repeats; repeat++) {
      progress(`ours: finding, announcing and joining, ${repeat} of ${repeats}`)
      perSecond.push(await flood(network))
      cachedUs.push(await findCached(network.requesters[repeat]))
      await measureRepeat(network, ourPlan, times, signal)
    }
    const figures = figuresOf(times)
    return {
      'joinToFirstLookup.p50': figures.joinMs,
      'announce.p50': figures.announceMs,
      'findWarm50.p50': figures.findMs,
      'findWarm50.p99': figures.findP99Ms,
      'findWarm50Checked.p50': figures.checkedMs,
      'findCold50.p50': median(cold),
      findsPerSecond50way: median(perSecond),
      'findCached50.p50Us': median(cachedUs),
      keptOf50: figures.found.least,
    }
  } finally {
    await network.stop()
  }
}

/** The figures of another network, or why it could not do the job: that must not lose our own. */
async function measureOther(
  name: string,
  start: () => Promise<DiscoveryNetwork>,
  plan: DiscoveryPlan,
  { progress, repeats, signal }: BenchmarkOptions,
): Promise<DiscoveryFigures | string> {
  progress(`${name}: starting ${networkSize} nodes`)
  let network: DiscoveryNetwork | undefined
  try {
    network = await start()
    progress(`${name}: ${workerCount} workers announce themselves`)
    await network.publishAll()
    const times = noTimes()
    const end = performance.now() + repeatingLimitMs
    for (let repeat = 1; repeat <= repeats && performance.now() < end; repeat++) {
      progress(`${name}: finding, announcing and joining, ${repeat} of ${repeats}`)
      await measureRepeat(network, plan, times, signal)
    }
    return figuresOf(times)
  } catch (error) {
    signal.throwIfAborted()
    return error instanceof Error ? error.message : String(error)
  } finally {
    await network?.stop()
  }
}

function comparison(name: string, figures: DiscoveryFigures) {
  return {
    [`${name}.joinToFirstLookup.p50`]: figures.joinMs,
    [`${name}.announce.p50`]: figures.announceMs,
    [`${name}.findWarm50.p50`]: figures.findMs,
    [`${name}.findWarm50.p99`]: figures.findP99Ms,
    [`${name}.foundOf50`]: figures.found.median,
  }
}

/** Nodes that have been in the network for a while, but never asked for the service. */
async function findFirst(network: OurNetwork): Promise<number[]> {
  const times: number[] = []
  for (let requester = 0; requester < coldFinders; requester++) times.push(await elapsed(() => network.find(requester)))
  return times
}

/** Finds a second with 50 in flight, from as many nodes as there are requesters. */
async function flood(network: OurNetwork): Promise<number> {
  const end = performance.now() + floodMs
  let finds = 0
  const ask = async (_: unknown, requester: number) => {
    while (performance.now() < end) {
      await (await network.find(requester)).check?.()
      finds++
    }
  }
  await Promise.all(Array.from({ length: 50 }, ask))
  return (finds * second) / floodMs
}

async function findCached(node: TestNode | undefined): Promise<number> {
  const times: number[] = []
  await node?.directory.cache.lookup('ocr')
  for (let asked = 0; asked < cachedFinds; asked++)
    times.push(await elapsed(async () => node?.directory.cache.lookup('ocr')))
  return median(times) * 1_000
}
