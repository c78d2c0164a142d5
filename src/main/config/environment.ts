import { z } from 'zod'
import { RmaError } from '../../shared/errors.ts'
import { safeParse } from '../../shared/safe-parse.ts'
import { kibPerSecondSchema } from '../../shared/schema/limits.ts'
import { locationSchema } from '../../shared/schema/primitives.ts'
import { tunnelUrlSchema } from '../../shared/schema/seeds.ts'
import { second } from '../../shared/units.ts'

const seconds = (expected: string) =>
  z
    .string()
    .regex(/^\d{1,6}$/, expected)
    .transform(text => Number(text) * second)
    .refine(ms => ms > 0, expected)

const portNumber = z
  .string()
  .regex(/^\d{1,5}$/, 'expected a port from 1 to 65535')
  .transform(Number)
  .refine(port => port >= 1 && port <= 65_535, 'expected a port from 1 to 65535')

const kibPerSecond = z
  .string()
  .regex(/^\d{1,8}$/, 'expected KiB a second, from 1 to 10485760')
  .transform(Number)
  .refine(rate => safeParse(kibPerSecondSchema, rate).success, 'expected KiB a second, from 1 to 10485760')

const onOrOff = z
  .enum(['true', '1', 'false', '0'], 'expected true or false')
  .transform(text => text === 'true' || text === '1')

const webUrl = (expected: string) =>
  z
    .url({ protocol: /^https?$/, error: expected })
    .max(512, expected)
    .transform(text => text.replace(/\/+$/, ''))

/** Several values of one kind, with commas between them. */
const listOf = (item: z.ZodType<string, string>, most: number) =>
  z
    .string()
    .transform(text =>
      text
        .split(',')
        .map(part => part.trim())
        .filter(part => part !== ''),
    )
    .pipe(z.array(item).min(1, 'expected at least one').max(most, `expected at most ${most}`))

/** A place that a browser's page may come from: scheme, host and port, as its Origin header says it. */
const originSchema = z
  .url({ protocol: /^https?$/, error: 'expected origins such as https://app.example.org' })
  .refine(text => URL.parse(text)?.origin === text, 'expected origins such as https://app.example.org, without a path')

/** The environment variables a node reads; names are the platform's own. Intervals are whole seconds. */
const environmentSchema = z.object({
  RMA_DONOR_HOME: z.string().min(1, 'expected a folder').optional(),
  DHT_ENABLED: onOrOff.default(true),
  DHT_PORT: portNumber.optional(),
  DHT_HEARTBEAT_INTERVAL: seconds('expected a number of seconds from 1 to 999999').default(30 * second),
  DHT_WORKER_TTL: seconds('expected a number of seconds from 1 to 999999')
    .refine(ms => ms <= 600 * second, 'expected at most 600 seconds')
    .default(300 * second),
  DHT_CACHE_TTL: seconds('expected a number of seconds from 1 to 999999').default(60 * second),
  DHT_MAX_WORKERS: z
    .string()
    .regex(/^\d{1,4}$/, 'expected a number from 1 to 1000')
    .transform(Number)
    .refine(count => count >= 1 && count <= 1_000, 'expected a number from 1 to 1000')
    .default(50),
  LOCATION: locationSchema.optional(),
  /** Of what comes in and of what goes out for others, in KiB a second. */
  BANDWIDTH_DOWN: kibPerSecond.optional(),
  BANDWIDTH_UP: kibPerSecond.optional(),
  /** Coordinators, each asked for seeds; without the DHT the first that answers is registered with. */
  COORDINATOR_URL: listOf(webUrl('expected http or https URLs, with commas between them'), 8).optional(),
  /** Further places that answer as a coordinator's /api/dht/bootstrap does; the path may be left out. */
  BOOTSTRAP_URL: listOf(webUrl('expected http or https URLs, with commas between them'), 8).optional(),
  EDGE_ROUTER_URL: webUrl('expected an http or https URL').optional(),
  /** A coordinator's name in lists and logs. */
  COORDINATOR_ID: locationSchema.optional(),
  /** The public https address of this node's tunnel, where its owner runs one. */
  TUNNEL_URL: webUrl('expected an https URL')
    .refine(
      text => safeParse(tunnelUrlSchema, text).success,
      'expected an https address without a path, or http on loopback',
    )
    .optional(),
  /** Web pages that may ask from a browser: a coordinator for what it does, a worker with a ticket. */
  CORS_ORIGINS: listOf(originSchema, 32).optional(),
  /** Of a coordinator's HTTP API. */
  PORT: portNumber.optional(),
  SERVICE_PORT: portNumber.optional(),
  DASHBOARD_PORT: portNumber.optional(),
  PUBLIC_PORT: portNumber.optional(),
})
export type Environment = z.infer<typeof environmentSchema>

/**
 * Reads the node's variables; empty ones count as missing. Throws BAD_ENVIRONMENT with one line that names the variable,
 * what it takes and what came.
 */
export function parseEnvironment(env: NodeJS.ProcessEnv): Environment {
  const present = Object.fromEntries(
    Object.keys(environmentSchema.shape).flatMap(name => (env[name] ? [[name, env[name]]] : [])),
  )
  const parsed = safeParse(environmentSchema, present)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  const variable = String(issue?.path[0])
  throw new RmaError('BAD_ENVIRONMENT', `${variable}: ${issue?.message}, got ${JSON.stringify(env[variable])}`, {
    variable,
  })
}
