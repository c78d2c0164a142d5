import type { Ed25519PrivateKey } from '@libp2p/interface'
import { RmaError } from '../../shared/errors.ts'
import type { RoutingStatistics } from '../../shared/schema/routing.ts'
import { type BootstrapAnswer, bootstrapAnswer } from '../../shared/schema/seeds.ts'
import { type Milliseconds, second } from '../../shared/units.ts'
import type { Clock } from '../clock.ts'
import { loadAccessToken, operatorTokenFile } from '../config/access-token.ts'
import type { NodeDatastore } from '../config/datastore.ts'
import type { NodeConfig } from '../config/node-config.ts'
import { ApiKeys } from '../coordinator/api-keys.ts'
import { type Coordinator, createCoordinator } from '../coordinator/coordinator.ts'
import { countedIn, Drain } from '../coordinator/drain.ts'
import { EdgeRegistrar, type EdgeRegistrarComponents } from '../coordinator/edge-registrar.ts'
import { mayServe, withRegistered } from '../coordinator/known-workers.ts'
import { SeedExchange } from '../coordinator/seed-exchange.ts'
import { WorkerRegistry } from '../coordinator/worker-registry.ts'
import type { Lifecycle } from '../lifecycle.ts'
import { LiveValue } from '../live-value.ts'
import type { Logger } from '../log.ts'
import { coordinatorMetrics } from '../metrics/coordinator-metrics.ts'
import { formatMetrics, type MetricFamily } from '../metrics/exposition.ts'
import type { PeerHttp } from '../paths/peer-http.ts'
import type { Router } from '../routing/router.ts'
import type { WorkerSource } from '../routing/worker-source.ts'
import type { Network } from './network.ts'

/** Requests that run when the node is asked to stop may take this long to end. */
const drainLimitMs = 10 * second

export interface CoordinatorSideComponents {
  network: Network
  privateKey: Ed25519PrivateKey
  datastore: NodeDatastore
  clock: Clock
  lifecycle: Lifecycle
  log: Logger
}

export interface CoordinatorSideInit {
  config: NodeConfig
  version: string
  /** The network has no CA. */
  open: boolean
  startedAt: Milliseconds
  location(): string | undefined
}

/** The coordinator's side of a node while the node is being put together. */
export interface CoordinatorSide {
  /** What the router looks workers up in. */
  readonly workers: WorkerSource
  /** The router as peers and programs of this machine meet it: nothing new is taken on while the node stops. */
  enter(router: Router): Pick<Router, 'route'>
  /** The seeds it hands out. */
  bootstrap(): BootstrapAnswer
  /** Makes the rest, once there is a router, and adds it to the lifecycle: last, so that it stops first. */
  open(parts: {
    router: Router
    peerHttp: PeerHttp
    routing(): RoutingStatistics
    nodeMetrics(): MetricFamily[]
  }): Coordinator
}

/** Rejects with DATA_FOLDER_UNUSABLE where the file of API keys cannot be read, BAD_ENVIRONMENT without the DHT. */
export async function composeCoordinator(
  components: CoordinatorSideComponents,
  init: CoordinatorSideInit,
): Promise<CoordinatorSide> {
  const { network, privateKey, datastore, clock, lifecycle, log } = components
  const { config } = init
  const { host, directory } = network
  if (directory === undefined) {
    const variable = 'DHT_ENABLED'
    throw new RmaError('BAD_ENVIRONMENT', `${variable}: expected true on a coordinator, got "false"`, { variable })
  }
  const keys = await ApiKeys.load(config.dataFolder)
  const operatorToken = await loadAccessToken(config.dataFolder, operatorTokenFile)
  const registry = new WorkerRegistry(
    { clock: network.clock, mayServe: mayServe(host, network.members?.known) },
    { ttlMs: config.dht.workerTtlMs },
  )
  const drain = new Drain({ clock }, { limitMs: drainLimitMs })
  let opened: Coordinator | undefined
  const workers = withRegistered(network.workers, registry)
  return {
    workers,
    bootstrap: () => opened?.seeds.answer() ?? bootstrapAnswer([], network.clock.now()),
    enter: router => countedIn(drain, router),
    open({ router, peerHttp, routing, nodeMetrics }) {
      const coordinator = createCoordinator(
        {
          host,
          privateKey,
          datastore: datastore.store,
          keys,
          registry,
          workers,
          isTrusted: peerId => network.members?.known.rolesOf(peerId).includes('trusted') ?? false,
          router,
          drain,
          otherSeeds: () => network.seeds.seeds(),
          certificate: () => network.members?.trust.certificate.get()?.token,
          authority: network.members?.authority,
          state: {
            join: () => network.join.get(),
            topology: () => network.view.topology.get(),
            directory: () => directory.registry.size,
            routing,
            relayReservations: () => host.libp2p.services.relay?.reservations.size ?? 0,
            edgeRequestsToday: () => network.edge.today,
            metrics: figures => formatMetrics([...nodeMetrics(), ...coordinatorMetrics(figures)]),
          },
          onAddressChange: network.onAddressChange,
          clock,
          networkClock: network.clock,
          log,
        },
        { ...init, operatorToken, hasSomebodyToJoin: network.hasSomebodyToJoin },
      )
      const seedLog = log.child({ component: 'seeds' })
      const exchange = new SeedExchange(
        {
          peerHttp,
          fetcher: network.fetcher,
          cache: network.seeds,
          openSeed: network.openSeed,
          coordinators: network.coordinators,
          onCoordinators: listener => network.knownCoordinators.subscribe(listener),
          clock: network.clock,
          log: seedLog,
        },
        { selfId: host.peerId.toString(), urls: config.seedUrls.coordinators },
      )
      lifecycle.add('seed exchange', exchange)
      const { edgeRouter } = config.seedUrls
      if (edgeRouter !== undefined) {
        const registrar = new EdgeRegistrar(
          {
            seed: coordinator.seeds.own,
            signer: { peerId: host.peerId.toString(), sign: content => privateKey.sign(content) },
            revocations: newestList(network),
            allowance: network.edge,
            clock: network.clock,
            log: seedLog,
          },
          { url: edgeRouter, networkId: network.id },
        )
        lifecycle.add('edge registration', registrar)
      }
      opened = lifecycle.add('coordinator', coordinator)
      return coordinator
    },
  }
}

/** Nothing of the kind where there are no members. */
function newestList({ members }: Network): EdgeRegistrarComponents['revocations'] {
  const held = members?.trust.revocations
  if (held === undefined) return new LiveValue<string | undefined>(undefined)
  return { get: () => held.get()?.token, subscribe: listener => held.subscribe(list => listener(list?.token)) }
}
