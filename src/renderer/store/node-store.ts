import { createStore, type StoreApi } from 'zustand/vanilla'
import type { DesktopSnapshot } from '../../shared/schema/desktop.ts'
import type { Job } from '../../shared/schema/job.ts'
import type { LogEntry } from '../../shared/schema/log.ts'
import type { Membership } from '../../shared/schema/membership.ts'
import type { Settings } from '../../shared/schema/settings.ts'
import type { Status } from '../../shared/schema/status.ts'
import type { Topology } from '../../shared/schema/topology.ts'
import type { TunnelView } from '../../shared/schema/tunnel.ts'
import type { VpnState } from '../../shared/schema/vpn.ts'
import type { Milliseconds } from '../../shared/units.ts'
import { appendLogs } from './log-history.ts'

/** How the line to the node stands. `failures` counts tries in a row that led to nothing. */
export type LinkState =
  | { kind: 'connecting'; failures: number }
  | { kind: 'online' }
  | { kind: 'waiting'; failures: number; nextTryAt: Milliseconds }

/** The newest snapshot of everything the pages show. A part is missing until the node has sent it once. */
export interface NodeState {
  link: LinkState
  status?: Status
  topology?: Topology
  jobs?: Job[]
  settings?: Settings
  membership?: Membership
  tunnel?: TunnelView
  vpn?: VpnState
  desktop?: DesktopSnapshot
  logs: readonly LogEntry[]

  setLink(link: LinkState): void
  setStatus(status: Status): void
  setTopology(topology: Topology): void
  setJobs(jobs: Job[]): void
  setSettings(settings: Settings): void
  setMembership(membership: Membership): void
  setTunnel(tunnel: TunnelView): void
  setVpn(vpn: VpnState): void
  setDesktop(desktop: DesktopSnapshot): void
  addLogs(batch: LogEntry[]): void
  /** The next batch begins a new history: the node may be another process, which counts its entries from the start. */
  restartLogs(): void
}

export type NodeStore = StoreApi<NodeState>

export function createNodeStore(): NodeStore {
  let logsRestarted = false
  return createStore<NodeState>()(set => ({
    link: { kind: 'connecting', failures: 0 },
    logs: [],
    setLink: link => set({ link }),
    setStatus: status => set({ status }),
    setTopology: topology => set({ topology }),
    setJobs: jobs => set({ jobs }),
    setSettings: settings => set({ settings }),
    setMembership: membership => set({ membership }),
    setTunnel: tunnel => set({ tunnel }),
    setVpn: vpn => set({ vpn }),
    setDesktop: desktop => set({ desktop }),
    addLogs: batch =>
      set(state => {
        const logs = appendLogs(logsRestarted ? [] : state.logs, batch)
        logsRestarted = false
        return { logs }
      }),
    restartLogs: () => {
      logsRestarted = true
    },
  }))
}
