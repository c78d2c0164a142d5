import { seededRandom } from '../e2e/support/scripted-node.ts'
import { createEdgeApp } from '../src/edge-router/edge-app.ts'
import { memoryTable, storeOf } from '../src/edge-router/testing/memory-table.ts'
import { createLog, LogBuffer } from '../src/main/log.ts'
import type { RequestKind } from '../src/shared/schema/edge-api.ts'
import { day, hour, type Milliseconds, minute } from '../src/shared/units.ts'
import type { Benchmark, BenchmarkOptions } from './benchmark.ts'
import { SimulatedClock } from './simulation/simulated-clock.ts'
import { makeCoordinator, makeNetwork, SimulatedNode, type World } from './traffic/simulated-nodes.ts'
import { SimulatedWeb } from './traffic/simulated-web.ts'
import { SimulatedWires } from './traffic/simulated-wires.ts'

const coordinators = 3
const operatorPolls = 6
const edgeUrl = 'https://edge.example.org'
const operatorToken = 'operator'.repeat(8)
/** Midnight UTC, so that the measured day is one of the edge router's. */
const midnight = Date.UTC(2026, 6, 2)
/** The network forms before the day that is measured. */
const headStartMs = 1 * hour

interface Size {
  workers: number
  /** Of those, how many come for the first time during the day. */
  newWorkers: number
}

/**
 * What a day costs the edge router's free plan. Nodes and coordinators run their own code for getting in, keeping seeds
 * and registering, and the edge router its own handler; simulated are time, connections and the web between them.
 */
export const traffic: Benchmark = {
  name: 'traffic',
  summary: 'requests to the edge router in 24 hours, of 20 and of 2,000 workers that all restart once',
  targets: {
    edgeRequests20: { atMost: 25 },
    edgeRequests2000: { atMost: 100 },
  },
  async run(options) {
    const small = await measureDay({ workers: 20, newWorkers: 1 }, options)
    const large = await measureDay({ workers: 2_000, newWorkers: 20 }, options)
    return {
      settings: { coordinators, operatorPolls, newOf20: 1, newOf2000: 20, restartsOfEach: 1 },
      metrics: {
        edgeRequests20: total(small),
        edgeBootstraps20: small.bootstrap ?? 0,
        edgeRegistrations20: small.register ?? 0,
        edgeRequests2000: total(large),
        edgeBootstraps2000: large.bootstrap ?? 0,
        edgeRegistrations2000: large.register ?? 0,
      },
    }
  },
}

type Counts = Partial<Record<RequestKind, number>>

/** Requests that the edge router has counted in the day, by kind. */
async function measureDay({ workers, newWorkers }: Size, { progress, signal }: BenchmarkOptions): Promise<Counts> {
  const clock = new SimulatedClock(midnight - headStartMs)
  const web = new SimulatedWeb()
  const uninstall = web.install()
  const random = seededRandom(workers)
  const wires = new SimulatedWires(random)
  // Nothing of this is expected to be worth a warning.
  const log = createLog({ level: 'warn', buffer: new LogBuffer() })
  const world: World = { wires, web, clock, log, edgeUrl, network: await makeNetwork('traffic') }
  const counts = serveEdge(world)
  const plan = new DayPlan(clock, random)
  try {
    const known = await makeNodes(coordinators, index => makeCoordinator(world, index))
    const first = known.length
    const old = await makeNodes(workers - newWorkers, index => SimulatedNode.make(world, first + index))
    const young = await makeNodes(newWorkers, index => SimulatedNode.make(world, workers + index))
    for (const [index, node] of [...known, ...old].entries()) plan.at(index * 100, () => node.start())
    for (const node of [...known, ...old]) plan.duringTheDay(() => restart(node, plan, random))
    for (const node of young) plan.duringTheDay(() => node.start())
    for (let poll = 0; poll < operatorPolls; poll++) plan.duringTheDay(askForMetrics)
    await runUntil(midnight)
    const before = counts()
    await runUntil(midnight + day)
    const failed = plan.failures[0]
    if (failed !== undefined) throw failed
    for (const { peers } of [...known, ...old, ...young].map(node => ({ peers: node.host.peers().length })))
      if (peers === 0) throw new Error('expected each node to end the day in the network')
    return difference(counts(), before)
  } finally {
    uninstall()
  }

  async function runUntil(end: Milliseconds): Promise<void> {
    let nextWord = clock.now()
    for (;;) {
      const { dials } = wires
      const due = clock.step(end)
      // Most of what repeats finds nothing to do; a dial is over at once, requests and signatures take real time.
      if (due === 'once' || wires.dials > dials) await new Promise(resolve => setImmediate(resolve))
      if (web.stirred) await web.settle()
      if (due === 'nothing') return
      if (clock.now() < nextWord) continue
      nextWord += 15 * minute
      signal.throwIfAborted()
      progress(`${workers} workers, hour ${Math.round((clock.now() - midnight) / hour)} of 24`)
      await new Promise(resolve => setImmediate(resolve))
    }
  }
}

/** What happens when, as timers of the simulated clock. */
class DayPlan {
  readonly failures: unknown[] = []
  readonly #clock: SimulatedClock
  readonly #random: () => number

  constructor(clock: SimulatedClock, random: () => number) {
    this.#clock = clock
    this.#random = random
  }

  at(delayMs: Milliseconds, action: () => Promise<unknown>): void {
    this.#clock.after(delayMs, () => void action().catch(error => this.failures.push(error)))
  }

  /** At some moment of the day that is measured, an hour before its end at the latest. */
  duringTheDay(action: () => Promise<unknown>): void {
    this.at(headStartMs + this.#random() * 23 * hour, action)
  }
}

/** Stops a node for one to three minutes. */
async function restart(node: SimulatedNode, plan: DayPlan, random: () => number): Promise<void> {
  await node.stop()
  plan.at((1 + 2 * random()) * minute, () => node.start())
}

async function askForMetrics(): Promise<void> {
  const headers = { authorization: `Bearer ${operatorToken}` }
  const response = await fetch(`${edgeUrl}/api/admin/metrics`, { headers })
  if (!response.ok) throw new Error(`expected the edge router's metrics, got status ${response.status}`)
}

/** The edge router's own handler on a table in memory; returns what it has counted so far. */
function serveEdge({ web, clock, network }: World): () => Counts {
  const table = memoryTable()
  const edge = createEdgeApp(
    {
      store: storeOf(table, () => clock.now()),
      copy: { read: async () => undefined, write: async () => undefined },
      clock: { now: () => clock.now(), delay: ms => new Promise(resolve => clock.after(ms, resolve)) },
      report: (message, error) => {
        throw new Error(message, { cause: error })
      },
    },
    { networkId: network.networkId, caPublicKey: network.ca.publicKey, operatorToken },
  )
  const context = { waitUntil: () => undefined, passThroughOnException: () => undefined, props: {} }
  web.serve(edgeUrl, async request => edge.fetch(request, {}, context))
  return () => {
    const counted: Counts = {}
    for (const { kind, count } of table.counts()) counted[kind] = (counted[kind] ?? 0) + count
    return counted
  }
}

function makeNodes(count: number, make: (index: number) => Promise<SimulatedNode>): Promise<SimulatedNode[]> {
  return Promise.all(Array.from({ length: count }, (_, index) => make(index)))
}

function difference(after: Counts, before: Counts): Counts {
  const kinds = Object.keys(after) as RequestKind[]
  return Object.fromEntries(kinds.map(kind => [kind, (after[kind] ?? 0) - (before[kind] ?? 0)]))
}

function total(counts: Counts): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0)
}
