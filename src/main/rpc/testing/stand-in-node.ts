import { RmaError } from '../../../shared/errors.ts'
import type { Allowance } from '../../../shared/schema/allowance.ts'
import type { Contribution, ExportPiece, HourlyTotal } from '../../../shared/schema/contribution.ts'
import type { CoordinatorsSnapshot } from '../../../shared/schema/coordinators.ts'
import type { Diagnosis } from '../../../shared/schema/diagnosis.ts'
import type { HardwareReport } from '../../../shared/schema/hardware.ts'
import type { JobsSnapshot } from '../../../shared/schema/job.ts'
import type { Limits } from '../../../shared/schema/limits.ts'
import type { LoadPoint } from '../../../shared/schema/load.ts'
import type { JoinResult, Membership } from '../../../shared/schema/membership.ts'
import type { ServiceType } from '../../../shared/schema/primitives.ts'
import type { RoutingReport } from '../../../shared/schema/routing.ts'
import { changedBy, defaultSettings, type Settings, type SettingsPatch } from '../../../shared/schema/settings.ts'
import type { Status } from '../../../shared/schema/status.ts'
import type { Topology } from '../../../shared/schema/topology.ts'
import type { TunnelView } from '../../../shared/schema/tunnel.ts'
import type { VpnState } from '../../../shared/schema/vpn.ts'
import {
  sampleContribution,
  sampleHardware,
  sampleRoutingReport,
  sampleStatus,
  sampleTopology,
} from '../../../shared/testing/samples.ts'
import { LiveValue } from '../../live-value.ts'
import { LogBuffer } from '../../log.ts'
import { CloudflaredInstall } from '../../tunnels/cloudflared/install.ts'
import type { NodeApi } from '../node-api.ts'
import { noShell } from '../shell-api.ts'

/** Counts the watchers of a LiveValue that are still open. */
class WatchedValue<T> extends LiveValue<T> {
  watchers = 0

  override async *watch(signal?: AbortSignal): AsyncGenerator<T, void, void> {
    this.watchers++
    try {
      yield* super.watch(signal)
    } finally {
      this.watchers--
    }
  }
}

/** A node's state without the node: what the RPC and its front ends are tested against. */
export class StandInNode implements NodeApi {
  readonly status = new WatchedValue<Status>(sampleStatus)
  readonly topology = new WatchedValue<Topology>(sampleTopology)
  readonly jobs = new WatchedValue<JobsSnapshot>({ jobs: [] })
  readonly settings = new WatchedValue<Settings>({ ...defaultSettings, welcomed: true })
  readonly membership = new WatchedValue<Membership>({ kind: 'open' })
  readonly vpn = new WatchedValue<VpnState>({ kind: 'off' })
  readonly tunnel = new WatchedValue<TunnelView>({ kind: 'stopped' })
  /** None is installed and none offered. */
  cloudflared = new CloudflaredInstall({
    dataFolder: '/nonexistent',
    releases: { version: '2026.8.0', files: {} },
    env: {},
    usual: [],
  })
  readonly shell = noShell()
  readonly logs = new LogBuffer()
  readonly load = new WatchedValue<LoadPoint[]>([])
  readonly look = async () => this.topology.get()
  given: Contribution = sampleContribution
  givenByHour: HourlyTotal[] = []
  /** What an export consists of; each piece waits for the one before to be taken. */
  pieces: ExportPiece[] = [{ text: 'request_id\r\n', written: 0, total: 0 }]
  diagnosis: Diagnosis = { findings: [{ kind: 'connected', level: 'good', peers: 2 }] }
  routing: RoutingReport = sampleRoutingReport
  /** Thrown by whatever is called next. */
  failure: unknown

  async setDonating(donating: boolean, consent = false): Promise<void> {
    this.#fail()
    if (donating && !consent && !this.status.get().consent) {
      throw new RmaError('CONSENT_REQUIRED', 'expected consent before the first donation', { needs: 'consent' })
    }
    this.status.update(status => ({ ...status, donating, consent: status.consent || consent }))
  }

  async finish(): Promise<void> {
    this.#wish({ finishing: true })
  }

  async pause(forMs?: number): Promise<void> {
    this.#wish({ override: { kind: 'pause', since: 0, ...(forMs === undefined ? {} : { until: forMs }) } })
  }

  async workAnyway(forMs?: number): Promise<void> {
    this.#wish({ override: { kind: 'run', since: 0, ...(forMs === undefined ? {} : { until: forMs }) } })
  }

  async resume(): Promise<void> {
    this.#fail()
    this.settings.update(({ override: _, ...settings }) => ({ ...settings, finishing: false }))
  }

  async pauseGpu(forMs?: number): Promise<void> {
    this.#wish({ gpuPause: { since: 0, ...(forMs === undefined ? {} : { until: forMs }) } })
  }

  async resumeGpu(): Promise<void> {
    this.#fail()
    this.settings.update(({ gpuPause: _, ...settings }) => settings)
  }

  async contribution(): Promise<Contribution> {
    return this.given
  }

  async hours(): Promise<HourlyTotal[]> {
    return this.givenByHour
  }

  async importJobs(): Promise<number> {
    return 0
  }

  async *exportJobs(): AsyncGenerator<ExportPiece, void, void> {
    yield* this.pieces
  }

  async setService(type: ServiceType, enabled: boolean): Promise<void> {
    this.#fail()
    this.settings.update(settings => ({ ...settings, services: { ...settings.services, [type]: { enabled } } }))
  }

  coordinators(): CoordinatorsSnapshot {
    return { coordinators: [], edgeRequestsToday: 0 }
  }

  diagnose(): Diagnosis {
    return this.diagnosis
  }

  diagnostics(): string {
    return 'RMA Donor 0.1.0'
  }

  hardware(): HardwareReport {
    return sampleHardware
  }

  async probeHardware(): Promise<HardwareReport> {
    return this.hardware()
  }

  routingReport(): RoutingReport {
    return this.routing
  }

  cancelJob(id: string): void {
    this.#fail()
    throw new RmaError('NOT_FOUND', `no job ${id} is queued or running`, { id })
  }

  async join(): Promise<JoinResult> {
    this.#fail()
    return { network: 'charity', status: 'member', restarting: false }
  }

  async *previewLimits(limits: Limits): AsyncGenerator<Allowance, void, void> {
    this.#fail()
    const { allowance } = this.status.get()
    yield {
      ...allowance,
      mode: 'work',
      reason: { kind: 'clear' },
      cpuThreads: limits.cpuThreads ?? allowance.cpuThreads,
      gpu: { ...allowance.gpu, use: true, reason: { kind: 'clear' } },
    }
  }

  async updateSettings(patch: SettingsPatch): Promise<Settings> {
    this.#fail()
    this.settings.update(settings => changedBy(settings, patch))
    return this.settings.get()
  }

  #wish(changes: Partial<Settings>): void {
    this.#fail()
    this.settings.update(settings => ({ ...settings, ...changes }))
  }

  #fail(): void {
    const failure = this.failure
    this.failure = undefined
    if (failure !== undefined) throw failure
  }
}
