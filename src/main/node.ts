import type { Role } from '../shared/membership/certificate.ts'
import type { WorkerType } from '../shared/schema/capabilities.ts'
import type { PeerIdText } from '../shared/schema/primitives.ts'
import type { Settings } from '../shared/schema/settings.ts'
import { systemClock } from './clock.ts'
import { composeApi } from './compose/api.ts'
import { composeCoordinator } from './compose/coordinator.ts'
import { composeDiagnosis } from './compose/diagnosis.ts'
import { composeDonation } from './compose/donation.ts'
import { composeGovernor, type MachineSenses } from './compose/governor.ts'
import { composeHttp } from './compose/http.ts'
import { composeLedger } from './compose/ledger.ts'
import { composeNetwork } from './compose/network.ts'
import { composePublic } from './compose/public.ts'
import { composeRouting } from './compose/routing.ts'
import { composeServices } from './compose/services.ts'
import { composeStatus } from './compose/status.ts'
import { composeVpn } from './compose/vpn.ts'
import { loadAccessToken } from './config/access-token.ts'
import { NodeDatastore } from './config/datastore.ts'
import { type KeySeal, loadIdentity, plainSeal } from './config/identity.ts'
import type { NodeConfig } from './config/node-config.ts'
import { SettingsStore } from './config/settings-store.ts'
import { readPeerId } from './dht/peer-ids.ts'
import { HeapSize } from './heap-size.ts'
import { JobLog } from './ledger/job-log.ts'
import { Lifecycle, type Startable } from './lifecycle.ts'
import { mapped } from './live-value.ts'
import type { LogBuffer, Logger } from './log.ts'
import { formatMetrics } from './metrics/exposition.ts'
import { nodeMetrics } from './metrics/node-metrics.ts'
import { PeerHttp } from './paths/peer-http.ts'
import { PeerPaths } from './paths/peer-paths.ts'
import { DataMeter } from './resources/data-meter.ts'
import { DataMeterFile } from './resources/data-meter-file.ts'
import { HardwareProbe } from './resources/hardware.ts'
import { LoadHistory } from './resources/load-history.ts'
import { LoadSampler } from './resources/load-sampler.ts'
import { pretending } from './resources/pretending.ts'
import { onResume } from './resources/resume-watch.ts'
import { LocalWorker } from './routing/local-worker.ts'
import type { NodeApi } from './rpc/node-api.ts'
import type { ShellApi } from './rpc/shell-api.ts'
import type { EngineLauncher } from './services/engine-launcher.ts'

export interface NodeInit {
  config: NodeConfig
  workerType: WorkerType
  version: string
  /** Starts the processes that run engines: forked when headless, Electron's own kind on the desktop. */
  launchEngine: EngineLauncher
  /** `import.meta.url` of the program's main module: in a build, threads are found from there. */
  bundleUrl: string
  /** Protects the identity at rest. Default: the file's mode alone. */
  seal?: KeySeal
  /** What the shell knows of the machine better than the system tells. */
  senses?: MachineSenses
  /** The app around the node. Default: none. */
  shell?: ShellApi
  /** Runs on default settings, which are not kept, and leaves those of the owner as they are. Default: false. */
  safeMode?: boolean
  log: Logger
  logBuffer: LogBuffer
  /** Starts the node anew, as a new network asks for; a shell that cannot leaves that to the owner. */
  restart?: () => void
}

/** A node: one member of the network, whatever shell it runs in. */
export interface DonorNode extends NodeApi, Startable {
  readonly accessToken: string
  readonly dataFolder: string
  /** Port of the loopback listener for `POST /service/<type>`, once started. */
  readonly servicePort: number
  /** Where this machine reaches a coordinator's HTTP API, once started; other nodes have none. */
  readonly apiUrl: string | undefined
  /** Where this machine reaches the listener for requests with tickets, once started; most nodes have none. */
  readonly publicUrl: string | undefined
  /** Finishes what runs and takes nothing on until the next start; rejects with the signal's reason. */
  drain(signal?: AbortSignal): Promise<void>
}

/**
 * The composition root: makes every part of a node, leaves first, and hands each what it needs. What is added to the
 * lifecycle starts in that order and stops in reverse. Rejects with what the files in the data folder are refused for:
 * SETTINGS_NEWER, IDENTITY_CORRUPT, IDENTITY_SEALED. `start` rejects with DATA_FOLDER_IN_USE, DATA_FOLDER_UNUSABLE or
 * PORT_IN_USE.
 */
export async function createNode(init: NodeInit): Promise<DonorNode> {
  const { config, log } = init
  const { dataFolder } = config
  const isCoordinator = init.workerType === 'coordinator'
  const clock = systemClock
  const lifecycle = new Lifecycle()
  const startedAt = clock.now()

  // What the data folder holds.
  const settings = new SettingsStore({ clock, log }, { dataFolder, forgetful: init.safeMode ?? false })
  const chosen = withOverrides(await settings.load(), config)
  const privateKey = await loadIdentity(dataFolder, init.seal ?? plainSeal)
  const accessToken = await loadAccessToken(dataFolder)
  const datastore = lifecycle.add('datastore', new NodeDatastore(dataFolder))
  const location = () => config.location ?? settings.settings.get().location

  // The machine.
  const onChange = init.senses?.onResume ?? (resumed => onResume(clock, resumed))
  const probe = lifecycle.add(
    'hardware probe',
    new HardwareProbe({ clock, log }, { workerType: init.workerType, onChange }),
  )
  const hardware = pretending(probe.hardware, config.pretend)
  const sampler = lifecycle.add('load sampler', new LoadSampler({ clock }))
  // Stops after the network: what is relayed to the last counts.
  const meter = new DataMeter({ clock })
  lifecycle.add('data meter', new DataMeterFile({ meter, clock, log }, { dataFolder }))

  // The network.
  const network = await composeNetwork(
    { privateKey, datastore, clock, lifecycle, log },
    {
      config,
      settings: chosen.network,
      coordinator: isCoordinator,
      bookRelayed: bytes => owner.bookRelayed(bytes),
    },
  )
  const { host } = network
  const selfId = host.peerId.toString()
  const rolesOf = (peerId: PeerIdText): readonly Role[] => network.members?.known.rolesOf(peerId) ?? []
  const open = chosen.network.caPublicKey === undefined
  const coordinatorSide = isCoordinator
    ? await composeCoordinator(
        { network, privateKey, datastore, clock, lifecycle, log },
        { config, version: init.version, open, startedAt, location },
      )
    : undefined

  // Services and the requests for them.
  const services = composeServices(
    { launch: init.launchEngine, hardware, settings: settings.settings, clock, lifecycle, log },
    { settings: chosen, dataFolder, systemRoot: config.systemRoot },
  )
  const owner = composeGovernor(
    { settings, services, hardware, meter, clock, lifecycle, log },
    { config, workerType: init.workerType, senses: init.senses },
  )
  const { allowance } = owner.governor
  const load = lifecycle.add(
    'load history',
    new LoadHistory({ load: sampler.load, facts: owner.facts, services: services.status, traffic: host.traffic }),
  )
  const jobs = new JobLog({ clock })
  const local = lifecycle.add('requests run here', new LocalWorker({ services: owner.services, jobs, clock, selfId }))
  const paths = lifecycle.add('paths', new PeerPaths({ host, clock, log }))
  const peerHttp: PeerHttp = new PeerHttp(
    { libp2p: host.libp2p, paths, log },
    {
      protocol: host.protocols.http,
      onSocket: (socket, from) => server.serve(socket, { kind: 'peer', ...from }),
    },
  )
  const addressesOf = (peer: PeerIdText) =>
    host.libp2p.getConnections(readPeerId(peer)).map(connection => connection.remoteAddr)
  const ledger = composeLedger(
    { jobs, meter, settings: settings.settings, peerHttp, privateKey, clock, lifecycle, log },
    {
      dataFolder,
      bundleUrl: init.bundleUrl,
      selfId,
      network: { id: network.id, open },
      ownAddresses: () => host.libp2p.getMultiaddrs(),
      addressesOf,
    },
  )
  const routing = composeRouting(
    { network, services, local, peerHttp, settings: settings.settings, jobs, datastore, clock, lifecycle, log },
    {
      location,
      isTrusted: peerId => rolesOf(peerId).includes('trusted'),
      ...(coordinatorSide === undefined ? {} : { registered: coordinatorSide.workers }),
    },
  )
  // What a coordinator's tunnel leads to is its API.
  const publicSide =
    coordinatorSide === undefined
      ? composePublic({ network, settings: settings.settings, clock, lifecycle, log }, { config })
      : undefined
  const { server, publicListener } = composeHttp(
    {
      local,
      router: routing.router,
      receipts: ledger.receipts,
      coordinatorSide,
      publicSide,
      services: services.status,
      settings: settings.settings,
      clock,
      lifecycle,
      log,
    },
    { config, selfId, version: init.version, accessToken, open, rolesOf, metrics: () => formatMetrics(ownMetrics()) },
  )
  lifecycle.add('HTTP between peers', peerHttp)
  network.open()
  const vpn = composeVpn({ network, settings, clock, lifecycle, log }, { dataFolder, coordinator: isCoordinator })

  lifecycle.add(
    'heap',
    new HeapSize({
      clock,
      work: () => {
        const { served, requested, own, failed } = jobs.totals
        return { requests: served + requested + own + failed, bytes: host.traffic.bytesIn + host.traffic.bytesOut }
      },
    }),
  )

  // What ties them together.
  const donation = composeDonation(
    {
      network,
      settings,
      services,
      allowance,
      capabilities: mapped(hardware, each => each.capabilities),
      publicSide,
      vpn,
      clock,
      lifecycle,
      log,
    },
    { coordinator: isCoordinator, location },
  )
  const board = composeStatus(
    {
      network,
      settings: settings.settings,
      allowance,
      services,
      ledger: ledger.ledger,
      jobs,
      load: sampler.load,
      facts: owner.facts,
      hardware,
      routing: routing.totals,
      server,
      clock,
      lifecycle,
    },
    { version: init.version, workerType: init.workerType, networkName: chosen.network.name, open, startedAt },
  )
  const findings = composeDiagnosis(
    { network, server, clock, lifecycle, log },
    {
      config,
      settings: () => settings.settings.get(),
      mdns: chosen.network.mdns,
      tunnel: () => publicSide?.tunnel.get() ?? { kind: 'stopped' },
      vpn: () => vpn.state.get(),
    },
  )

  const ownMetrics = () => nodeMetrics({ status: board.status.get(), routing: routing.report() })
  const coordinator = coordinatorSide?.open({
    router: routing.router,
    peerHttp,
    routing: routing.totals,
    nodeMetrics: ownMetrics,
  })

  const api = composeApi(
    {
      network,
      settings,
      services,
      governor: owner.governor,
      facts: owner.facts,
      donation,
      ledger,
      jobs,
      routing,
      board,
      probe,
      hardware,
      load,
      vpn,
      publicSide,
      privateKey,
      clock,
      log,
    },
    {
      config,
      accessToken,
      diagnose: findings,
      logs: init.logBuffer,
      ...(init.shell === undefined ? {} : { shell: init.shell }),
      ...(init.restart === undefined ? {} : { restart: init.restart }),
    },
  )

  return {
    ...api,
    accessToken,
    dataFolder,
    get servicePort() {
      return server.port
    },
    get publicUrl() {
      return publicListener?.url
    },
    get apiUrl() {
      return coordinator === undefined ? undefined : coordinator.localUrl
    },
    start: () => lifecycle.start(),
    drain: signal => services.drain(signal),
    stop: () => lifecycle.stop(),
  }
}

/** The settings as this run uses them: what the command line and the environment say is laid over what is saved. */
function withOverrides(settings: Settings, config: NodeConfig): Settings {
  return { ...settings, network: { ...settings.network, ...config.network } }
}
