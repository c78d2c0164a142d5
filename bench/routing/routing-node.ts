import { systemClock } from '../../src/main/clock.ts'
import type { Host } from '../../src/main/dht/host.ts'
import { SocketOrigins } from '../../src/main/http/origin.ts'
import { PublicListener } from '../../src/main/http/public-listener.ts'
import { createServiceApp } from '../../src/main/http/service-app.ts'
import { ServiceServer } from '../../src/main/http/service-server.ts'
import { JobLog } from '../../src/main/ledger/job-log.ts'
import { createLog, LogBuffer } from '../../src/main/log.ts'
import { PeerHttp } from '../../src/main/paths/peer-http.ts'
import { PeerPaths } from '../../src/main/paths/peer-paths.ts'
import { PingWatch } from '../../src/main/paths/peer-watch.ts'
import { Forwarder } from '../../src/main/routing/forwarder.ts'
import { LocalWorker } from '../../src/main/routing/local-worker.ts'
import { Router } from '../../src/main/routing/router.ts'
import { RoutingCounters } from '../../src/main/routing/statistics.ts'
import { WorkerExperience } from '../../src/main/routing/worker-experience.ts'
import type { WorkerSource } from '../../src/main/routing/worker-source.ts'
import type { LocalServices } from '../../src/main/service-request.ts'

/** What programs show the loopback listener of a node in a benchmark. */
export const benchToken = 'bench'

export interface RoutingNodeInit {
  host: Host
  services: LocalServices
  workers: WorkerSource
  hedging?: boolean
}

/** The requests of a node, from its listeners to its services, on a host that somebody else starts and stops. */
export interface RoutingNode {
  readonly router: Router
  readonly counters: RoutingCounters
  readonly experience: WorkerExperience
  /** Address of its loopback listener. */
  readonly url: string
  /** Address of its listener for what comes through a tunnel. */
  readonly doorUrl: string
  stop(): Promise<void>
}

/** Composes routing and HTTP as a whole node does. The host must have been started. */
export async function startRoutingNode({
  host,
  services,
  workers,
  hedging = false,
}: RoutingNodeInit): Promise<RoutingNode> {
  const clock = systemClock
  const log = createLog({ level: 'error', buffer: new LogBuffer() })
  const selfId = host.peerId.toString()
  const jobs = new JobLog({ clock })
  const counters = new RoutingCounters()
  const experience = new WorkerExperience({ clock })
  const origins = new SocketOrigins()
  const local = new LocalWorker({ services, jobs, clock, selfId })
  const peerHttp: PeerHttp = new PeerHttp(
    { libp2p: host.libp2p, paths: new PeerPaths({ host, clock, log }), log },
    {
      protocol: host.protocols.http,
      onSocket: (socket, from) => server.serve(socket, { kind: 'peer', ...from }),
    },
  )
  const peers = new PingWatch({
    libp2p: host.libp2p,
    ping: (peer, options) => host.libp2p.services.ping.ping(peer, options),
    clock,
  })
  const router = new Router(
    { local, services, workers, forwarder: new Forwarder({ peerHttp, peers }), experience, counters, jobs, clock, log },
    { hedging: () => hedging },
  )
  const app = createServiceApp(
    { local, router, origins, clock, log },
    { selfId, version: '0', accessToken: benchToken, services: () => [], donating: () => true },
  )
  const server = new ServiceServer(
    { app, origins, onWebSocket: (...arrival) => host.libp2p.services.webSocketDoor.enter(...arrival) },
    { port: { port: 0, explicit: true } },
  )
  const door = new PublicListener({ server }, { port: { port: 0, explicit: true }, host: '127.0.0.1' })
  await peerHttp.start()
  await server.start()
  await door.start()
  return {
    router,
    counters,
    experience,
    url: `http://127.0.0.1:${server.port}`,
    doorUrl: door.url ?? '',
    async stop() {
      door.stop()
      await server.stop()
      await peerHttp.stop()
    },
  }
}
