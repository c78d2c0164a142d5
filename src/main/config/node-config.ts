import { z } from 'zod'
import { RmaError } from '../../shared/errors.ts'
import { type Capabilities, capabilitiesSchema } from '../../shared/schema/capabilities.ts'
import { locationSchema, multiaddrTextSchema } from '../../shared/schema/primitives.ts'
import type { Settings } from '../../shared/schema/settings.ts'
import type { Milliseconds } from '../../shared/units.ts'
import { dataFolderPath, prepareDataFolder } from './data-folder.ts'
import { parseEnvironment } from './environment.ts'

/** A port to listen on. One that was asked for is kept or refused; a default gives way to the next free one. */
export interface PortChoice {
  port: number
  explicit: boolean
}

const portFlag = z.number('expected a port from 0 to 65535').int().min(0).max(65_535)

/** What a command line may ask for; each wins over the environment and the settings. Port 0 takes any free port. */
export const flagsSchema = z.strictObject({
  dataFolder: z.string().min(1).optional(),
  network: z.string().min(1).max(64).optional(),
  seeds: z.array(multiaddrTextSchema).optional(),
  mdns: z.boolean().optional(),
  listen: z
    .array(z.union([z.ipv4(), z.ipv6()], 'expected IP addresses'))
    .min(1)
    .optional(),
  dhtPort: portFlag.optional(),
  servicePort: portFlag.optional(),
  dashboardPort: portFlag.optional(),
  location: locationSchema.optional(),
  /** Capabilities to announce instead of the machine's own: for demonstrations and tests. */
  pretend: capabilitiesSchema.partial().optional(),
  /** Lifts per-address connection limits, for many nodes on one loopback address. */
  loopbackSwarm: z.boolean().optional(),
})
export type Flags = z.input<typeof flagsSchema>

/** How this run of the node differs from its settings, and the numbers only the environment sets. */
export interface NodeConfig {
  dataFolder: string
  /** Laid over `settings.network`, never saved. */
  network: Partial<Pick<Settings['network'], 'name' | 'seeds' | 'mdns' | 'listen'>>
  location?: string
  ports: { dht: PortChoice; service: PortChoice; dashboard: PortChoice }
  dht: {
    heartbeatIntervalMs: Milliseconds
    workerTtlMs: Milliseconds
    cacheTtlMs: Milliseconds
    maxWorkers: number
  }
  pretend?: Partial<Capabilities>
  loopbackSwarm: boolean
}

export const defaultPorts = { dht: 8468, service: 8000, dashboard: 8470 } as const

/** Throws BAD_ENVIRONMENT, BAD_REQUEST (a flag) or DATA_FOLDER_UNUSABLE, each in one line. */
export async function loadConfig(init: { env: NodeJS.ProcessEnv; flags?: Flags }): Promise<NodeConfig> {
  const env = parseEnvironment(init.env)
  const flags = parseFlags(init.flags ?? {})
  const dataFolder = dataFolderPath(flags.dataFolder ?? env.RMA_DONOR_HOME)
  await prepareDataFolder(dataFolder)
  const location = flags.location ?? env.LOCATION
  return {
    dataFolder,
    network: {
      ...(flags.network === undefined ? {} : { name: flags.network }),
      ...(flags.seeds === undefined ? {} : { seeds: flags.seeds }),
      ...(flags.mdns === undefined ? {} : { mdns: flags.mdns }),
      ...(flags.listen === undefined ? {} : { listen: flags.listen }),
    },
    ...(location === undefined ? {} : { location }),
    ports: {
      dht: choosePort(flags.dhtPort ?? env.DHT_PORT, defaultPorts.dht),
      service: choosePort(flags.servicePort ?? env.SERVICE_PORT, defaultPorts.service),
      dashboard: choosePort(flags.dashboardPort ?? env.DASHBOARD_PORT, defaultPorts.dashboard),
    },
    dht: {
      heartbeatIntervalMs: env.DHT_HEARTBEAT_INTERVAL,
      workerTtlMs: env.DHT_WORKER_TTL,
      cacheTtlMs: env.DHT_CACHE_TTL,
      maxWorkers: env.DHT_MAX_WORKERS,
    },
    ...(flags.pretend === undefined ? {} : { pretend: definedOnly(flags.pretend) }),
    loopbackSwarm: flags.loopbackSwarm ?? false,
  }
}

function parseFlags(flags: Flags): z.infer<typeof flagsSchema> {
  const parsed = flagsSchema.safeParse(flags)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  throw new RmaError('BAD_REQUEST', `${issue?.path.join('.')}: ${issue?.message}`, { flag: issue?.path.join('.') })
}

function choosePort(asked: number | undefined, fallback: number): PortChoice {
  return asked === undefined ? { port: fallback, explicit: false } : { port: asked, explicit: true }
}

function definedOnly(values: { [K in keyof Capabilities]?: Capabilities[K] | undefined }): Partial<Capabilities> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined))
}
