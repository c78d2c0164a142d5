import { homedir } from 'node:os'
import type { Ed25519PrivateKey } from '@libp2p/interface'
import { RmaError } from '../../shared/errors.ts'
import type { Diagnosis } from '../../shared/schema/diagnosis.ts'
import { changedBy } from '../../shared/schema/settings.ts'
import type { TunnelView } from '../../shared/schema/tunnel.ts'
import { second } from '../../shared/units.ts'
import type { Clock } from '../clock.ts'
import type { NodeConfig } from '../config/node-config.ts'
import type { SettingsStore } from '../config/settings-store.ts'
import { formatDiagnostics } from '../diagnostics/diagnostics.ts'
import { formsOf } from '../diagnostics/redact.ts'
import type { Donation } from '../donation.ts'
import type { JobLog } from '../ledger/job-log.ts'
import { LiveValue } from '../live-value.ts'
import type { LogBuffer, Logger } from '../log.ts'
import { joinNetwork } from '../membership/join.ts'
import type { Facts } from '../resources/facts.ts'
import type { Governor } from '../resources/governor.ts'
import type { Hardware, HardwareProbe } from '../resources/hardware.ts'
import { hardwareReport } from '../resources/hardware-report.ts'
import type { LoadHistory } from '../resources/load-history.ts'
import type { NodeApi } from '../rpc/node-api.ts'
import { noShell, type ShellApi } from '../rpc/shell-api.ts'
import type { ServiceHost } from '../services/service-host.ts'
import type { StatusBoard } from '../status-board.ts'
import { CloudflaredInstall } from '../tunnels/cloudflared/install.ts'
import type { Vpn } from '../tunnels/nebula/vpn.ts'
import type { composeLedger } from './ledger.ts'
import type { Network } from './network.ts'
import type { PublicSide } from './public.ts'
import type { composeRouting } from './routing.ts'

/** Log entries that go into a report. */
const diagnosedEntries = 400

/** For all places that an invite names together. */
const joinTimeoutMs = 45 * second
const restartDelayMs = 0.2 * second

export interface ApiParts {
  network: Network
  settings: SettingsStore
  services: ServiceHost
  governor: Governor
  facts: LiveValue<Facts>
  donation: Donation
  ledger: ReturnType<typeof composeLedger>
  jobs: JobLog
  routing: ReturnType<typeof composeRouting>
  board: StatusBoard
  probe: HardwareProbe
  hardware: LiveValue<Hardware>
  load: LoadHistory
  vpn: Vpn
  publicSide: PublicSide | undefined
  privateKey: Ed25519PrivateKey
  clock: Clock
  log: Logger
}

export interface ApiInit {
  config: NodeConfig
  accessToken: string
  diagnose(): Diagnosis
  logs: LogBuffer
  /** Default: none. */
  shell?: ShellApi
  /** Starts the node anew; without it that is left to the owner. */
  restart?: () => void
}

/** What the pages and the command see of a node and may ask of it. */
export function composeApi(parts: ApiParts, init: ApiInit): NodeApi {
  const { network, settings, services, governor, donation, ledger, jobs, routing, board, load, vpn, publicSide } = parts
  const { privateKey, clock, log } = parts
  const { config, accessToken, diagnose } = init
  const { dataFolder } = config
  const report = () => hardwareReport(parts.hardware.get(), parts.facts.get())
  return {
    status: board.status,
    topology: network.view.topology,
    look: () => network.view.look(),
    coordinators: location => ({
      coordinators: network.coordinators(location),
      edgeRequestsToday: network.edge.today,
    }),
    load,
    jobs: jobs.jobs,
    settings: settings.settings,
    membership: network.membership,
    vpn: vpn.state,
    tunnel: publicSide?.tunnel ?? new LiveValue<TunnelView>({ kind: 'stopped' }),
    cloudflared: publicSide?.cloudflared ?? new CloudflaredInstall({ dataFolder }),
    shell: init.shell ?? noShell(),
    logs: init.logs,
    diagnose,
    diagnostics: () =>
      formatDiagnostics(
        {
          now: clock.now(),
          status: board.status.get(),
          settings: settings.settings.get(),
          diagnosis: diagnose(),
          entries: init.logs.latest(diagnosedEntries),
        },
        { secrets: [accessToken, ...formsOf(privateKey.raw)], home: homedir() },
      ),
    routingReport: routing.report,
    setDonating: (donating, consent) => donation.set(donating, consent),
    finish: () => donation.finish(),
    pause: forMs => donation.pause(forMs),
    workAnyway: forMs => donation.workAnyway(forMs),
    resume: () => donation.resume(),
    pauseGpu: forMs => donation.pauseGpu(forMs),
    resumeGpu: () => donation.resumeGpu(),
    async setService(type, enabled) {
      services.setEnabled(type, enabled)
      await settings.change(current => ({
        ...current,
        services: { ...current.services, [type]: { ...current.services[type], enabled } },
      }))
    },
    hardware: report,
    async probeHardware() {
      await parts.probe.probe()
      return report()
    },
    contribution: span => ledger.contribution(span),
    hours: span => ledger.hours(span),
    importJobs: path => ledger.importJobs(path),
    exportJobs: (format, signal) => ledger.exportJobs(format, signal),
    async join({ invite, label }) {
      if (config.network.name !== undefined)
        throw new RmaError('BAD_SETTING', 'this node was started with --network: start it without, and join then')
      const parts = { privateKey, settings, clock, log: log.child({ component: 'join' }) }
      const joined = await joinNetwork(parts, { dataFolder, invite, label, signal: AbortSignal.timeout(joinTimeoutMs) })
      // Once the answer is on its way.
      if (init.restart !== undefined) clock.after(restartDelayMs, init.restart)
      return { ...joined, restarting: init.restart !== undefined }
    },
    previewLimits: (limits, signal) => governor.preview(limits, signal),
    cancelJob: jobId => jobs.cancel(jobId),
    updateSettings: patch => settings.change(current => changedBy(current, patch)),
  }
}
