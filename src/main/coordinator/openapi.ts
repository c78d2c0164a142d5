import { z } from 'zod'
import { type ErrorCode, errorCatalogue } from '../../shared/errors.ts'
import { apiErrorSchema } from '../../shared/schema/coordinator-api.ts'
import type { ApiAccess, ApiContent, ApiRoute } from './api-routes.ts'
import { proofHeader } from './worker-proof.ts'

/** Errors that come of who asks. */
const accessErrors: Record<ApiAccess, readonly ErrorCode[]> = {
  public: [],
  requester: ['UNAUTHORIZED', 'KEY_REFUSED', 'QUOTA_EXCEEDED', 'BAD_HEADER', 'TOO_MANY_HOPS'],
  worker: ['PROOF_REFUSED', 'QUOTA_EXCEEDED'],
  operator: ['UNAUTHORIZED'],
  monitor: ['UNAUTHORIZED'],
}

const security: Partial<Record<ApiAccess, object[]>> = {
  // An empty object: on an open network no key is needed.
  requester: [{ apiKey: [] }, {}],
  operator: [{ operatorToken: [] }],
  worker: [{ workerProof: [] }],
}

type Json = Record<string, unknown>

/** The OpenAPI 3.1 document of a table of routes; schemas are those by which the server reads and the tests judge. */
export function openApiDocument(routes: Readonly<Record<string, ApiRoute>>, version: string): Json {
  const paths: Record<string, Json> = {}
  for (const [operationId, route] of Object.entries(routes)) {
    paths[route.path] = { ...paths[route.path], [route.method]: operation(operationId, route) }
  }
  return {
    openapi: '3.1.0',
    info: { title: 'RMA Donor coordinator', version },
    paths,
    components: {
      schemas: { Error: jsonSchema(apiErrorSchema, 'output') },
      securitySchemes: {
        apiKey: { type: 'http', scheme: 'bearer', description: 'An API key from the operator of the coordinator.' },
        operatorToken: { type: 'http', scheme: 'bearer', description: 'What `rma-donor token --operator` prints.' },
        workerProof: { type: 'apiKey', in: 'header', name: proofHeader, description: 'A JWS by the worker’s key.' },
      },
    },
  }
}

function operation(operationId: string, route: ApiRoute): Json {
  const parameters = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }))
  return {
    operationId,
    summary: route.summary,
    ...(security[route.access] === undefined ? {} : { security: security[route.access] }),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(route.body === undefined ? {} : { requestBody: { required: true, content: contentOf(route.body, 'input') } }),
    responses: responsesOf(route),
  }
}

function responsesOf(route: ApiRoute): Record<string, Json> {
  const content = route.answer === undefined ? {} : { content: contentOf(route.answer, 'output') }
  const answers = [route.status, ...(route.otherStatuses ?? [])].map(status => [
    String(status),
    { description: route.summary, ...content },
  ])
  return { ...errorResponses(route), ...Object.fromEntries(answers) }
}

/** Errors share statuses: each names the codes that come with it. */
function errorResponses(route: ApiRoute): Record<string, Json> {
  const ofBody: readonly ErrorCode[] =
    route.body !== undefined && 'schema' in route.body ? ['BAD_REQUEST', 'TOO_LARGE'] : []
  const codes = new Set([...accessErrors[route.access], ...ofBody, ...(route.errors ?? []), 'INTERNAL' as const])
  const byStatus = new Map<number, ErrorCode[]>()
  for (const code of codes) {
    const { status } = errorCatalogue[code]
    byStatus.set(status, [...(byStatus.get(status) ?? []), code])
  }
  return Object.fromEntries(
    [...byStatus].map(([status, its]) => [
      String(status),
      {
        description: its.join(', '),
        content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
      },
    ]),
  )
}

function contentOf(content: ApiContent, io: 'input' | 'output'): Json {
  if ('schema' in content) return { 'application/json': { schema: jsonSchema(content.schema, io) } }
  return Object.fromEntries(content.contentTypes.map(type => [type, {}]))
}

function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { target: 'draft-2020-12', io })
  return rest
}
