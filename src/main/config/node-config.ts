import { z } from 'zod'
import { RmaError } from '../../shared/errors.ts'
import { safeParse } from '../../shared/safe-parse.ts'
import { type Capabilities, capabilitiesSchema } from '../../shared/schema/capabilities.ts'
import type { Limits } from '../../shared/schema/limits.ts'
import { locationSchema, multiaddrTextSchema, networkNameSchema } from '../../shared/schema/primitives.ts'
import type { Settings } from '../../shared/schema/settings.ts'
import type { Milliseconds } from '../../shared/units.ts'
import { dataFolderPath, prepareDataFolder } from './data-folder.ts'
import { type Environment, parseEnvironment } from './environment.ts'

/** A port to listen on. One that was asked for is kept or refused; a default gives way to the next free one. */
export interface PortChoice {
  port: number
  explicit: boolean
}

const portFlag = z.number('expected a port from 0 to 65535').int().min(0).max(65_535)

/** What a command line may ask for; each wins over the environment and the settings. Port 0 takes any free port. */
export const flagsSchema = z.strictObject({
  dataFolder: z.string().min(1).optional(),
  network: networkNameSchema.optional(),
  seeds: z.array(multiaddrTextSchema).optional(),
  mdns: z.boolean().optional(),
  relay: z.boolean().optional(),
  portMapping: z.boolean().optional(),
  listen: z
    .array(z.union([z.ipv4(), z.ipv6()], 'expected IP addresses'))
    .min(1)
    .optional(),
  dhtPort: portFlag.optional(),
  servicePort: portFlag.optional(),
  dashboardPort: portFlag.optional(),
  apiPort: portFlag.optional(),
  publicPort: portFlag.optional(),
  /** IP address at which a worker takes requests with tickets. */
  publicListen: z.union([z.ipv4(), z.ipv6()], 'expected an IP address').optional(),
  /** IP address of a coordinator's HTTP API. */
  apiListen: z.union([z.ipv4(), z.ipv6()], 'expected an IP address').optional(),
  /** Multiaddrs by which others reach this node although none of its network cards has them. */
  announce: z.array(multiaddrTextSchema).max(8).optional(),
  location: locationSchema.optional(),
  /** Capabilities to announce instead of the machine's own: for demonstrations and tests. */
  pretend: capabilitiesSchema.partial().optional(),
  /** Lifts per-address connection limits, for many nodes on one loopback address. */
  loopbackSwarm: z.boolean().optional(),
  /** The machine does nothing else: rules that keep it free for its owner are not in force. */
  dedicated: z.boolean().optional(),
  /** Where the machine's /proc and /sys are found, for nodes in containers. */
  systemRoot: z.string().startsWith('/').optional(),
})
export type Flags = z.input<typeof flagsSchema>

/** How this run of the node differs from its settings, and the numbers only the environment sets. */
export interface NodeConfig {
  dataFolder: string
  /** Laid over `settings.network`, never saved. */
  network: Partial<Pick<Settings['network'], 'name' | 'seeds' | 'mdns' | 'relay' | 'portMapping' | 'listen'>>
  location?: string
  ports: { dht: PortChoice; service: PortChoice; dashboard: PortChoice; api: PortChoice }
  /** Without it the node registers with a coordinator, and is reached and asks through that. */
  dhtEnabled: boolean
  /** Where seeds are to be had over HTTP; URLs without a slash at the end. */
  seedUrls: { coordinators: string[]; bootstrap: string[]; edgeRouter?: string }
  /** Multiaddrs announced beside those the node listens on. */
  announce: string[]
  tunnelUrl?: string
  /** Where a worker takes requests with tickets, as web pages send them; none unless it is asked for. */
  publicListener?: PublicListenerChoice
  /** Web pages that may ask from a browser. */
  corsOrigins: string[]
  coordinator: {
    /** IP address the HTTP API listens on. */
    listen: string
    /** A name for people; the peer id is what counts. */
    label?: string
  }
  dht: {
    heartbeatIntervalMs: Milliseconds
    workerTtlMs: Milliseconds
    cacheTtlMs: Milliseconds
    maxWorkers: number
  }
  /** Laid over `settings.limits.network`, never saved. */
  bandwidth: Partial<Pick<Limits['network'], 'downKibPerSecond' | 'upKibPerSecond'>>
  pretend?: Partial<Capabilities>
  loopbackSwarm: boolean
  dedicated: boolean
  systemRoot?: string
}

export const defaultPorts = { dht: 8468, service: 8000, dashboard: 8470, api: 8080, public: 8471 } as const

export interface PublicListenerChoice {
  port: PortChoice
  /** IP address. */
  host: string
}

/** Throws BAD_ENVIRONMENT, BAD_REQUEST (a flag) or DATA_FOLDER_UNUSABLE, each in one line. */
export async function loadConfig(init: { env: NodeJS.ProcessEnv; flags?: Flags }): Promise<NodeConfig> {
  const env = parseEnvironment(init.env)
  const flags = parseFlags(init.flags ?? {})
  const dataFolder = dataFolderPath(flags.dataFolder ?? env.RMA_DONOR_HOME)
  await prepareDataFolder(dataFolder)
  const location = flags.location ?? env.LOCATION
  const publicListener = choosePublicListener(env, flags)
  expectCoordinator(env)
  return {
    dataFolder,
    network: {
      ...(flags.network === undefined ? {} : { name: flags.network }),
      ...(flags.seeds === undefined ? {} : { seeds: flags.seeds }),
      ...(flags.mdns === undefined ? {} : { mdns: flags.mdns }),
      ...(flags.relay === undefined ? {} : { relay: flags.relay }),
      ...(flags.portMapping === undefined ? {} : { portMapping: flags.portMapping }),
      ...(flags.listen === undefined ? {} : { listen: flags.listen }),
    },
    ...(location === undefined ? {} : { location }),
    ports: {
      dht: choosePort(flags.dhtPort ?? env.DHT_PORT, defaultPorts.dht),
      service: choosePort(flags.servicePort ?? env.SERVICE_PORT, defaultPorts.service),
      dashboard: choosePort(flags.dashboardPort ?? env.DASHBOARD_PORT, defaultPorts.dashboard),
      api: choosePort(flags.apiPort ?? env.PORT, defaultPorts.api),
    },
    dhtEnabled: env.DHT_ENABLED,
    seedUrls: {
      coordinators: env.COORDINATOR_URL ?? [],
      bootstrap: env.BOOTSTRAP_URL ?? [],
      ...(env.EDGE_ROUTER_URL === undefined ? {} : { edgeRouter: env.EDGE_ROUTER_URL }),
    },
    announce: flags.announce ?? [],
    ...(env.TUNNEL_URL === undefined ? {} : { tunnelUrl: env.TUNNEL_URL }),
    ...(publicListener === undefined ? {} : { publicListener }),
    corsOrigins: env.CORS_ORIGINS ?? [],
    coordinator: {
      listen: flags.apiListen ?? '0.0.0.0',
      ...(env.COORDINATOR_ID === undefined ? {} : { label: env.COORDINATOR_ID }),
    },
    dht: {
      heartbeatIntervalMs: env.DHT_HEARTBEAT_INTERVAL,
      workerTtlMs: env.DHT_WORKER_TTL,
      cacheTtlMs: env.DHT_CACHE_TTL,
      maxWorkers: env.DHT_MAX_WORKERS,
    },
    bandwidth: {
      ...(env.BANDWIDTH_DOWN === undefined ? {} : { downKibPerSecond: env.BANDWIDTH_DOWN }),
      ...(env.BANDWIDTH_UP === undefined ? {} : { upKibPerSecond: env.BANDWIDTH_UP }),
    },
    ...(flags.pretend === undefined ? {} : { pretend: definedOnly(flags.pretend) }),
    loopbackSwarm: flags.loopbackSwarm ?? false,
    dedicated: flags.dedicated ?? false,
    ...(flags.systemRoot === undefined ? {} : { systemRoot: flags.systemRoot }),
  }
}

/** Without the DHT nobody but a coordinator could be asked for anything. */
function expectCoordinator({ DHT_ENABLED, COORDINATOR_URL }: Environment): void {
  if (DHT_ENABLED || COORDINATOR_URL !== undefined) return
  throw new RmaError(
    'BAD_ENVIRONMENT',
    'COORDINATOR_URL: expected the URL of a coordinator where DHT_ENABLED is false',
    {
      variable: 'COORDINATOR_URL',
    },
  )
}

export function parseFlags(flags: Flags): z.infer<typeof flagsSchema> {
  const parsed = safeParse(flagsSchema, flags)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  throw new RmaError('BAD_REQUEST', `${issue?.path.join('.')}: ${issue?.message}`, { flag: issue?.path.join('.') })
}

function choosePort(asked: number | undefined, fallback: number): PortChoice {
  return asked === undefined ? { port: fallback, explicit: false } : { port: asked, explicit: true }
}

/** Its port never gives way to another: whatever leads there from the outside would lead elsewhere. */
function choosePublicListener(env: Environment, flags: Flags): PublicListenerChoice | undefined {
  const asked = flags.publicPort ?? env.PUBLIC_PORT
  if (asked === undefined && flags.publicListen === undefined && env.TUNNEL_URL === undefined) return undefined
  return { port: { port: asked ?? defaultPorts.public, explicit: true }, host: flags.publicListen ?? '127.0.0.1' }
}

function definedOnly(values: { [K in keyof Capabilities]?: Capabilities[K] | undefined }): Partial<Capabilities> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined))
}
