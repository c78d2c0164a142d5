import { type Context, Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { addressBlock } from '../shared/address-block.ts'
import { RmaError, toRmaError } from '../shared/errors.ts'
import { safeParse } from '../shared/safe-parse.ts'
import {
  coordinatorRegistrationSchema,
  type EdgeHealth,
  type EdgeMetrics,
  maxRegistrationBytes,
  type RequestKind,
} from '../shared/schema/edge-api.ts'
import { bootstrapAnswer, bootstrapCacheControl } from '../shared/schema/seeds.ts'
import { minute, second } from '../shared/units.ts'
import { askerOf } from './asker.ts'
import type { CoordinatorStore, EdgeClock, ListCopy, ReportProblem } from './coordinator-store.ts'
import { KnownCoordinators, within } from './known-coordinators.ts'
import { nearestFirst } from './nearest.ts'
import { openApiDocument } from './openapi.ts'
import { showsOperatorToken } from './operator-token.ts'
import { type NetworkIdentity, RegistrationDesk } from './registration-desk.ts'
import { RequestCounter } from './request-counter.ts'
import { WindowLimit } from './window-limit.ts'

/** Requests are counted in memory for this long before they are written. */
const countWindowMs = 5 * second
const registrationsPerMinute = 10
const patienceMs = 5 * second

export interface EdgeComponents {
  store: CoordinatorStore
  copy: ListCopy
  clock: EdgeClock
  report: ReportProblem
}

export interface EdgeInit extends NetworkIdentity {
  operatorToken: string
}

type Variables = { kind: RequestKind }
export type EdgeApp = Hono<{ Variables: Variables }>
type EdgeContext = Context<{ Variables: Variables }>

/**
 * The edge router's HTTP: seeds for nodes that know nobody, registration for coordinators, counts for the operator. One
 * serves one network; it holds no key and can therefore change nothing of what coordinators say.
 */
export function createEdgeApp(components: EdgeComponents, init: EdgeInit): EdgeApp {
  const { store, clock } = components
  const known = new KnownCoordinators(components)
  const desk = new RegistrationDesk(components, init)
  const attempts = new WindowLimit({ most: registrationsPerMinute, windowMs: minute })
  const counting = new Counting(components)
  const app: EdgeApp = new Hono()

  app.use(async (c, next) => {
    c.set('kind', 'other')
    await next()
    c.header('x-content-type-options', 'nosniff')
    counting.add(c.get('kind'), work => c.executionCtx.waitUntil(work))
  })

  app.get('/api/dht/bootstrap', async c => {
    c.set('kind', 'bootstrap')
    const { coordinators, from } = await known.get(work => c.executionCtx.waitUntil(work))
    if (from === 'copy') c.set('kind', 'bootstrap_from_copy')
    const seeds = nearestFirst(coordinators, askerOf(c.req.raw)).map(({ seed }) => seed)
    return c.json(bootstrapAnswer(seeds, clock.now()), 200, {
      'cache-control': bootstrapCacheControl,
      // Seeds are public, and each is signed: any page may read them.
      'access-control-allow-origin': '*',
    })
  })

  app.post(
    '/api/coordinator/register',
    async (c, next) => {
      c.set('kind', 'register_refused')
      if (!attempts.take(addressOf(c), clock.now()))
        throw new RmaError('QUOTA_EXCEEDED', `expected at most ${registrationsPerMinute} registrations a minute`, {
          retryAfterMs: minute,
        })
      await next()
    },
    bodyLimit({
      maxSize: maxRegistrationBytes,
      onError: () => {
        throw new RmaError('TOO_LARGE', `expected a registration of at most ${maxRegistrationBytes} bytes`)
      },
    }),
    async c => {
      const place = askerOf(c.req.raw)
      const accepted = await desk.register({ body: await readBody(c), origin: new URL(c.req.url).origin, place })
      c.set('kind', 'register')
      known.forget()
      return c.json(accepted)
    },
  )

  app.get('/health', async c => {
    c.set('kind', 'health')
    const health = await healthOf(c)
    return c.json(health, health.status === 'unavailable' ? 503 : 200, { 'cache-control': 'no-store' })
  })

  app.get('/api/admin/metrics', async c => {
    c.set('kind', 'metrics')
    if (!(await showsOperatorToken(c.req.raw, init.operatorToken)))
      throw new RmaError('UNAUTHORIZED', 'expected the header Authorization: Bearer <operator token>')
    await counting.write()
    const reading = Promise.all([store.counts(), store.list()])
    const [requests, { coordinators }] = await within(patienceMs, clock, reading)
    const metrics: EdgeMetrics = {
      network_id: init.networkId,
      requests,
      coordinators: coordinators.map(({ seed, seenAt, expiresAt }) => ({
        node_id: seed.node_id,
        location: seed.location,
        seen_at: seenAt,
        expires_at: expiresAt,
      })),
    }
    return c.json(metrics, 200, { 'cache-control': 'no-store' })
  })

  app.get('/openapi.json', c => c.json(openApiDocument()))

  app.notFound(c => c.json(new RmaError('NOT_FOUND', 'expected GET /api/dht/bootstrap or GET /health').toBody(), 404))

  app.onError((thrown, c) => {
    const error = toRmaError(thrown)
    if (error.code === 'INTERNAL') {
      components.report('a request failed unexpectedly', thrown)
      return c.json(new RmaError('INTERNAL', 'the request failed').toBody(), 500)
    }
    const { retryAfterMs } = error.details
    if (typeof retryAfterMs === 'number') c.header('retry-after', String(Math.ceil(retryAfterMs / second)))
    return c.json(error.toBody(), error.status as 400)
  })

  async function healthOf(c: EdgeContext): Promise<EdgeHealth> {
    const network_id = init.networkId
    try {
      const { coordinators, from } = await known.get(work => c.executionCtx.waitUntil(work))
      return { status: from === 'storage' ? 'ok' : 'degraded', network_id, coordinators: coordinators.length }
    } catch (error) {
      if (toRmaError(error).code !== 'STORAGE_UNAVAILABLE') throw error
      return { status: 'unavailable', network_id, coordinators: 0 }
    }
  }

  return app
}

/** Brings counts of requests into the storage, at most once in a window for each isolate. */
class Counting {
  readonly #components: EdgeComponents
  readonly #counter = new RequestCounter()
  #nextWriteAt = 0

  constructor(components: EdgeComponents) {
    this.#components = components
  }

  add(kind: RequestKind, waitUntil: (work: Promise<unknown>) => void): void {
    const { clock } = this.#components
    const now = clock.now()
    this.#counter.add(kind, now)
    if (now < this.#nextWriteAt) return
    this.#nextWriteAt = now + countWindowMs
    waitUntil(clock.delay(countWindowMs).then(() => this.write()))
  }

  /** What cannot be written stays counted in memory. */
  async write(): Promise<void> {
    if (this.#counter.isEmpty) return
    const counts = this.#counter.take()
    try {
      await this.#components.store.count(counts)
    } catch (error) {
      this.#counter.put(counts)
      this.#components.report('counts of requests could not be written', error)
    }
  }
}

async function readBody(c: EdgeContext) {
  const text = await c.req.text()
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new RmaError('REGISTRATION_MALFORMED', 'expected a registration in JSON', {}, { cause })
  }
  const parsed = safeParse(coordinatorRegistrationSchema, value)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  throw new RmaError('REGISTRATION_MALFORMED', `${issue?.path.join('.') || 'body'}: ${issue?.message}`)
}

/** Set by Cloudflare; a client cannot choose it, but with IPv6 it has very many. */
function addressOf(c: EdgeContext): string {
  return addressBlock(c.req.header('cf-connecting-ip') ?? 'unknown')
}
