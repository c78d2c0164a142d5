import { drawPage } from '../e2e/support/letters.ts'
import { second } from '../src/shared/units.ts'
import { type Benchmark, type BenchmarkOptions, median } from './benchmark.ts'
import { type ArrivalFigures, sendArrivals } from './load/arrivals.ts'
import { EventLoopWatch } from './load/event-loop.ts'
import { LoadNetwork, requesterCount, workerCount, workMs } from './load/load-network.ts'
import type { LoadNode } from './load/load-node.ts'
import { percentile } from './timing.ts'

const perSecond = 200
const forMs = 60 * second
/** One request in so many is a page for ocr. */
const pageEvery = 200
const warmUpMs = 5 * second
const parallelFinds = 200
const hedgingForMs = 15 * second
/** In each process so many workers hang each time after so many jobs, for so long. */
const stalls = { workers: 3, every: 4, ms: second }

/** A hundred workers and 200 requests a second for a minute, some of them pages for the real ocr; then some workers hang. */
export const load: Benchmark = {
  name: 'load',
  summary: '200 requests a second among 100 workers for a minute, real ocr among them; hedging on and off',
  targets: {
    sustainedPerSecond: { atLeast: 200 },
    lost: { atMost: 0 },
    p99: { atMost: 100 },
    maxShareOfOneWorker: { atMost: 3 },
    cacheHitRate: { atLeast: 0.95 },
    dhtHitRate: { atLeast: 0.98 },
    parallelFinds200: { atLeast: 200 },
    'eventLoopDelay.p99': { atMost: 20 },
    'eventLoopDelay.max': { atMost: 100 },
  },
  async run(options) {
    const network = new LoadNetwork()
    try {
      await network.start(options.progress, options.signal)
      const requesters = await network.addRequesters(options.progress, options.signal)
      const steady = await measureSteady(network, requesters, options)
      const hedging = await measureHedging(network, requesters, options)
      return {
        settings: {
          ...{ workerCount, requesterCount, perSecond, seconds: forMs / second, pageEvery, workMs },
          missingConnections: network.missingConnections,
          ...steady.lost,
        },
        metrics: { ...steady.metrics, ...hedging },
      }
    } finally {
      await network.stop()
    }
  },
}

async function measureSteady(network: LoadNetwork, requesters: readonly LoadNode[], options: BenchmarkOptions) {
  const { progress, signal } = options
  const png = await drawPage(['Leeds LS1 4AP', 'Reference 48213'], { width: 480, height: 160 }).png().toBuffer()
  const page = { png, every: pageEvery }
  const common = { requesters, perSecond, signal }
  progress('warming up')
  await sendArrivals({ ...common, forMs: warmUpMs, page: { png, every: 50 }, onProgress: () => undefined })
  const eventLoop = new EventLoopWatch()
  await network.beginMeasuring()
  eventLoop.start()
  const onProgress = (sent: number) => progress(`${sent} of about ${(perSecond * forMs) / second} requests sent`)
  const arrivals = await sendArrivals({ ...common, forMs, page, onProgress })
  const own = eventLoop.figures()
  const figures = await network.figures()
  const light = figures.flatMap(each => each.light)
  const answered = arrivals.lightMs.length + arrivals.pageMs.length
  const all = [...arrivals.lightMs, ...arrivals.pageMs]
  progress(`${parallelFinds} finds at once`)
  return {
    lost: Object.fromEntries([...arrivals.lost].map(([what, count]) => [`lost to ${what}`, count])),
    metrics: {
      sustainedPerSecond: (answered * second) / arrivals.tookMs,
      lost: sum(arrivals.lost.values()),
      p50: percentile(all, 0.5),
      p99: percentile(all, 0.99),
      'page.p50': percentile(arrivals.pageMs, 0.5),
      maxShareOfOneWorker: (Math.max(...light) * light.length) / sum(light),
      ...hitRates(requesters),
      parallelFinds200: await findAtOnce(network, requesters),
      'eventLoopDelay.p99': own.p99,
      'eventLoopDelay.max': own.max,
      'workers.eventLoopDelay.p99': Math.max(...figures.map(each => each.eventLoop.p99)),
      'workers.eventLoopDelay.max': Math.max(...figures.map(each => each.eventLoop.max)),
    },
  }
}

function hitRates(requesters: readonly LoadNode[]) {
  const totals = requesters.map(({ requests }) => requests.counters.snapshot(0))
  const hits = sum(totals.map(each => each.cacheHits))
  const lookups = sum(totals.map(each => each.dhtLookups))
  return {
    cacheHitRate: hits / (hits + sum(totals.map(each => each.cacheMisses))),
    dhtHitRate: lookups === 0 ? 1 : sum(totals.map(each => each.dhtHitRate * each.dhtLookups)) / lookups,
  }
}

/** How many of 200 lookups, all at once and past the cache, named workers. */
async function findAtOnce(network: LoadNetwork, requesters: readonly LoadNode[]): Promise<number> {
  const finds = Array.from({ length: parallelFinds }, (_, index) => {
    const requester = requesters[index % requesters.length]
    return requester === undefined ? Promise.resolve(0) : network.found(requester).catch(() => 0)
  })
  return (await Promise.all(finds)).filter(found => found > 0).length
}

/** The same requests while some workers hang now and then, with hedging and without, in turns, all experience forgotten. */
async function measureHedging(network: LoadNetwork, requesters: readonly LoadNode[], options: BenchmarkOptions) {
  const off: ArrivalFigures[] = []
  const on: ArrivalFigures[] = []
  let extra = 0
  const who = { network, requesters }
  await network.stall(stalls)
  for (let repeat = 1; repeat <= options.repeats; repeat++) {
    off.push((await measureStalls({ ...who, hedging: false, repeat }, options)).arrivals)
    const hedged = await measureStalls({ ...who, hedging: true, repeat }, options)
    on.push(hedged.arrivals)
    extra += hedged.extra
  }
  const tail = (runs: ArrivalFigures[], share: number) => median(runs.map(({ lightMs }) => percentile(lightMs, share)))
  return {
    'hedging.off.p50': tail(off, 0.5),
    'hedging.on.p50': tail(on, 0.5),
    'hedging.off.p99': tail(off, 0.99),
    'hedging.on.p99': tail(on, 0.99),
    'hedging.off.lost': sum(off.flatMap(({ lost }) => [...lost.values()])),
    'hedging.on.lost': sum(on.flatMap(({ lost }) => [...lost.values()])),
    'hedging.extraShare': extra / sum(on.map(({ sent }) => sent)),
  }
}

interface StallsInit {
  network: LoadNetwork
  requesters: readonly LoadNode[]
  hedging: boolean
  repeat: number
}

async function measureStalls({ network, requesters, hedging, repeat }: StallsInit, options: BenchmarkOptions) {
  const { progress, repeats, signal } = options
  await Promise.all(requesters.map(requester => requester.startAfresh({ hedging })))
  // Each has told all its peers that it serves anew: nobody is to wait for that.
  await network.atRest(signal)
  const label = `workers that hang, hedging ${hedging ? 'on' : 'off'}, ${repeat} of ${repeats}`
  const onProgress = (sent: number) => progress(`${label}: ${sent} requests sent`)
  const arrivals = await sendArrivals({ requesters, perSecond, forMs: hedgingForMs, signal, onProgress })
  const extra = sum(requesters.map(({ requests }) => requests.counters.snapshot(0).hedgedRequests))
  return { arrivals, extra }
}

function sum(values: Iterable<number>): number {
  let total = 0
  for (const value of values) total += value
  return total
}
