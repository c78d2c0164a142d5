import type { PeerIdText } from '../../shared/schema/primitives.ts'
import type { RoutingReport } from '../../shared/schema/routing.ts'
import type { Settings } from '../../shared/schema/settings.ts'
import type { Clock } from '../clock.ts'
import type { NodeDatastore } from '../config/datastore.ts'
import { Gateway } from '../coordinator/client/gateway.ts'
import type { JobLog } from '../ledger/job-log.ts'
import type { Lifecycle } from '../lifecycle.ts'
import type { LiveValue } from '../live-value.ts'
import type { Logger } from '../log.ts'
import type { PeerHttp } from '../paths/peer-http.ts'
import { PingWatch } from '../paths/peer-watch.ts'
import { Forwarder } from '../routing/forwarder.ts'
import type { LocalWorker } from '../routing/local-worker.ts'
import { ReputationBook } from '../routing/reputation-book.ts'
import { Router } from '../routing/router.ts'
import { RoutingCounters } from '../routing/statistics.ts'
import { WorkerExperience } from '../routing/worker-experience.ts'
import type { WorkerSource } from '../routing/worker-source.ts'
import type { LocalServices } from '../service-request.ts'
import type { Network } from './network.ts'

/** Workers whose latency is reported: those asked last. */
const reportedWorkers = 50

export interface RoutingParts {
  network: Network
  services: LocalServices
  /** Runs on this node what it offers itself. */
  local: LocalWorker
  peerHttp: PeerHttp
  settings: LiveValue<Settings>
  jobs: JobLog
  datastore: NodeDatastore
  clock: Clock
  lifecycle: Lifecycle
  log: Logger
}

export interface ComposeRoutingInit {
  location: () => string | undefined
  /** Whether a certificate calls the peer trusted. */
  isTrusted: (peerId: PeerIdText) => boolean
  /** On a coordinator: the workers it knows, those that have registered with it included. It is nobody's last resort but its own. */
  registered?: WorkerSource
}

/** Makes the router: it runs requests here or sends them to a worker, and remembers how workers did. */
export function composeRouting(parts: RoutingParts, { location, isTrusted, registered }: ComposeRoutingInit) {
  const { network, services, local, peerHttp, settings, jobs, datastore, clock, lifecycle } = parts
  const { host } = network
  const log = parts.log.child({ component: 'router' })
  const counters = new RoutingCounters()
  const experience = new WorkerExperience({ clock })
  const reputation = lifecycle.add(
    'reputation',
    new ReputationBook({ clock, datastore: datastore.store, log }, { networkId: network.id }),
  )
  const peers = new PingWatch({
    libp2p: host.libp2p,
    ping: (peer, options) => host.libp2p.services.ping.ping(peer, options),
    clock,
  })
  const forwarder = new Forwarder({ peerHttp, peers })
  const router = new Router(
    {
      local,
      services,
      workers: registered ?? network.workers,
      forwarder,
      // Coordinators are the last resort themselves.
      ...(registered === undefined
        ? { coordinator: new Gateway({ forwarder, coordinators: network.coordinators }) }
        : {}),
      experience,
      reputation,
      counters,
      jobs,
      clock,
      networkClock: network.clock,
      log,
    },
    {
      location,
      hedging: () => settings.get().requests.hedging,
      spotChecks: () => settings.get().requests.spotChecks,
      isTrusted,
    },
  )
  const totals = () => counters.snapshot(network.cachedWorkers())
  const report = (): RoutingReport => ({
    totals: totals(),
    ...counters.details(),
    workers: experience.latest(reportedWorkers).map(row => ({ ...row, trust: reputation.trustIn(row.worker) })),
  })
  return { router, totals, report }
}
