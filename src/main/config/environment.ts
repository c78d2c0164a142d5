import { z } from 'zod'
import { RmaError } from '../../shared/errors.ts'
import { locationSchema } from '../../shared/schema/primitives.ts'
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

/** Without the DHT a node would register with a coordinator, which this version does not know: better said than ignored. */
const dhtEnabled = z.enum(['true', '1'], 'expected true: taking part without the DHT is not possible yet')

/** The environment variables a node reads; names are the platform's own. Intervals are whole seconds. */
const environmentSchema = z.object({
  RMA_DONOR_HOME: z.string().min(1, 'expected a folder').optional(),
  DHT_ENABLED: dhtEnabled.optional(),
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
  SERVICE_PORT: portNumber.optional(),
  DASHBOARD_PORT: portNumber.optional(),
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
  const parsed = environmentSchema.safeParse(present)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  const variable = String(issue?.path[0])
  throw new RmaError('BAD_ENVIRONMENT', `${variable}: ${issue?.message}, got ${JSON.stringify(env[variable])}`, {
    variable,
  })
}
