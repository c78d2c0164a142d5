import type { Allowance } from '../../shared/schema/allowance.ts'
import type {
  Contribution,
  DaySpan,
  ExportFormat,
  ExportPiece,
  HourlyTotal,
  HourSpan,
} from '../../shared/schema/contribution.ts'
import type { CoordinatorsSnapshot } from '../../shared/schema/coordinators.ts'
import type { Diagnosis } from '../../shared/schema/diagnosis.ts'
import type { HardwareReport } from '../../shared/schema/hardware.ts'
import type { JobsSnapshot } from '../../shared/schema/job.ts'
import type { Limits } from '../../shared/schema/limits.ts'
import type { LoadPoint } from '../../shared/schema/load.ts'
import type { LogEntry } from '../../shared/schema/log.ts'
import type { JoinInput, JoinResult, Membership } from '../../shared/schema/membership.ts'
import type { ServiceType } from '../../shared/schema/primitives.ts'
import type { RoutingReport } from '../../shared/schema/routing.ts'
import type { Settings, SettingsPatch } from '../../shared/schema/settings.ts'
import type { Status } from '../../shared/schema/status.ts'
import type { Topology } from '../../shared/schema/topology.ts'
import type { InstallOffer, InstallStep, TunnelView } from '../../shared/schema/tunnel.ts'
import type { VpnState } from '../../shared/schema/vpn.ts'
import type { Milliseconds } from '../../shared/units.ts'
import type { LiveValue } from '../live-value.ts'
import type { ShellApi } from './shell-api.ts'

/** What the RPC needs of a node; the composition root's node is one. */
export interface NodeApi {
  readonly status: LiveValue<Status>
  readonly topology: LiveValue<Topology>
  readonly jobs: LiveValue<JobsSnapshot>
  /** What this node is in its network. */
  readonly membership: LiveValue<Membership>
  /** How its place in the network's VPN is. */
  readonly vpn: LiveValue<VpnState>
  /** How the tunnel to this node is. */
  readonly tunnel: LiveValue<TunnelView>
  /** Gets the tunnel's program onto this machine. */
  readonly cloudflared: {
    offer(signal?: AbortSignal): Promise<InstallOffer>
    run(signal?: AbortSignal): AsyncGenerator<InstallStep, void, void>
  }
  readonly settings: LiveValue<Settings>
  /** The app around it. */
  readonly shell: ShellApi
  readonly logs: { watch(signal?: AbortSignal): AsyncGenerator<LogEntry[], void, void> }
  /** How busy the machine was, second by second. */
  readonly load: { watch(signal?: AbortSignal): AsyncGenerator<LoadPoint[], void, void> }
  /** The network as it is now, looked up where what is known is not fresh. */
  look(): Promise<Topology>
  /** The coordinators it knows, nearest first; those at `location` before all others. */
  coordinators(location?: string): CoordinatorsSnapshot
  /** Why this node can or cannot take part. */
  diagnose(): Diagnosis
  /** What somebody who helps has to know, without secrets. */
  diagnostics(): string
  /** What the router did since the start. */
  routingReport(): RoutingReport
  /** Rejects with CONSENT_REQUIRED when switched on for the first time without `consent`. */
  setDonating(donating: boolean, consent?: boolean): Promise<void>
  /** Finishes what runs, then stops donating. */
  finish(): Promise<void>
  pause(forMs?: Milliseconds): Promise<void>
  workAnyway(forMs?: Milliseconds): Promise<void>
  resume(): Promise<void>
  pauseGpu(forMs?: number): Promise<void>
  resumeGpu(): Promise<void>
  /** Rejects with UNKNOWN_SERVICE for a type this node has no engine for. */
  setService(type: ServiceType, enabled: boolean): Promise<void>
  /** What this machine is. */
  hardware(): HardwareReport
  /** Looks at the machine again. */
  probeHardware(): Promise<HardwareReport>
  /** What was done in a span of days. */
  contribution(span: DaySpan): Promise<Contribution>
  /** What ended in each hour of a span. */
  hours(span: HourSpan): Promise<HourlyTotal[]>
  /** Takes over the jobs of another ledger's file; how many were new. Rejects with BAD_INPUT when it is none. */
  importJobs(path: string): Promise<number>
  /** Every job of the ledger, a piece at a time. */
  exportJobs(format: ExportFormat, signal?: AbortSignal): AsyncGenerator<ExportPiece, void, void>
  /** Rejects with NOT_FOUND when no such job is queued or running. */
  cancelJob(id: string): void
  /** Rejects with INVITE_MALFORMED, NO_COORDINATOR, or what the coordinator refuses with. */
  join(input: JoinInput): Promise<JoinResult>
  /** What the node might do now under other limits; again on each change. */
  previewLimits(limits: Limits, signal?: AbortSignal): AsyncGenerator<Allowance, void, void>
  updateSettings(patch: SettingsPatch): Promise<Settings>
}
