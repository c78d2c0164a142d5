import { Miniflare } from 'miniflare'
import { createEdgeApp } from '../src/edge-router/edge-app.ts'
import { bundleWorker } from '../src/edge-router/testing/bundle-worker.ts'
import { memoryTable, storeOf } from '../src/edge-router/testing/memory-table.ts'
import { makeRegistration, makeSigner, networkName } from '../src/edge-router/testing/test-coordinator.ts'
import { type CaKey, generateCaKey } from '../src/shared/membership/ca-key.ts'
import { networkId } from '../src/shared/membership/network-id.ts'
import { KiB, minute } from '../src/shared/units.ts'
import { type Benchmark, type BenchmarkOptions, median } from './benchmark.ts'
import { percentile } from './timing.ts'

const edgeUrl = 'https://edge.example.org'
const operatorToken = 'operator'.repeat(8)
const coordinators = 20
const requests = 1_000
const registrations = 200
/** Of a request to Cloudflare's free plan. */
const allowedCpuMs = 10

/**
 * What a request costs the edge router. The CPU time that Cloudflare counts cannot be read in workerd, so the same handler is
 * run in Node, where it can, with the same signatures to check; and the Worker in workerd, from outside, by the clock.
 */
export const edge: Benchmark = {
  name: 'edge',
  summary: `CPU of a request to the edge router with ${coordinators} coordinators, of ${allowedCpuMs} ms allowed`,
  targets: {
    bootstrapCpuMs: { atMost: 10 },
    bootstrapFromStorageCpuMs: { atMost: 10 },
    registerCpuMs: { atMost: 10 },
  },
  async run(options) {
    const bundle = await bundleWorker()
    const cpu = await measureCpu(options)
    const wall = await measureWall(bundle, options)
    return {
      settings: { coordinators, requests, registrations, allowedCpuMs, bundleKiB: Math.round(bundle.length / KiB) },
      metrics: { ...cpu, ...wall },
    }
  },
}

/** The handler in this process, on SQLite in memory; time goes by as it is told. */
async function measureCpu({ progress, repeats, signal }: BenchmarkOptions): Promise<Record<string, number>> {
  const ca = await generateCaKey()
  let now = Date.now()
  const network = { networkId: networkId(networkName, ca.publicKey), caPublicKey: ca.publicKey }
  const app = createEdgeApp(
    {
      store: storeOf(memoryTable(), () => now),
      copy: { read: async () => undefined, write: async () => undefined },
      clock: { now: () => now, delay: () => new Promise(() => undefined) },
      report: (message, error) => {
        throw new Error(message, { cause: error })
      },
    },
    { ...network, operatorToken },
  )
  const context = { waitUntil: () => undefined, passThroughOnException: () => undefined, props: {} }
  const ask: Ask = async (path, init) => app.fetch(new Request(edgeUrl + path, init), {}, context)
  for (const body of await makeBodies(ca, coordinators, now)) await register(ask, body)
  const figures: { warm: number; fresh: number; register: number }[] = []
  while (figures.length < repeats) {
    signal.throwIfAborted()
    progress(`CPU, ${figures.length + 1} of ${repeats}`)
    const warm = await cpuOf(requests, () => bootstrap(ask))
    const fresh = await cpuOf(requests, () => {
      // What is kept in memory is old by now: the storage is asked again.
      now += minute
      return bootstrap(ask)
    })
    const bodies = await makeBodies(ca, registrations, now)
    const registered = await cpuOf(registrations, () => register(ask, bodies.pop() ?? ''))
    figures.push({ warm, fresh, register: registered })
  }
  return {
    bootstrapCpuMs: median(figures.map(({ warm }) => warm)),
    bootstrapFromStorageCpuMs: median(figures.map(({ fresh }) => fresh)),
    registerCpuMs: median(figures.map(({ register }) => register)),
  }
}

/** The Worker as it is deployed, in the Workers runtime: what a client on the same machine waits. */
async function measureWall(bundle: string, { progress }: BenchmarkOptions): Promise<Record<string, number>> {
  progress('in workerd')
  const ca = await generateCaKey()
  const miniflare = new Miniflare({
    modules: true,
    script: bundle,
    compatibilityDate: '2026-07-01',
    cf: false,
    bindings: { NETWORK_NAME: networkName, NETWORK_CA_KEY: ca.publicKey, OPERATOR_TOKEN: operatorToken },
    durableObjects: { COORDINATORS: { className: 'Coordinators', useSQLite: true } },
  })
  try {
    const ask: Ask = async (path, init) => {
      const response = await miniflare.dispatchFetch(edgeUrl + path, init)
      return new Response(await response.arrayBuffer(), { status: response.status })
    }
    const bodies = await makeBodies(ca, coordinators + registrations, Date.now())
    for (const body of bodies.splice(0, coordinators)) await register(ask, body)
    const bootstraps = await timesOf(requests, () => bootstrap(ask))
    const registered = await timesOf(registrations, () => register(ask, bodies.pop() ?? ''))
    return {
      bootstrapWallP50: percentile(bootstraps, 0.5),
      bootstrapWallP99: percentile(bootstraps, 0.99),
      registerWallP50: percentile(registered, 0.5),
      registerWallP99: percentile(registered, 0.99),
    }
  } finally {
    await miniflare.dispose()
  }
}

type Ask = (path: string, init?: { method: string; body: string; headers: Record<string, string> }) => Promise<Response>

async function bootstrap(ask: Ask): Promise<void> {
  await expectGood(await ask('/api/dht/bootstrap'))
}

let clients = 0

/** Each from an address of its own, so that no limit is met. */
async function register(ask: Ask, body: string): Promise<void> {
  const headers = { 'cf-connecting-ip': `client-${clients++}`, 'content-type': 'application/json' }
  await expectGood(await ask('/api/coordinator/register', { method: 'POST', body, headers }))
}

async function expectGood(response: Response): Promise<void> {
  const text = await response.text()
  if (!response.ok) throw new Error(`expected an answer, got status ${response.status}: ${text}`)
}

function makeBodies(ca: CaKey, count: number, now: number): Promise<string[]> {
  const bodies = Array.from({ length: count }, async () => {
    const { registration } = await makeRegistration({
      ca,
      signer: await makeSigner(),
      edgeUrl,
      now,
      location: 'london',
    })
    return JSON.stringify({ registration })
  })
  return Promise.all(bodies)
}

/** CPU of this process and its threads for one of `count` runs, in milliseconds. */
async function cpuOf(count: number, action: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage()
  for (let run = 0; run < count; run++) await action()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1_000 / count
}

async function timesOf(count: number, action: () => Promise<void>): Promise<number[]> {
  const times: number[] = []
  for (let run = 0; run < count; run++) {
    const startedAt = performance.now()
    await action()
    times.push(performance.now() - startedAt)
  }
  return times
}
