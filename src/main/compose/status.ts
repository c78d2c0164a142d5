import type { Allowance } from '../../shared/schema/allowance.ts'
import type { WorkerType } from '../../shared/schema/capabilities.ts'
import type { Settings } from '../../shared/schema/settings.ts'
import { type Milliseconds, second } from '../../shared/units.ts'
import { cachedFor } from '../cached-for.ts'
import type { Clock } from '../clock.ts'
import type { JobLog } from '../ledger/job-log.ts'
import type { Lifecycle } from '../lifecycle.ts'
import type { LiveValue } from '../live-value.ts'
import type { ServiceHost } from '../services/service-host.ts'
import { StatusBoard, type StatusSources } from '../status-board.ts'
import type { Network } from './network.ts'

const shownAddressesMs = 30 * second

export interface StatusParts extends Pick<StatusSources, 'ledger' | 'load' | 'facts' | 'hardware' | 'routing'> {
  network: Network
  settings: LiveValue<Settings>
  allowance: LiveValue<Allowance>
  services: ServiceHost
  jobs: JobLog
  /** The listener for programs on this machine; port 0 while there is none. */
  server: { readonly port: number }
  clock: Clock
  lifecycle: Lifecycle
}

export interface StatusInit {
  version: string
  workerType: WorkerType
  networkName: string
  /** The network has no CA. */
  open: boolean
  startedAt: Milliseconds
}

/** Makes what tells how the node is, from all that has a part in it. */
export function composeStatus(parts: StatusParts, init: StatusInit): StatusBoard {
  const { network, settings, allowance, services, ledger, jobs, load, facts, hardware, routing, server } = parts
  const { clock, lifecycle } = parts
  const { version, workerType, networkName, open, startedAt } = init
  const { host } = network
  const peerId = host.peerId.toString()
  // The status is read each second; what libp2p makes the addresses of costs more than all the rest of it.
  const addresses = cachedFor(shownAddressesMs, clock, () => host.addresses().map(each => `${each}/p2p/${peerId}`))
  network.onAddressChange(addresses.forget)
  return lifecycle.add(
    'status',
    new StatusBoard({
      clock,
      sources: {
        settings,
        allowance,
        services: services.status,
        ledger,
        jobs: jobs.jobs,
        join: network.join,
        load,
        facts,
        hardware,
        self: () => ({
          peerId,
          version,
          workerType,
          network: { name: networkName, id: network.id, open },
          addresses: addresses.get(),
          ...(server.port === 0 ? {} : { servicePort: server.port }),
          startedAt,
        }),
        counters: () => {
          const { served, requested, failed } = jobs.totals
          return { served, requested, failed, pagesRead: services.pagesRead.get() }
        },
        routing,
        announcedLoad: () => services.capacity().load,
        draining: () => services.draining,
      },
    }),
  )
}
