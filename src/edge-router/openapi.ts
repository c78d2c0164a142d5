import { z } from 'zod'
import { type ErrorCode, errorCatalogue } from '../shared/errors.ts'
import { apiErrorSchema } from '../shared/schema/coordinator-api.ts'
import {
  coordinatorRegistrationSchema,
  edgeHealthSchema,
  edgeMetricsSchema,
  registrationAcceptedSchema,
} from '../shared/schema/edge-api.ts'
import { bootstrapSchema } from '../shared/schema/seeds.ts'

interface EdgeRoute {
  method: 'get' | 'post'
  path: string
  summary: string
  body?: z.ZodType
  answer: z.ZodType
  /** Statuses besides 200 that come with the same answer. */
  otherStatuses?: readonly number[]
  errors: readonly ErrorCode[]
  operator?: boolean
}

/** What a registration can be refused with. */
export const registrationErrors = [
  'REGISTRATION_MALFORMED',
  'REGISTRATION_FORGED',
  'REGISTRATION_STALE',
  'REGISTRATION_REPLAYED',
  'SEED_REFUSED',
  'MEMBERSHIP_MISSING',
  'MEMBERSHIP_MALFORMED',
  'MEMBERSHIP_FORGED',
  'MEMBERSHIP_FOREIGN',
  'MEMBERSHIP_WRONG_NETWORK',
  'MEMBERSHIP_NOT_YET_VALID',
  'MEMBERSHIP_EXPIRED',
  'MEMBERSHIP_REVOKED',
  'MEMBERSHIP_ROLE',
  'TOO_LARGE',
  'QUOTA_EXCEEDED',
  'STORAGE_UNAVAILABLE',
] as const satisfies ErrorCode[]

export const edgeRoutes: Readonly<Record<string, EdgeRoute>> = {
  bootstrap: {
    method: 'get',
    path: '/api/dht/bootstrap',
    summary: 'Coordinators seen alive within 24 hours, nearest first, each signed by itself.',
    answer: bootstrapSchema,
    errors: ['STORAGE_UNAVAILABLE'],
  },
  register: {
    method: 'post',
    path: '/api/coordinator/register',
    summary: 'Hands a coordinator out for the next 24 hours. For certified coordinators of the network.',
    body: coordinatorRegistrationSchema,
    answer: registrationAcceptedSchema,
    errors: registrationErrors,
  },
  health: {
    method: 'get',
    path: '/health',
    summary: 'Whether seeds can be handed out.',
    answer: edgeHealthSchema,
    otherStatuses: [503],
    errors: [],
  },
  metrics: {
    method: 'get',
    path: '/api/admin/metrics',
    summary: 'Requests by day and kind, and the coordinators there are.',
    answer: edgeMetricsSchema,
    errors: ['UNAUTHORIZED', 'STORAGE_UNAVAILABLE'],
    operator: true,
  },
}

/** The OpenAPI 3.1 document, made of the schemas by which requests are read and tests judge answers. */
export function openApiDocument(): Record<string, unknown> {
  return {
    openapi: '3.1.0',
    info: { title: 'RMA Donor edge router', version: '1' },
    paths: Object.fromEntries(
      Object.entries(edgeRoutes).map(([operationId, route]) => [
        route.path,
        { [route.method]: operation(operationId, route) },
      ]),
    ),
    components: {
      schemas: { Error: schemaOf(apiErrorSchema, 'output') },
      securitySchemes: { operatorToken: { type: 'http', scheme: 'bearer' } },
    },
  }
}

function operation(operationId: string, { summary, body, operator, ...route }: EdgeRoute) {
  return {
    operationId,
    summary,
    ...(operator === true ? { security: [{ operatorToken: [] }] } : {}),
    ...(body === undefined ? {} : { requestBody: { required: true, ...json(schemaOf(body, 'input')) } }),
    responses: { ...errorResponses(route.errors), ...answers(summary, route) },
  }
}

function answers(summary: string, { answer, otherStatuses = [] }: Pick<EdgeRoute, 'answer' | 'otherStatuses'>) {
  const response = { description: summary, ...json(schemaOf(answer, 'output')) }
  return Object.fromEntries([200, ...otherStatuses].map(status => [status, response]))
}

function errorResponses(codes: readonly ErrorCode[]) {
  const byStatus = Map.groupBy(codes, code => errorCatalogue[code].status)
  return Object.fromEntries(
    [...byStatus].map(([status, its]) => [
      status,
      { description: its.join(', '), ...json({ $ref: '#/components/schemas/Error' }) },
    ]),
  )
}

function json(schema: object) {
  return { content: { 'application/json': { schema } } }
}

function schemaOf(schema: z.ZodType, io: 'input' | 'output') {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { target: 'draft-2020-12', io })
  return rest
}
