import type { IncomingMessage, ServerResponse } from 'node:http'
import type { HttpBindings } from '@hono/node-server'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import { type Context, Hono } from 'hono'
import { RmaError, toRmaError } from '../../shared/errors.ts'
import {
  type AdminMetrics,
  type ApiTopology,
  type DhtStats,
  type HealthAnswer,
  newApiKeySchema,
  type TicketAnswer,
  type WorkerAccepted,
  workerHeartbeatSchema,
  workerRegistrationSchema,
} from '../../shared/schema/coordinator-api.ts'
import type { ServiceType } from '../../shared/schema/primitives.ts'
import { type BootstrapAnswer, bootstrapCacheControl } from '../../shared/schema/seeds.ts'
import type { Clock } from '../clock.ts'
import { sendError } from '../http/answer.ts'
import { allowOrigin, answerPreflight } from '../http/cors.ts'
import type { Logger } from '../log.ts'
import { expositionType } from '../metrics/exposition.ts'
import { parseRequestHeaders } from '../routing/headers.ts'
import type { ApiAccess } from './api-access.ts'
import type { ApiKey, ApiKeys } from './api-keys.ts'
import { apiRoutes, type Operation } from './api-routes.ts'
import type { MembershipAuthority } from './ca/authority.ts'
import { membershipHandlers } from './ca/membership-handlers.ts'
import { openApiDocument } from './openapi.ts'
import { parseBody, readSmallBody } from './read-json.ts'
import { parseService, type ServiceRoute } from './service-route.ts'
import type { TicketDemands } from './tickets.ts'
import { openProof, proofHeader } from './worker-proof.ts'
import type { WorkerRegistry } from './worker-registry.ts'

/** What the API tells of the node. */
export interface CoordinatorFacts {
  health(): Promise<HealthAnswer>
  bootstrap(): BootstrapAnswer
  topology(): ApiTopology
  stats(): DhtStats
  adminMetrics(): AdminMetrics
  /** In the text format of Prometheus. */
  metrics(): string
}

export interface CoordinatorAppComponents {
  facts: CoordinatorFacts
  access: ApiAccess
  keys: ApiKeys
  workers: WorkerRegistry
  service: ServiceRoute
  /** Rejects with NO_WORKER or UNKNOWN_SERVICE. */
  tickets: { issue(service: ServiceType, demands?: TicketDemands): Promise<TicketAnswer> }
  /** Missing where this coordinator does not hold the network's CA key. */
  authority: MembershipAuthority | undefined
  /** What an invite names as places to ask. */
  inviteSeeds(): string[]
  /** What a worker is told of its registration. */
  accepted(view: ReturnType<WorkerRegistry['register']>): WorkerAccepted
  clock: Clock
  log: Logger
}

export interface CoordinatorAppInit {
  networkId: string
  version: string
  corsOrigins: readonly string[]
}

type Exchange = Context<{ Bindings: HttpBindings }>
type Handler = (c: Exchange, incoming: IncomingMessage) => Promise<Response> | Response
export type CoordinatorApp = Hono<{ Bindings: HttpBindings }>

/**
 * The coordinator's HTTP API. It is made from the table that its OpenAPI document is made from, so that neither has a route
 * that the other lacks.
 */
export function createCoordinatorApp(components: CoordinatorAppComponents, init: CoordinatorAppInit): CoordinatorApp {
  const { log } = components
  const app: CoordinatorApp = new Hono()
  app.use(async (c, next) => {
    const { incoming, outgoing } = bindings(c)
    outgoing.setHeader('x-content-type-options', 'nosniff')
    const allowed = allowOrigin(incoming, outgoing, init.corsOrigins)
    if (c.req.method === 'OPTIONS') {
      answerPreflight(outgoing, allowed, 'GET, POST, DELETE')
      return RESPONSE_ALREADY_SENT
    }
    return next()
  })
  for (const [operation, handler] of Object.entries(handlersOf(components, init)) as [Operation, Handler][]) {
    const { method, path } = apiRoutes[operation]
    app.on(method.toUpperCase(), path.replaceAll(/\{(\w+)\}/g, ':$1'), async c => {
      const { incoming, outgoing } = bindings(c)
      try {
        return await handler(c, incoming)
      } catch (thrown) {
        const error = toRmaError(thrown)
        if (error.code === 'INTERNAL') log.error({ err: thrown, operation }, 'a request failed unexpectedly')
        sendError(incoming, outgoing, error)
        return RESPONSE_ALREADY_SENT
      }
    })
  }
  app.notFound(c => {
    const { incoming, outgoing } = bindings(c)
    sendError(incoming, outgoing, new RmaError('NOT_FOUND', 'expected a path and method that /openapi.json names'))
    return RESPONSE_ALREADY_SENT
  })
  return app
}

function handlersOf(components: CoordinatorAppComponents, init: CoordinatorAppInit): Record<Operation, Handler> {
  const { facts, access, keys, workers, service, tickets, accepted, clock } = components
  const document = openApiDocument(apiRoutes, init.version)
  return {
    health: async c => {
      const health = await facts.health()
      return c.json(health, health.status === 'ok' ? 200 : 503)
    },
    bootstrap: c => c.json(facts.bootstrap(), 200, { 'cache-control': bootstrapCacheControl }),
    topology: c => c.json(facts.topology()),
    stats: c => c.json(facts.stats()),
    adminMetrics: (c, incoming) => {
      access.expectOperator(incoming)
      return c.json(facts.adminMetrics())
    },
    metrics: (c, incoming) => {
      access.expectMonitor(incoming)
      return c.body(facts.metrics(), 200, { 'content-type': expositionType })
    },
    openapi: c => c.json(document),
    service: async c => {
      const { incoming, outgoing } = bindings(c)
      await service.serve(c.req.param('type') ?? '', incoming, outgoing)
      return RESPONSE_ALREADY_SENT
    },
    ticket: async (c, incoming) => {
      const done = access.admit(incoming)
      try {
        const wanted = parseService(c.req.param('type') ?? '')
        const { particulars, trustedOnly } = parseRequestHeaders(incoming.headers)
        const ticket = await tickets.issue(wanted, { particulars, trustedOnly })
        return c.json(ticket, 200, { 'cache-control': 'no-store' })
      } finally {
        done()
      }
    },
    register: async (c, incoming) => {
      const { body, peerId, at } = await readProven(incoming, apiRoutes.register.path, components, init)
      const registration = parseBody(workerRegistrationSchema, body)
      expectOwn(registration.worker_id, peerId)
      return c.json(accepted(workers.register(registration, at)))
    },
    heartbeat: async (c, incoming) => {
      const { body, peerId, at } = await readProven(incoming, apiRoutes.heartbeat.path, components, init)
      const heartbeat = parseBody(workerHeartbeatSchema, body)
      expectOwn(heartbeat.worker_id, peerId)
      return c.json(accepted(workers.heartbeat(heartbeat, at)))
    },
    listKeys: (c, incoming) => {
      access.expectOperator(incoming)
      return c.json({ keys: keys.list().map(keyAnswer) })
    },
    createKey: async (c, incoming) => {
      access.expectOperator(incoming)
      const { name } = parseBody(newApiKeySchema, await readSmallBody(incoming))
      const { key, secret } = await keys.create(name, clock.now())
      return c.json({ ...keyAnswer(key), key: secret }, 201, { 'cache-control': 'no-store' })
    },
    revokeKey: async (c, incoming) => {
      access.expectOperator(incoming)
      await keys.revoke(c.req.param('id') ?? '')
      return c.body(null, 204)
    },
    ...membershipHandlers(components),
  }
}

async function readProven(
  incoming: IncomingMessage,
  path: string,
  { access, clock }: CoordinatorAppComponents,
  { networkId }: CoordinatorAppInit,
) {
  const done = access.admitWorker(incoming)
  try {
    const body = await readSmallBody(incoming)
    const given = incoming.headers[proofHeader]
    const proof = typeof given === 'string' ? given : undefined
    return { body, ...(await openProof(proof, { networkId, path, body }, clock.now())) }
  } finally {
    done()
  }
}

function expectOwn(workerId: string, provenId: string): void {
  if (workerId === provenId) return
  throw new RmaError('PROOF_REFUSED', `expected worker_id ${provenId}, whose key signed the request, got ${workerId}`)
}

function keyAnswer({ id, name, createdAt, lastUsedAt }: ApiKey) {
  return { id, name, created_at: createdAt, last_used_at: lastUsedAt ?? null }
}

function bindings(c: Exchange): { incoming: IncomingMessage; outgoing: ServerResponse } {
  return c.env as { incoming: IncomingMessage; outgoing: ServerResponse }
}
