import { Readable } from 'node:stream'
import { request as httpRequest, Pool } from 'undici'
import { systemClock } from '../src/main/clock.ts'
import { WorkerCache } from '../src/main/directory/cache.ts'
import { createTestHost } from '../src/main/directory/test-network.ts'
import { createLog, LogBuffer } from '../src/main/log.ts'
import { ReputationBook } from '../src/main/routing/reputation-book.ts'
import { WorkerChoice } from '../src/main/routing/worker-choice.ts'
import { WorkerExperience } from '../src/main/routing/worker-experience.ts'
import { KiB, MiB, minute, second } from '../src/shared/units.ts'
import { type Benchmark, type BenchmarkOptions, median } from './benchmark.ts'
import { fixedWorkers, viewOf } from './routing/fixed-workers.ts'
import { forward, oneByOne, payload, warmUps } from './routing/light-request.ts'
import { LightServices, lightService } from './routing/light-services.ts'
import { benchToken, type RoutingNode, startRoutingNode } from './routing/routing-node.ts'
import { RoutingProcess } from './routing/routing-process.ts'
import { slots } from './routing/routing-words.ts'
import { measureWays } from './routing/ways.ts'
import { elapsed, percentile } from './timing.ts'

const cachedWorkers = 50
const decisions = 20_000
const requests = 2_000
const inFlight = 50
const floodMs = 2 * second
const uploadBytes = 100 * MiB
const failoversPerRepeat = 5

/** Deciding where a request goes and sending it there: a requester in this process, workers in others. 1 KiB in and out. */
export const routing: Benchmark = {
  name: 'routing',
  summary: 'deciding, forwarding 1 KiB by each way beside plain HTTP, a large upload, a worker killed',
  targets: {
    'decideCached.p50Us': { atMost: 20 },
    'forwardDirect.p50': { atMost: 0.6 },
    forwardPerSecond50way: { atLeast: 3000 },
    ratioPlainHttp: { atMost: 4 },
    rssGrowth100MiB: { atMost: 20 },
    'failover.p50': { atMost: 500 },
    'failover.max': { atMost: 2000 },
  },
  async run(options) {
    const { progress, repeats } = options
    progress('deciding')
    const decideUs = await repeated(repeats, async () => percentile(await decide(), 0.5) * 1_000)
    const forwarding = await measureForwarding(options)
    const ways = await measureWays(options, requests)
    const rssGrowth = await measureUpload(options)
    const failover = await measureFailover(options)
    return {
      settings: {
        bytes: payload.length,
        cachedWorkers,
        inFlight,
        uploadMiB: uploadBytes / MiB,
        failovers: failover.length,
        ...ways.skipped,
      },
      metrics: {
        'decideCached.p50Us': median(decideUs),
        ...forwarding,
        ...ways.metrics,
        rssGrowth100MiB: median(rssGrowth),
        'failover.p50': percentile(failover, 0.5),
        'failover.max': Math.max(...failover),
      },
    }
  },
}

async function repeated(times: number, measure: () => Promise<number>): Promise<number[]> {
  const figures: number[] = []
  for (let repeat = 0; repeat < times; repeat++) figures.push(await measure())
  return figures
}

/** Times of asking the cache and choosing among 50 workers that have all been asked before. */
async function decide(): Promise<number[]> {
  const known = Array.from({ length: cachedWorkers }, (_, index) => viewOf({ peerId: `w${index}`, addresses: [] }))
  const log = createLog({ level: 'error', buffer: new LogBuffer() })
  const cache = new WorkerCache(
    { find: async () => ({ workers: known, others: false, check: async () => [] }), clock: systemClock, log },
    { cacheTtlMs: 10 * minute },
  )
  const experience = new WorkerExperience({ clock: systemClock })
  for (const view of known) experience.begin(view, lightService).answered(20 + Math.random() * 20, 'direct')
  const reputation = new ReputationBook({ clock: systemClock, log }, { networkId: 'bench' })
  for (const { peerId } of known) for (let check = 0; check < 4; check++) reputation.note(peerId, 'agreed')
  const choice = new WorkerChoice(
    { experience, reputation, networkClock: systemClock },
    { location: () => undefined, random: Math.random },
  )
  await cache.lookup(lightService)
  const times: number[] = []
  for (let index = 0; index < decisions; index++) {
    const start = performance.now()
    const { workers } = await cache.lookup(lightService)
    choice.next({ service: lightService, known: workers, asked: new Set() })
    times.push(performance.now() - start)
  }
  return times.slice(decisions / 10)
}

/** A node in this process that asks the workers it is told of. */
interface Requester {
  readonly node: RoutingNode
  readonly workers: ReturnType<typeof fixedWorkers>
  stop(): Promise<void>
}

async function startRequester(): Promise<Requester> {
  const host = await createTestHost({ network: 'bench' })
  await host.start()
  const services = new LightServices({ slots, bound: slots, workMs: 0, answer: 'echo' })
  services.setOffered(false)
  const workers = fixedWorkers([])
  const node = await startRoutingNode({ host, services, workers })
  return {
    node,
    workers,
    async stop() {
      await node.stop()
      await host.stop()
    },
  }
}

async function measureForwarding({ progress, repeats, signal }: BenchmarkOptions) {
  const worker = await RoutingProcess.start({ answer: 'echo' })
  const requester = await startRequester()
  const plain = new Pool(worker.plainUrl, { connections: inFlight, pipelining: 1 })
  const viaPlain = async () => {
    const response = await plain.request({ method: 'POST', path: '/', body: payload })
    await response.body.arrayBuffer()
  }
  const viaNode = () => forward(requester.node)
  try {
    requester.workers.set([viewOf(worker)])
    const direct: number[] = []
    const directTail: number[] = []
    const baseline: number[] = []
    const perSecond: number[] = []
    const plainPerSecond: number[] = []
    for (let repeat = 1; repeat <= repeats; repeat++) {
      progress(`forwarding, ${repeat} of ${repeats}`)
      const times = await oneByOne(viaNode, requests, signal)
      direct.push(percentile(times, 0.5))
      directTail.push(percentile(times, 0.99))
      baseline.push(percentile(await oneByOne(viaPlain, requests, signal), 0.5))
      perSecond.push(await flood(viaNode, signal))
      plainPerSecond.push(await flood(viaPlain, signal))
    }
    return {
      'forwardDirect.p50': median(direct),
      'forwardDirect.p99': median(directTail),
      forwardPerSecond50way: median(perSecond),
      ratioPlainHttp: median(direct.map((ms, repeat) => ms / (baseline[repeat] ?? Number.NaN))),
      'plainHttp.p50': median(baseline),
      plainHttpPerSecond50way: median(plainPerSecond),
    }
  } finally {
    await plain.destroy()
    await requester.stop()
    await worker.stop()
  }
}

/** Requests a second with 50 under way. */
async function flood(ask: () => Promise<unknown>, signal: AbortSignal): Promise<number> {
  const end = performance.now() + floodMs
  let done = 0
  const loop = async () => {
    while (performance.now() < end) {
      signal.throwIfAborted()
      await ask()
      done++
    }
  }
  const tookMs = await elapsed(() => Promise.all(Array.from({ length: inFlight }, loop)))
  return (done * second) / tookMs
}

/** By how many MiB a node grows at most while a program uploads 100 MiB through it to a worker; a new node each time. */
async function measureUpload({ progress, repeats, signal }: BenchmarkOptions): Promise<number[]> {
  const worker = await RoutingProcess.start({ answer: 'size' })
  try {
    return await repeated(repeats, async () => {
      progress(`uploading ${uploadBytes / MiB} MiB through a node`)
      const node = await RoutingProcess.start({ answer: 'size', forwardTo: worker })
      try {
        for (let index = 0; index < warmUps; index++) await upload(node.url, payload.length, signal)
        const before = await node.markRss()
        await upload(node.url, uploadBytes, signal)
        return (await node.highestRss()) - before
      } finally {
        await node.stop()
      }
    })
  } finally {
    await worker.stop()
  }
}

async function upload(url: string, bytes: number, signal: AbortSignal): Promise<void> {
  const response = await httpRequest(`${url}/service/${lightService}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${benchToken}`, 'content-length': String(bytes) },
    body: Readable.from(pieces(bytes), { objectMode: false }),
    signal,
  })
  const answer = await response.body.text()
  if (answer !== String(bytes)) throw new Error(`expected the worker to have read ${bytes} bytes, got ${answer}`)
}

async function* pieces(bytes: number) {
  const piece = Buffer.alloc(64 * KiB, 'x')
  for (let left = bytes; left > 0; left -= piece.length) yield piece.subarray(0, Math.min(left, piece.length))
}

/** Times from `kill -9` of the worker that runs a request until another's answer is there. */
async function measureFailover({ progress, repeats, signal }: BenchmarkOptions): Promise<number[]> {
  const times: number[] = []
  const requester = await startRequester()
  const trials = repeats * failoversPerRepeat
  try {
    for (let trial = 1; trial <= trials; trial++) {
      signal.throwIfAborted()
      progress(`killing a worker, ${trial} of ${trials}`)
      times.push(await failOver(requester))
    }
  } finally {
    await requester.stop()
  }
  return times
}

async function failOver({ node, workers }: Requester): Promise<number> {
  const pair = await Promise.all([RoutingProcess.start({ answer: 'echo' }), RoutingProcess.start({ answer: 'echo' })])
  try {
    workers.set(pair.map(viewOf))
    for (const worker of pair) worker.hold(true)
    const answer = forward(node)
    const chosen = await Promise.race(pair.map(worker => worker.begun().then(() => worker)))
    for (const worker of pair) if (worker !== chosen) worker.hold(false)
    return await elapsed(async () => {
      chosen.kill()
      await answer
    })
  } finally {
    await Promise.all(pair.map(worker => worker.stop()))
  }
}
