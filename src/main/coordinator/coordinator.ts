import type { Ed25519PrivateKey } from '@libp2p/interface'
import type { Datastore } from 'interface-datastore'
import type { VerifiedSeed } from '../../shared/membership/seed-envelope.ts'
import type { AdminMetrics, DhtStats, WorkerAccepted } from '../../shared/schema/coordinator-api.ts'
import type { PeerIdText } from '../../shared/schema/primitives.ts'
import type { RoutingStatistics } from '../../shared/schema/routing.ts'
import type { Topology } from '../../shared/schema/topology.ts'
import type { WorkerView } from '../../shared/schema/worker.ts'
import { type Milliseconds, second } from '../../shared/units.ts'
import { cachedFor } from '../cached-for.ts'
import type { Clock } from '../clock.ts'
import type { NodeConfig } from '../config/node-config.ts'
import type { Host } from '../dht/host.ts'
import type { JoinState } from '../dht/join-state.ts'
import { Lifecycle, type Startable } from '../lifecycle.ts'
import type { Logger } from '../log.ts'
import type { RoutedAnswer } from '../routing/routed-answer.ts'
import type { WorkerSource } from '../routing/worker-source.ts'
import type { ServiceRequest } from '../service-request.ts'
import { ApiAccess } from './api-access.ts'
import type { ApiKeys } from './api-keys.ts'
import type { MembershipAuthority } from './ca/authority.ts'
import { inviteSeeds } from './ca/invite-seeds.ts'
import { createCoordinatorApp } from './coordinator-app.ts'
import { CoordinatorServer } from './coordinator-server.ts'
import { DatastoreProbe } from './datastore-probe.ts'
import type { Drain } from './drain.ts'
import { healthAnswer } from './health.ts'
import { SeedBoard } from './seed-board.ts'
import { ServiceRoute } from './service-route.ts'
import { Tickets } from './tickets.ts'
import { routingAnswer, topologyAnswer, workerAnswer } from './topology-answer.ts'
import type { WorkerRegistry } from './worker-registry.ts'

/** The topology is made anew this often, however often it is asked for. */
const topologyEveryMs = 1 * second

export interface CoordinatorComponents {
  host: Host
  privateKey: Ed25519PrivateKey
  datastore: Datastore
  keys: ApiKeys
  /** Workers that registered over HTTP. */
  registry: WorkerRegistry
  /** All workers that are known, those included. */
  workers: WorkerSource
  /** Whether a certificate calls the peer trusted. */
  isTrusted(peerId: PeerIdText): boolean
  router: { route(request: ServiceRequest): Promise<RoutedAnswer> }
  drain: Drain
  /** Seeds of other coordinators, verified. */
  otherSeeds(): VerifiedSeed[]
  certificate(): string | undefined
  /** Where this coordinator holds the network's CA key. */
  authority: MembershipAuthority | undefined
  state: {
    join(): JoinState
    topology(): Topology
    directory(): { workers: number; keys: number; bytes: number }
    routing(): RoutingStatistics
    relayReservations(): number
    edgeRequestsToday(): number
    /** In the text format of Prometheus, with the figures that the operator watches among them. */
    metrics(figures: AdminMetrics): string
  }
  /** Calls `listener` when the host's addresses may have changed. */
  onAddressChange(listener: () => void): () => void
  /** This machine's own clock. */
  clock: Clock
  /** Corrected by what the others' clocks say. */
  networkClock: Clock
  log: Logger
}

export interface CoordinatorInit {
  config: NodeConfig
  version: string
  open: boolean
  operatorToken: string
  /** Whether anybody is configured whom this coordinator should find. */
  hasSomebodyToJoin: boolean
  location(): string | undefined
  startedAt: Milliseconds
}

/** What makes a node a coordinator besides its place in the network: the HTTP API, its seed, and how it ends. */
export interface Coordinator extends Startable {
  /** The HTTP API as programs of this machine reach it; undefined while it is not started. */
  readonly localUrl: string | undefined
  readonly seeds: SeedBoard
}

export function createCoordinator(components: CoordinatorComponents, init: CoordinatorInit): Coordinator {
  const { host, privateKey, registry, workers, isTrusted, router, drain, keys, state, clock, networkClock } = components
  const { config, version } = init
  const log = components.log.child({ component: 'coordinator' })
  const nodeId = host.peerId.toString()
  const networkId = host.networkId
  const signer = { peerId: nodeId, sign: (content: Uint8Array) => privateKey.sign(content) }
  const seeds = new SeedBoard(
    {
      signer,
      addresses: { get: () => host.addresses(), port: () => host.port, onChange: components.onAddressChange },
      others: components.otherSeeds,
      certificate: components.certificate,
      clock: networkClock,
      log,
    },
    { networkId, tunnelUrl: config.tunnelUrl, location: init.location },
  )
  const access = new ApiAccess(
    { keys, clock },
    { open: init.open, operatorToken: init.operatorToken, behindTunnel: config.tunnelUrl !== undefined },
  )
  const probe = new DatastoreProbe({ datastore: components.datastore, clock, log })
  const topology = cachedFor(topologyEveryMs, clock, () => topologyAnswer(state.topology(), registry.workers()))
  const stats = (): DhtStats => ({
    node_id: nodeId,
    network_id: networkId,
    ...state.topology().counts,
    directory: state.directory(),
    http_workers: registry.size,
    routing: routingAnswer(state.routing()),
  })
  const adminMetrics = (): AdminMetrics => ({
    node_id: nodeId,
    coordinator_id: config.coordinator.label ?? null,
    version,
    uptime_seconds: Math.round((clock.now() - init.startedAt) / second),
    memory_bytes: process.memoryUsage.rss(),
    cpu_seconds: cpuSeconds(),
    connections: host.libp2p.getConnections().length,
    relay_reservations: state.relayReservations(),
    requests: { ...drain.counts, refused: access.refused },
    edge_requests_today: state.edgeRequestsToday(),
    dht: stats(),
  })
  const server: CoordinatorServer = new CoordinatorServer(
    {
      app: createCoordinatorApp(
        {
          facts: {
            health: async () =>
              healthAnswer({
                nodeId,
                label: config.coordinator.label,
                version,
                dhtPort: host.port,
                join: state.join(),
                hasSomebodyToJoin: init.hasSomebodyToJoin,
                datastoreWritable: await probe.isWritable(),
                draining: drain.draining,
              }),
            bootstrap: () => seeds.answer(),
            topology: topology.get,
            stats,
            adminMetrics,
            metrics: () => state.metrics(adminMetrics()),
          },
          access,
          keys,
          authority: components.authority,
          inviteSeeds: () =>
            inviteSeeds({
              tunnelUrl: config.tunnelUrl,
              localUrl: localUrl(config.coordinator.listen, server.port),
              multiaddrs: host.addresses(),
              peerId: nodeId,
            }),
          workers: registry,
          service: new ServiceRoute({ router, access, drain, clock }, { selfId: nodeId }),
          tickets: new Tickets({ workers, isTrusted, signer, clock: networkClock }, { networkId }),
          accepted: view => accepted(view, registry.mayServe(view.peerId), config),
          clock: networkClock,
          log,
        },
        { networkId, version, corsOrigins: config.corsOrigins },
      ),
    },
    { port: config.ports.api, host: config.coordinator.listen },
  )

  const lifecycle = new Lifecycle()
  lifecycle.add('API keys', { start: () => undefined, stop: () => keys.save() })
  lifecycle.add('workers over HTTP', registry)
  lifecycle.add('seeds', seeds)
  lifecycle.add('coordinator API', server)
  lifecycle.add('drain', {
    start: () => drain.start(),
    async stop() {
      const cut = await drain.drain()
      if (cut > 0) log.warn({ requests: cut }, 'requests were still running when their time was up')
    },
  })
  return {
    get localUrl() {
      return server.port === 0 ? undefined : localUrl(config.coordinator.listen, server.port)
    },
    seeds,
    start: () => lifecycle.start(),
    stop: () => lifecycle.stop(),
  }
}

function accepted(view: WorkerView, reachable: boolean, { dht }: NodeConfig): WorkerAccepted {
  return {
    worker: workerAnswer(view),
    reachable,
    heartbeat_interval_seconds: Math.ceil(dht.heartbeatIntervalMs / second),
    ttl_seconds: Math.ceil(dht.workerTtlMs / second),
  }
}

/** A wildcard address is reached by loopback. */
function localUrl(listen: string, port: number): string {
  const ip = listen === '0.0.0.0' ? '127.0.0.1' : listen === '::' ? '::1' : listen
  return `http://${ip.includes(':') ? `[${ip}]` : ip}:${port}`
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1_000_000
}
