import { mayRequest, type Role } from '../../shared/membership/certificate.ts'
import type { PeerIdText } from '../../shared/schema/primitives.ts'
import type { ServiceStatus } from '../../shared/schema/service.ts'
import type { Settings } from '../../shared/schema/settings.ts'
import type { Clock } from '../clock.ts'
import type { NodeConfig } from '../config/node-config.ts'
import { SocketOrigins } from '../http/origin.ts'
import { createServiceApp, type ServiceAppComponents } from '../http/service-app.ts'
import { ServiceServer } from '../http/service-server.ts'
import type { Lifecycle } from '../lifecycle.ts'
import type { LiveValue } from '../live-value.ts'
import type { Logger } from '../log.ts'
import type { LocalWorker } from '../routing/local-worker.ts'
import type { Router } from '../routing/router.ts'
import type { CoordinatorSide } from './coordinator.ts'
import type { PublicSide } from './public.ts'

export interface HttpParts {
  local: LocalWorker
  router: Router
  receipts: NonNullable<ServiceAppComponents['receipts']>
  coordinatorSide: CoordinatorSide | undefined
  publicSide: PublicSide | undefined
  services: LiveValue<ServiceStatus[]>
  settings: LiveValue<Settings>
  clock: Clock
  lifecycle: Lifecycle
  log: Logger
}

export interface HttpInit {
  config: NodeConfig
  selfId: PeerIdText
  version: string
  accessToken: string
  /** The network has no CA: everybody may send requests. */
  open: boolean
  rolesOf(peerId: PeerIdText): readonly Role[]
  metrics(): string
}

/** Makes the node's one HTTP server, and the listener for those without a node, and adds both to the lifecycle. */
export function composeHttp(parts: HttpParts, init: HttpInit) {
  const { local, router, receipts, coordinatorSide, publicSide, services, settings, clock, lifecycle, log } = parts
  const { config, selfId, version, accessToken, open, rolesOf, metrics } = init
  const origins = new SocketOrigins()
  const app = createServiceApp(
    {
      local,
      router: coordinatorSide?.enter(router) ?? router,
      origins,
      receipts,
      ...(publicSide === undefined ? {} : { tickets: publicSide.tickets }),
      clock,
      log: log.child({ component: 'http' }),
    },
    {
      selfId,
      version,
      accessToken,
      services: () => services.get(),
      donating: () => settings.get().donating,
      forwardsForPeers: coordinatorSide !== undefined,
      ...(coordinatorSide === undefined ? {} : { bootstrap: () => coordinatorSide.bootstrap() }),
      isTrusted: () => rolesOf(selfId).includes('trusted'),
      mayRequest: peerId => open || mayRequest(rolesOf(peerId)),
      ...(config.corsOrigins.length === 0 ? {} : { pageOrigins: config.corsOrigins }),
      metrics,
    },
  )
  const { onWebSocket } = publicSide ?? {}
  const server = lifecycle.add(
    'HTTP server',
    new ServiceServer(
      { app, origins, ...(onWebSocket === undefined ? {} : { onWebSocket }) },
      { port: config.ports.service },
    ),
  )
  return { server, publicListener: publicSide?.open(server) }
}
