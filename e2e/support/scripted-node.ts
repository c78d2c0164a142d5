import { systemClock } from '../../src/main/clock.ts'
import { DashboardServer } from '../../src/main/headless/dashboard-server.ts'
import { createLog, LogBuffer } from '../../src/main/log.ts'
import { createRpcHandler } from '../../src/main/rpc/handler.ts'
import { StandInNode } from '../../src/main/rpc/testing/stand-in-node.ts'
import type { Contribution, HourlyTotal } from '../../src/shared/schema/contribution.ts'
import type { Diagnosis } from '../../src/shared/schema/diagnosis.ts'
import type { Job } from '../../src/shared/schema/job.ts'
import { keptLoadPoints, type LoadPoint } from '../../src/shared/schema/load.ts'
import type { PathKind } from '../../src/shared/schema/primitives.ts'
import { latencyBoundsMs, type RoutingReport } from '../../src/shared/schema/routing.ts'
import { engineSettingsSchema, upstreamSettingsSchema } from '../../src/shared/schema/service-settings.ts'
import type { Topology, TopologyNode } from '../../src/shared/schema/topology.ts'
import { sampleServiceNeeds, sampleStatus } from '../../src/shared/testing/samples.ts'
import { day, hour } from '../../src/shared/units.ts'

const alphabet = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'
const locations = ['london', 'leeds', 'glasgow', 'cardiff', 'paris', 'berlin']
const selfId = sampleStatus.self.peerId

/** The same numbers for the same seed (mulberry32), from 0 to 1. */
export function seededRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** A network of `peers` nodes around this one, with `edges` connections in all. */
export function scriptedTopology(peers: number, edges: number, now = Date.now()): Topology {
  const random = seededRandom(peers + 1)
  const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)] as T
  const others = Array.from({ length: peers }, (_, index): TopologyNode => {
    const kind = random()
    const id = Array.from({ length: 44 }, () => pick([...alphabet])).join('')
    const worker = kind > 0.25
    return {
      peerId: `12D3KooW${id}`,
      self: false,
      connected: index < Math.min(peers, 12),
      role: kind < 0.06 ? 'coordinator' : worker ? 'worker' : 'peer',
      services: worker ? (random() > 0.6 ? ['ocr', 'llm-inference'] : ['ocr']) : [],
      ...(worker
        ? {
            state: random() > 0.15 ? ('donating' as const) : ('paused' as const),
            load: Math.round(random() ** 2 * 100) / 100,
            capabilities: {
              workerType: 'desktop' as const,
              cpuThreads: 2 ** (1 + Math.floor(random() * 6)),
              memoryMiB: 8_192 * 2 ** Math.floor(random() * 4),
              gpus: random() > 0.6 ? [{ vendor: 'nvidia' as const, model: 'GeForce RTX 4070', vramMiB: 12_288 }] : [],
            },
          }
        : {}),
      location: pick(locations),
      lastSeen: now - Math.floor(random() * 60_000),
    }
  })
  const self: TopologyNode = {
    peerId: selfId,
    self: true,
    connected: true,
    role: 'worker',
    state: 'donating',
    services: ['ocr'],
    load: 0.35,
    capabilities: sampleStatus.capabilities,
    lastSeen: now,
  }
  const nodes = [self, ...others]
  const links: Topology['edges'] = others
    .filter(node => node.connected)
    .map(({ peerId }) => ({ from: selfId, to: peerId, path: pick(paths), rttMs: Math.round(random() * 600) / 10 }))
  while (others.length > 1 && links.length < edges) {
    const [from, to] = [pick(others).peerId, pick(others).peerId]
    if (from !== to) links.push({ from, to, path: pick(paths), rttMs: Math.round(random() * 900) / 10 })
  }
  return {
    nodes,
    edges: links,
    ring: nodes.map(({ peerId }) => ({ peerId, position: random() })),
    counts: {
      connected: others.filter(node => node.connected).length,
      known: others.length,
      donating: nodes.filter(node => node.state === 'donating').length,
    },
  }
}

const paths: readonly PathKind[] = ['direct', 'direct', 'direct', 'relay', 'tunnel', 'vpn']

/** Two running jobs and a dozen finished ones, between this machine and nodes of the topology. */
export function scriptedJobs(topology: Topology, now = Date.now()): Job[] {
  const random = seededRandom(7)
  const workers = topology.nodes.filter(node => !node.self && node.connected)
  return Array.from({ length: 14 }, (_, index): Job => {
    const peer = workers[index % Math.max(1, workers.length)]?.peerId ?? selfId
    const served = index % 3 !== 2
    const createdAt = now - 2_000 - index * 41_000
    const ended = { startedAt: createdAt + 20, finishedAt: createdAt + 300 + Math.floor(random() * 3_000) }
    const common = {
      id: `request-${String(index).padStart(4, '0')}`,
      role: served ? ('served' as const) : ('requested' as const),
      service: index % 5 === 4 ? 'ner-extraction' : 'ocr',
      requester: served ? peer : selfId,
      worker: served ? selfId : peer,
      path: 'direct' as const,
      createdAt,
      bytesIn: 20_000 + Math.floor(random() * 900_000),
    }
    if (index < 2) return { ...common, state: 'running', startedAt: createdAt + 20, bytesOut: 0 }
    if (index === 6) return { ...common, ...ended, state: 'failed', error: 'WORKER_LOST', bytesOut: 0 }
    return { ...common, ...ended, state: 'done', bytesOut: 4_000 }
  })
}

export interface ScriptedNode {
  node: StandInNode
  server: DashboardServer
  peers: number
  stop(): Promise<void>
}

export interface ScriptedNodeInit {
  /** The built renderer. */
  pagesFolder: string
  peers: number
  edges?: number
  port?: number
}

/** The headless dashboard's own server, policy and RPC in front of a node that only plays its state. */
export async function startScriptedNode({
  pagesFolder,
  peers,
  edges,
  port = 0,
}: ScriptedNodeInit): Promise<ScriptedNode> {
  const node = new StandInNode()
  const log = createLog({ level: 'debug', buffer: node.logs })
  const topology = scriptedTopology(peers, edges ?? Math.round(peers * 2.2))
  node.topology.set(topology)
  if (peers === 0) node.diagnosis = { findings: [{ kind: 'alone', level: 'problem', mdns: true, tried: [] }] }
  node.status.update(status => ({ ...status, self: { ...status.self, startedAt: Date.now() - 7_500_000 } }))
  const quiet = createLog({ level: 'error', buffer: new LogBuffer() })
  const server = new DashboardServer(
    { rpc: createRpcHandler(node, quiet), clock: systemClock, log: quiet },
    { port: { port, explicit: true }, token: 'scripted-node-token-that-is-long-enough-1234', pagesFolder },
  )
  await server.start()
  for (let index = 0; index < 120; index++) {
    log.child({ component: 'dht' }).debug({ peers: index }, 'table refreshed')
    if (index % 4 === 0) log.child({ component: 'services' }).info({ service: 'ocr', milliseconds: 412 }, 'job done')
    if (index % 17 === 0) log.child({ component: 'paths' }).warn({ path: 'relay' }, 'direct path lost, using a relay')
    if (index === 60)
      log.child({ component: 'services' }).error({ code: 'ENGINE_FAILED' }, 'engine stopped and was restarted')
  }
  return { node, server, peers, stop: () => server.stop() }
}

/** What its router did with 37 requests, some of them to nodes of the topology. */
function scriptedReport(topology: Topology): RoutingReport {
  const random = seededRandom(3)
  const workers = topology.nodes.filter(node => !node.self && node.connected).slice(0, 6)
  const latency = (count: number, fromClass: number) => {
    const counts = latencyBoundsMs.map((_, index) => (Math.abs(index - fromClass) < 2 ? Math.round(count / 3) : 0))
    return { count: counts.reduce((sum, each) => sum + each, 0), sumMs: count * 300, counts: [...counts, 0] }
  }
  return {
    totals: {
      ...sampleStatus.routing,
      localRequests: 9,
      forwardedRequests: 26,
      failedRequests: 2,
      retriedRequests: 3,
      cacheHits: 25,
      cacheMisses: 1,
      cacheHitRate: 25 / 26,
    },
    services: [
      { service: 'ocr', local: 9, forwarded: 18, coordinator: 0, failed: 1, latency: latency(27, 8) },
      { service: 'llm-inference', local: 0, forwarded: 8, coordinator: 0, failed: 1, latency: latency(9, 11) },
    ],
    paths: [
      { path: 'direct', latency: latency(21, 8) },
      { path: 'relay', latency: latency(6, 10) },
    ],
    workers: workers.map(({ peerId }, index) => ({
      worker: peerId,
      answers: 9 - index,
      meanMs: 120 + Math.round(random() * 600),
      inFlight: 0,
      circuit: index === 4 ? 'open' : 'closed',
      trust: index === 3 ? 'distrusted' : 'proven',
    })),
  }
}

/** A year of giving: more on weekdays, little in summer, and nothing on some days. */
export function scriptedContribution(now = Date.now()): Contribution {
  const random = seededRandom(5)
  const sum = (jobs: number) => ({
    jobs,
    failed: Math.round(jobs / 40),
    cancelled: 0,
    verified: Math.round(jobs * 0.8),
    bytesIn: jobs * 480_000,
    bytesOut: jobs * 6_200,
    runMs: jobs * 2_600,
    cpuMs: jobs * 3_900,
    gpuMs: 0,
  })
  const days: Contribution['days'] = Array.from({ length: 365 }, (_, ago) => {
    const date = new Date(now - ago * day)
    const digits = (value: number) => String(value).padStart(2, '0')
    const name = `${date.getFullYear()}-${digits(date.getMonth() + 1)}-${digits(date.getDate())}`
    const season = [6, 7].includes(date.getMonth()) ? 0.2 : 1
    const busy = random() < 0.2 ? 0 : season * (date.getDay() % 6 === 0 ? 25 : 80) * random()
    return [
      { day: name, service: 'ocr', role: 'served' as const, ...sum(Math.round(busy)) },
      { day: name, service: 'ner-extraction', role: 'served' as const, ...sum(Math.round(busy * 0.4 * random())) },
    ]
  }).flat()
  return { days, served: sum(1_284), energy: { wattHours: 4_870, cost: { amount: 1.32, currency: 'GBP' } } }
}

/** Ten busy minutes of a machine with one graphics card, whose driver is silent about its memory at first. */
export function scriptedLoad(now = Date.now()): LoadPoint[] {
  const random = seededRandom(11)
  let cpu = 0.3
  return Array.from({ length: keptLoadPoints }, (_, index) => {
    const wave = Math.sin(index / 40)
    cpu = Math.min(0.95, Math.max(0.04, cpu + (random() - 0.5) * 0.08 + (0.42 + 0.2 * wave - cpu) * 0.08))
    const working = Math.max(0, Math.round(1.1 + 1.6 * Math.sin(index / 23)))
    return {
      at: now - (keptLoadPoints - 1 - index) * 1_000,
      cpu,
      memoryUsedMiB: Math.round(2_100 + 300 * wave + random() * 20),
      celsius: Math.round(52 + 9 * cpu + 4 * wave),
      cards: [
        {
          ...(index < 40 ? {} : { usedMiB: 2_100 + Math.round(900 * Math.max(0, wave)) }),
          busy: Math.max(0, wave * 0.8),
          celsius: 58,
        },
      ],
      bytesIn: Math.round(working * 260_000 * random() + 800 * random()),
      bytesOut: Math.round(working * 90_000 * random() + 700 * random()),
      running: Math.min(2, working),
      waiting: Math.max(0, working - 2),
    }
  })
}

/** The last day: quiet at night, busy in the morning. */
function scriptedHours(now = Date.now()): HourlyTotal[] {
  const random = seededRandom(13)
  const thisHour = new Date(now).setMinutes(0, 0, 0)
  return Array.from({ length: 24 }, (_, ago): HourlyTotal[] => {
    const from = thisHour - ago * hour
    const jobs = Math.round((ago % 24 > 4 && ago % 24 < 11 ? 2 : 14) * random())
    const sums = (count: number) => ({
      jobs: count,
      failed: count > 11 ? 1 : 0,
      bytesIn: count * 410_000,
      bytesOut: count * 6_000,
    })
    return [
      { from, role: 'served', ...sums(jobs) },
      { from, role: 'requested', ...sums(Math.round(jobs * 0.3)) },
    ]
  }).flat()
}

const scriptedDiagnosis: Diagnosis = {
  findings: [
    { kind: 'connected', level: 'good', peers: 12 },
    { kind: 'local-network-only', level: 'note', addresses: [] },
    { kind: 'port', level: 'note', use: 'nodes', wanted: 8_468, inUse: 8_469 },
    { kind: 'port', level: 'good', use: 'programs', wanted: 8_000, inUse: 8_000 },
    { kind: 'clock-wrong', level: 'problem', offsetMs: 600_000 },
    { kind: 'announced', level: 'good', registrars: 8 },
  ],
}

/** Too small for a language model, and said to be. */
const card = { vendor: 'nvidia' as const, model: 'GeForce GTX 1650', vramMiB: 4_096 }

const ownServer = upstreamSettingsSchema.parse({ url: 'http://127.0.0.1:8102/chat' })

/** Makes the scripted node donate, with work in progress. */
export function playBusy({ node }: ScriptedNode): void {
  node.routing = scriptedReport(node.topology.get())
  node.diagnosis = scriptedDiagnosis
  node.given = scriptedContribution()
  node.givenByHour = scriptedHours()
  node.load.set(scriptedLoad())
  const jobs = scriptedJobs(node.topology.get())
  node.jobs.set({ jobs })
  node.settings.update(settings => ({
    ...settings,
    donating: true,
    consent: true,
    engines: engineSettingsSchema.parse({ places: [{ name: 'Jan', url: 'http://127.0.0.1:1337' }] }),
    services: { ...settings.services, chat: { enabled: true, upstream: ownServer } },
  }))
  node.status.update(status => ({
    ...status,
    donating: true,
    consent: true,
    cpuModel: 'Intel Core i5-12400',
    capabilities: { ...status.capabilities, cpuThreads: 12, memoryMiB: 16_384, gpus: [card] },
    allowance: {
      ...status.allowance,
      mode: 'work',
      reason: { kind: 'clear' },
      cpuThreads: 12,
      memoryMiB: 14_746,
      gpu: { ...status.allowance.gpu, use: true },
    },
    activity: { kind: 'working', jobs: 2 },
    counters: { served: 128, requested: 37, failed: 2, pagesRead: 341 },
    load: {
      ...status.load,
      at: Date.now(),
      cpu: 0.42,
      memoryUsedMiB: 2_340,
      announced: 0.5,
      memoryTotalMiB: 16_384,
      cards: [{ name: card.model, totalMiB: card.vramMiB }],
    },
    services: [
      { type: 'ocr', enabled: true, needs: sampleServiceNeeds, running: 2, waiting: 1, slots: 2, bound: 8 },
      {
        type: 'llm-inference',
        enabled: true,
        needs: { memoryMiB: 256, vramMiB: 6_144, gpuHelps: true, engine: 'language-engine' },
        unavailable: { kind: 'needs-gpu', neededVramMiB: 6_144, foundVramMiB: 4_096 },
        advice: { kind: 'larger-card', vramMiB: 6_144 },
        running: 0,
        waiting: 0,
        slots: 1,
        bound: 4,
      },
    ],
  }))
}
