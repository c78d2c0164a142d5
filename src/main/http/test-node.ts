import { generateKeyPair } from '@libp2p/crypto/keys'
import { onTestFinished } from 'vitest'
import { RmaError } from '../../shared/errors.ts'
import type { WorkerView } from '../../shared/schema/worker.ts'
import { systemClock } from '../clock.ts'
import { createHost, type Host } from '../dht/host.ts'
import { JobLog } from '../ledger/job-log.ts'
import { createLog, LogBuffer } from '../log.ts'
import { PeerHttp } from '../paths/peer-http.ts'
import { PeerPaths } from '../paths/peer-paths.ts'
import { PingWatch } from '../paths/peer-watch.ts'
import { Forwarder } from '../routing/forwarder.ts'
import { LocalWorker } from '../routing/local-worker.ts'
import { Router } from '../routing/router.ts'
import { RoutingCounters } from '../routing/statistics.ts'
import { WorkerExperience } from '../routing/worker-experience.ts'
import type { LocalServices, ServiceAnswer, ServiceRequest } from '../service-request.ts'
import { SocketOrigins } from './origin.ts'
import { createServiceApp, type ServiceAppInit } from './service-app.ts'
import { ServiceServer } from './service-server.ts'
import type { TicketTaker } from './ticket-gate.ts'

export type Run = (request: ServiceRequest) => Promise<ServiceAnswer>

/** A node's HTTP and routing over a real libp2p host, with services of the test's own. */
export interface TestNode {
  host: Host
  peerHttp: PeerHttp
  jobs: JobLog
  experience: WorkerExperience
  url: string
  server: ServiceServer
  /** Workers its router is told of. */
  known: WorkerView[]
  stop: () => Promise<void>
}

/** What programs on its machine show a test node. */
export const accessToken = 'secret'

const queue = { running: 0, waiting: 0, slots: 2, bound: 8 }

/** What a node that web pages may ask has besides. */
export type PublicParts = (self: { selfId: string }) => { tickets: TicketTaker } & Pick<ServiceAppInit, 'pageOrigins'>

export async function startTestNode(services: LocalServices, publicParts?: PublicParts): Promise<TestNode> {
  const log = createLog({ level: 'error', buffer: new LogBuffer() })
  const clock = systemClock
  const host = await createHost(
    { privateKey: await generateKeyPair('Ed25519'), log },
    {
      networkId: 'feedfeedfeedfeed',
      port: { port: 0, explicit: true },
      listen: ['127.0.0.1'],
      mdns: false,
      relaxedLimits: true,
    },
  )
  const selfId = host.peerId.toString()
  const known: WorkerView[] = []
  const jobs = new JobLog({ clock })
  const experience = new WorkerExperience({ clock })
  const origins = new SocketOrigins()
  const local = new LocalWorker({ services, jobs, clock, selfId })
  const peers = new PingWatch({
    libp2p: host.libp2p,
    ping: (peer, options) => host.libp2p.services.ping.ping(peer, options),
    clock,
  })
  const peerHttp: PeerHttp = new PeerHttp(
    { libp2p: host.libp2p, paths: new PeerPaths({ host, clock, log }), log },
    {
      protocol: '/rma/feedfeedfeedfeed/http/1.0.0',
      onSocket: (socket, from) => server.serve(socket, { kind: 'peer', ...from }),
    },
  )
  const router = new Router({
    local,
    services,
    workers: {
      lookup: async () => ({ workers: known, source: 'cache' }),
      remove: peerId => known.splice(0, known.length, ...known.filter(view => view.peerId !== peerId)),
      heard: () => undefined,
    },
    forwarder: new Forwarder({ peerHttp, peers }),
    experience,
    counters: new RoutingCounters(),
    jobs,
    clock,
    log,
  })
  const forPages = publicParts?.({ selfId })
  const app = createServiceApp(
    { local, router, origins, clock, log, ...(forPages === undefined ? {} : { tickets: forPages.tickets }) },
    {
      selfId,
      version: '0',
      accessToken,
      services: () => [],
      donating: () => services.offers('echo'),
      ...(forPages?.pageOrigins === undefined ? {} : { pageOrigins: forPages.pageOrigins }),
    },
  )
  const server = new ServiceServer({ app, origins }, { port: { port: 0, explicit: true } })
  await host.start()
  await peerHttp.start()
  await server.start()
  return {
    host,
    peerHttp,
    jobs,
    experience,
    known,
    server,
    url: `http://127.0.0.1:${server.port}`,
    async stop() {
      await server.stop()
      await peerHttp.stop()
      await host.stop()
    },
  }
}

/** The node as a directory would name it. */
export function viewOf({ host }: TestNode, service = 'echo'): WorkerView {
  const soon = Date.now() + 60_000
  const capabilities = { workerType: 'headless' as const, cpuThreads: 1, memoryMiB: 1, gpus: [] }
  const record = {
    seq: 1,
    issuedAt: 0,
    expiresAt: soon,
    services: [service],
    capabilities,
    load: 0,
    queue,
    state: 'donating' as const,
    addresses: host.addresses(),
  }
  return { peerId: host.peerId.toString(), record, load: 0, queue, state: 'donating', updatedAt: 0, expiresAt: soon }
}

/** Offers the service `echo`, done by `run`; nothing without it. */
export function echoServices(run?: Run): LocalServices {
  return {
    offers: service => run !== undefined && service === 'echo',
    isIdempotent: () => true,
    maxBytes: () => undefined,
    capacity: () => ({ load: 0.25, queue: { ...queue, waiting: 3 } }),
    run: request => run?.(request) ?? Promise.reject(new RmaError('UNKNOWN_SERVICE', 'nothing here')),
  }
}

/** One with a single service, `echo`, or none, that stops with its test, or before. */
export async function startNode(run?: Run): Promise<TestNode> {
  const node = await startTestNode(echoServices(run))
  let stopped: Promise<void> | undefined
  const stop = () => {
    stopped ??= node.stop()
    return stopped
  }
  onTestFinished(stop)
  return { ...node, stop }
}

export const authorised = { authorization: `Bearer ${accessToken}` }

export const echo: Run = async request => {
  request.onStarted?.()
  return { contentType: request.contentType, body: request.body }
}
