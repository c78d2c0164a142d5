import { RmaError } from '../../../shared/errors.ts'
import type { Allowance } from '../../../shared/schema/allowance.ts'
import type { Contribution, ExportPiece, HourlyTotal } from '../../../shared/schema/contribution.ts'
import type { CoordinatorsSnapshot } from '../../../shared/schema/coordinators.ts'
import type { Diagnosis } from '../../../shared/schema/diagnosis.ts'
import type { HardwareReport } from '../../../shared/schema/hardware.ts'
import type { JobsSnapshot } from '../../../shared/schema/job.ts'
import type { LoadPoint } from '../../../shared/schema/load.ts'
import type { JoinInput, JoinResult, Membership } from '../../../shared/schema/membership.ts'
import type { RoutingReport } from '../../../shared/schema/routing.ts'
import { defaultSettings } from '../../../shared/schema/settings.ts'
import type { Status } from '../../../shared/schema/status.ts'
import type { Topology } from '../../../shared/schema/topology.ts'
import type { TunnelView } from '../../../shared/schema/tunnel.ts'
import type { VpnState } from '../../../shared/schema/vpn.ts'
import {
  sampleContribution,
  sampleHardware,
  sampleRoutingReport,
  sampleStatus,
} from '../../../shared/testing/samples.ts'
import type { Milliseconds } from '../../../shared/units.ts'
import type { Startable } from '../../lifecycle.ts'
import { LiveValue } from '../../live-value.ts'
import { LogBuffer } from '../../log.ts'
import type { NodeApi } from '../../rpc/node-api.ts'
import { noShell, type ShellApi } from '../../rpc/shell-api.ts'
import { CloudflaredInstall } from '../../tunnels/cloudflared/install.ts'
import type { DesktopNode } from '../desktop.ts'

function initialStatus(consent: boolean): Status {
  const self = { ...sampleStatus.self, version: '0.1.0', workerType: 'desktop' as const }
  return { ...sampleStatus, self, consent, services: [] }
}

/** A node without a network, for tests of the shell around it: it can be switched, watched, started and stopped. */
export class SmallNode implements NodeApi, Startable, DesktopNode {
  readonly status: LiveValue<Status>
  readonly topology = new LiveValue<Topology>({
    nodes: [],
    edges: [],
    ring: [],
    counts: { connected: 0, known: 0, donating: 0 },
  })
  readonly look = async () => this.topology.get()
  readonly jobs = new LiveValue<JobsSnapshot>({ jobs: [] })
  readonly joined: string[] = []
  readonly vpn = new LiveValue<VpnState>({ kind: 'off' })
  readonly membership = new LiveValue<Membership>({ kind: 'open' })
  readonly tunnel = new LiveValue<TunnelView>({ kind: 'stopped' })
  readonly cloudflared = new CloudflaredInstall({ dataFolder: '/nonexistent' })
  readonly settings = new LiveValue(defaultSettings)
  shell: ShellApi = noShell()
  readonly logs = new LogBuffer()
  readonly load = new LiveValue<LoadPoint[]>([])
  readonly api = this
  readonly lifecycle = this
  started = 0
  stopped = 0
  /** Settles when the last job is done. */
  drainGate: Promise<void> = Promise.resolve()
  /** Settles when `stop` may come to its end. */
  stopGate: Promise<void> = Promise.resolve()

  constructor({ consent = true } = {}) {
    this.status = new LiveValue(initialStatus(consent))
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
    return sampleRoutingReport
  }

  coordinators(): CoordinatorsSnapshot {
    return { coordinators: [], edgeRequestsToday: 0 }
  }

  diagnose(): Diagnosis {
    return { findings: [] }
  }

  start(): void {
    this.started++
  }

  async drain(signal: AbortSignal): Promise<void> {
    this.status.update(status => ({ ...status, activity: { kind: 'stopping', jobs: 0 } }))
    const aborted = new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true })
    })
    await Promise.race([this.drainGate, aborted])
  }

  async stop(): Promise<void> {
    await this.stopGate
    this.stopped++
  }

  async setDonating(donating: boolean, consent = false): Promise<void> {
    if (donating && !consent && !this.status.get().consent) throw new RmaError('CONSENT_REQUIRED', 'expected consent')
    this.status.update(status => ({
      ...status,
      donating,
      consent: status.consent || consent,
      activity: { kind: donating ? 'ready' : 'off' },
    }))
  }

  async finish(): Promise<void> {
    await this.setDonating(false)
  }

  async pause(forMs?: Milliseconds): Promise<void> {
    const until = forMs === undefined ? {} : { until: forMs }
    this.status.update(status => ({ ...status, activity: { kind: 'paused', ...until } }))
  }

  async workAnyway(forMs?: Milliseconds): Promise<void> {
    await this.resume()
    const reason = { kind: 'anyway', ...(forMs === undefined ? {} : { until: forMs }) } as const
    this.status.update(status => ({
      ...status,
      allowance: { ...status.allowance, reason, hides: { kind: 'metered' } },
    }))
  }

  async resume(): Promise<void> {
    this.status.update(({ allowance: { hides: _, ...allowance }, ...status }) => ({
      ...status,
      allowance,
      activity: { kind: status.donating ? 'ready' : 'off' },
    }))
  }

  async pauseGpu(forMs?: Milliseconds): Promise<void> {
    const until = forMs === undefined ? {} : { until: forMs }
    this.settings.update(settings => ({ ...settings, gpuPause: { since: 0, ...until } }))
  }

  async resumeGpu(): Promise<void> {
    this.settings.update(({ gpuPause: _, ...settings }) => settings)
  }

  async contribution(): Promise<Contribution> {
    return sampleContribution
  }

  async importJobs(): Promise<number> {
    return 0
  }

  async hours(): Promise<HourlyTotal[]> {
    return []
  }

  async *exportJobs(): AsyncGenerator<ExportPiece, void, void> {
    yield { text: 'request_id\r\n', written: 0, total: 0 }
  }

  async setService(): Promise<void> {
    throw new RmaError('UNKNOWN_SERVICE', 'this node has no services')
  }

  cancelJob(): never {
    throw new RmaError('NOT_FOUND', 'this node has no jobs')
  }

  async join({ invite }: JoinInput): Promise<JoinResult> {
    this.joined.push(invite)
    return { network: 'charity', status: 'member', restarting: false }
  }

  async *previewLimits(): AsyncGenerator<Allowance, void, void> {
    yield this.status.get().allowance
  }

  async updateSettings() {
    return this.settings.get()
  }
}
