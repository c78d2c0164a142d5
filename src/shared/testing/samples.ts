import { type Contribution, nothingGiven } from '../schema/contribution.ts'
import type { HardwareReport } from '../schema/hardware.ts'
import { defaultLimits, type Limits } from '../schema/limits.ts'
import type { RoutingReport } from '../schema/routing.ts'
import type { ServiceNeeds, ServiceStatus } from '../schema/service.ts'
import type { Status } from '../schema/status.ts'
import type { Topology } from '../schema/topology.ts'

const peerId = '12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp'

/** Of a service that runs in processes of the node's own. */
export const sampleServiceNeeds: ServiceNeeds = { memoryMiB: 1_536, vramMiB: 0, gpuHelps: false, engine: 'own' }

/** One that is on and has nothing to do. */
export const sampleService: ServiceStatus = {
  type: 'ocr',
  enabled: true,
  needs: sampleServiceNeeds,
  running: 0,
  waiting: 0,
  slots: 1,
  bound: 4,
}

/** A headless node that is off and has done nothing yet. */
export const sampleStatus: Status = {
  self: {
    peerId,
    version: '1.2.3',
    workerType: 'headless',
    network: { name: 'local', id: '0123456789abcdef', open: true },
    addresses: [`/ip4/127.0.0.1/tcp/8468/p2p/${peerId}`],
    servicePort: 8_000,
    startedAt: 1_700_000_000_000,
  },
  donating: false,
  consent: false,
  activity: { kind: 'off' },
  allowance: {
    mode: 'halt',
    reason: { kind: 'off' },
    cpuThreads: 0,
    jobs: 0,
    memoryMiB: 2_048,
    gpu: { use: false, reason: { kind: 'off' }, vramKeptFreeMiB: 1_024 },
    blind: [],
  },
  counters: { served: 0, requested: 0, failed: 0, pagesRead: 0 },
  routing: {
    localRequests: 0,
    forwardedRequests: 0,
    coordinatorRequests: 0,
    failedRequests: 0,
    cacheHits: 0,
    cacheMisses: 0,
    dhtLookups: 0,
    cacheSize: 0,
    cacheHitRate: 0,
    dhtHitRate: 0,
    fallbackRate: 0,
    retriedRequests: 0,
    hedgedRequests: 0,
    hedgesWon: 0,
  },
  load: { at: 1_700_000_000_000, cpu: 0.25, memoryUsedMiB: 900, memoryTotalMiB: 4_096, cards: [], announced: 0 },
  capabilities: { workerType: 'headless', cpuThreads: 8, memoryMiB: 4_096, gpus: [] },
  cpuModel: 'Example CPU',
  services: [{ ...sampleService, slots: 2, bound: 8 }],
  ledger: { state: { kind: 'open' }, setAside: [] },
}

/** What its machine is. */
export const sampleHardware: HardwareReport = {
  cpuModel: sampleStatus.cpuModel,
  cpuThreads: sampleStatus.capabilities.cpuThreads,
  memoryMiB: sampleStatus.capabilities.memoryMiB,
  gpus: [],
  probedAt: 1_700_000_000_000,
}

/** What its router did. */
export const sampleRoutingReport: RoutingReport = { totals: sampleStatus.routing, services: [], paths: [], workers: [] }

/** Limits that nothing a test machine is busy with, or fed by, can reach. */
export const unhindered: Limits = {
  ...defaultLimits,
  whileInUse: { ...defaultLimits.whileInUse, cpu: 'run', gpu: 'run' },
  battery: { pauseOnBattery: false },
  otherPrograms: { graceSeconds: 1 },
  temperature: {},
  memory: { inUse: 1, idle: 1 },
  network: { pauseWhenMetered: false },
}

/** What it has given: nothing. */
export const sampleContribution: Contribution = { days: [], served: nothingGiven, energy: { wattHours: 0 } }

/** That node, alone. */
export const sampleTopology: Topology = {
  nodes: [{ peerId, self: true, connected: true, role: 'peer', services: [], lastSeen: 1_700_000_000_000 }],
  edges: [],
  ring: [{ peerId, position: 0.5 }],
  counts: { connected: 0, known: 0, donating: 0 },
}
