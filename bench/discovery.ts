import { serviceKey } from '../src/main/directory/keys.ts'
import { createTestNode, ocrDraft, startTestNetwork, type TestNode } from '../src/main/directory/test-network.ts'
import { minute } from '../src/shared/units.ts'
import { type Benchmark, type BenchmarkOptions, median } from './benchmark.ts'
import { measureHyperdht } from './discovery-hyperdht.ts'
import { measureKad } from './discovery-kad.ts'
import { elapsed, percentile, until } from './timing.ts'

const networkSize = 100
const workerCount = 50
const warmRounds = 20
const newcomersPerRepeat = 3
const floodMs = 2_000

/** Joining, announcing and finding among 100 nodes in one process, beside hyperdht and kad-dht as it comes. */
export const discovery: Benchmark = {
  name: 'discovery',
  summary: 'joining, announcing and finding 50 workers among 100 nodes, beside hyperdht and stock kad-dht',
  async run(options) {
    options.progress('hyperdht: 100 nodes')
    const hyperdht = await measureHyperdht(networkSize, workerCount, options)
    options.progress('stock kad-dht: 100 nodes')
    const kad = await measureKad(networkSize, workerCount, options)
    options.progress('this network: 100 nodes')
    const nodes = await startTestNetwork(networkSize)
    try {
      const metrics = await measureOurs(nodes, options)
      return {
        settings: { networkSize, workerCount, repeats: options.repeats },
        metrics: {
          ...metrics,
          'hyperdht.findWarm50.p50': hyperdht,
          'kad.findWarm50.p50': kad,
          ratioHyperdhtFindWarm50: metrics['findWarm50.p50'] / hyperdht,
          ratioKadFindWarm50: metrics['findWarm50.p50'] / kad,
        },
      }
    } finally {
      await Promise.all(nodes.map(node => node.stop()))
    }
  },
}

async function measureOurs(nodes: TestNode[], options: BenchmarkOptions) {
  const workers = nodes.slice(0, workerCount)
  const requesters = nodes.slice(workerCount)
  options.progress('50 workers announce themselves at once')
  for (const worker of workers) worker.directory.announcer.update(ocrDraft())
  const [first] = requesters
  if (first === undefined) throw new Error('expected nodes that do not work')
  await until(async () => (await find(first)) === workerCount, minute, options.signal)
  const keptOf50 = await find(first)

  options.progress('first finds')
  const cold: number[] = []
  for (const requester of requesters.slice(1, 21)) cold.push(await elapsed(() => find(requester)))

  options.progress('finds after half of the workers have renewed')
  const warm: number[] = []
  for (let round = 0; round < warmRounds * options.repeats; round++) {
    await renewHalf(workers, round, options.signal)
    for (let asked = 0; asked < 5; asked++) warm.push(await elapsed(() => find(first)))
  }

  options.progress('finds from the cache')
  await first.directory.cache.lookup('ocr')
  const cached: number[] = []
  for (let asked = 0; asked < 2_000; asked++) cached.push(await elapsed(() => first.directory.cache.lookup('ocr')))

  options.progress('finds, 50 at a time')
  const findsPerSecond = await flood(first)

  options.progress('announcing')
  const announce: number[] = []
  const [announcer] = workers
  if (announcer === undefined) throw new Error('expected workers')
  for (let round = 0; round < 3 * options.repeats; round++) {
    announce.push(await elapsed(() => announceAnew(announcer, round, options.signal)))
    // Registrars take one announcement a second from a peer in the long run.
    await until(() => Promise.resolve(false), 1_500, options.signal)
  }

  const join: number[] = []
  for (let round = 0; round < newcomersPerRepeat * options.repeats; round++) {
    options.progress(`newcomer ${round + 1}`)
    join.push(await joinAndFind(nodes[round % nodes.length], options.signal))
  }
  return {
    'joinToFirstLookup.p50': median(join),
    'announce.p50': median(announce),
    'findWarm50.p50': median(warm),
    'findWarm50.p99': percentile(warm, 0.99),
    'findCold50.p50': median(cold),
    findsPerSecond50way: findsPerSecond,
    'findCached50.p50Us': median(cached) * 1_000,
    keptOf50,
  }
}

async function find(node: TestNode): Promise<number> {
  return (await node.directory.finder.find(serviceKey('ocr'), { limit: workerCount })).length
}

/** Every other worker changes between two states, which it announces at once. */
async function renewHalf(workers: TestNode[], round: number, signal: AbortSignal): Promise<void> {
  const renewing = workers.filter((_, index) => index % 2 === round % 2)
  const state = Math.floor(round / 2) % 2 === 0 ? 'draining' : 'donating'
  for (const worker of renewing) worker.directory.announcer.update(ocrDraft({ state }))
  await until(() => Promise.resolve(renewing.every(worker => worker.directory.announcer.settled)), minute, signal)
}

async function flood(node: TestNode): Promise<number> {
  const end = performance.now() + floodMs
  let finds = 0
  const asker = async () => {
    while (performance.now() < end) {
      await find(node)
      finds++
    }
  }
  await Promise.all(Array.from({ length: 50 }, asker))
  return (finds * 1_000) / floodMs
}

async function announceAnew(worker: TestNode, round: number, signal: AbortSignal): Promise<void> {
  const { announcer } = worker.directory
  announcer.update(ocrDraft({ location: `place-${round}` }))
  await until(() => Promise.resolve(announcer.settled), minute, signal)
}

async function joinAndFind(seed: TestNode | undefined, signal: AbortSignal): Promise<number> {
  const node = await createTestNode({ seeds: seed?.seeds() ?? [] })
  try {
    return await elapsed(async () => {
      await node.start()
      await until(async () => (await find(node)) > 0, minute, signal)
    })
  } finally {
    await node.stop()
  }
}
