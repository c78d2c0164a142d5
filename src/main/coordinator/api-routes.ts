import type { z } from 'zod'
import type { ErrorCode } from '../../shared/errors.ts'
import {
  adminMetricsSchema,
  apiKeysSchema,
  apiTopologySchema,
  createdApiKeySchema,
  dhtStatsSchema,
  healthSchema,
  newApiKeySchema,
  ticketSchema,
  workerAcceptedSchema,
  workerHeartbeatSchema,
  workerRegistrationSchema,
} from '../../shared/schema/coordinator-api.ts'
import { bootstrapSchema } from '../../shared/schema/seeds.ts'
import { membershipRoutes } from './ca/membership-routes.ts'

/**
 * Who may ask. `requester`: anybody within a quota where the network is open, else holders of an API key. `worker`: whoever
 * signs the request with a worker's key. `operator`: holders of the operator token. `monitor`: these, and programs in the
 * coordinator's own private network.
 */
export type ApiAccess = 'public' | 'requester' | 'worker' | 'operator' | 'monitor'

export type ApiContent = { schema: z.ZodType } | { contentTypes: readonly string[] }

/** One route of the API: what the server mounts and the OpenAPI document describes. */
export interface ApiRoute {
  method: 'get' | 'post' | 'put' | 'delete'
  /** With parameters in braces. */
  path: string
  summary: string
  access: ApiAccess
  body?: ApiContent
  status: 200 | 201 | 204
  answer?: ApiContent
  /** Statuses besides `status` that come with the same answer. */
  otherStatuses?: readonly number[]
  /** Errors of its own; those of access and of a bad body are added. */
  errors?: readonly ErrorCode[]
}

const anything = { contentTypes: ['*/*'] } as const
const routingErrors = [
  'UNKNOWN_SERVICE',
  'EMPTY_BODY',
  'TOO_LARGE',
  'UNSUPPORTED_TYPE',
  'BAD_INPUT',
  'UNKNOWN_MODEL',
  'UNKNOWN_LANGUAGE',
  'NO_WORKER',
  'WORKER_LOST',
  'DEADLINE',
  'DRAINING',
] as const satisfies ErrorCode[]

export const apiRoutes = {
  health: {
    method: 'get',
    path: '/health',
    summary: 'Whether this coordinator can do its work; 503 where it cannot.',
    access: 'public',
    status: 200,
    otherStatuses: [503],
    answer: { schema: healthSchema },
  },
  bootstrap: {
    method: 'get',
    path: '/api/dht/bootstrap',
    summary: 'Seeds: this coordinator and others it knows, each signed by itself.',
    access: 'public',
    status: 200,
    answer: { schema: bootstrapSchema },
  },
  topology: {
    method: 'get',
    path: '/api/dht/topology',
    summary: 'The network as this coordinator sees it, without addresses.',
    access: 'public',
    status: 200,
    answer: { schema: apiTopologySchema },
  },
  stats: {
    method: 'get',
    path: '/api/dht/stats',
    summary: 'Counts of nodes, records and requests.',
    access: 'public',
    status: 200,
    answer: { schema: dhtStatsSchema },
  },
  adminMetrics: {
    method: 'get',
    path: '/api/admin/metrics',
    summary: 'What the operator watches.',
    access: 'operator',
    status: 200,
    answer: { schema: adminMetricsSchema },
  },
  metrics: {
    method: 'get',
    path: '/metrics',
    summary: 'The same and more, in the text format of Prometheus.',
    access: 'monitor',
    status: 200,
    answer: { contentTypes: ['text/plain'] },
  },
  openapi: {
    method: 'get',
    path: '/openapi.json',
    summary: 'This document.',
    access: 'public',
    status: 200,
    answer: { contentTypes: ['application/json'] },
  },
  service: {
    method: 'post',
    path: '/api/service/{type}',
    summary: 'Sends a document or prompt to a worker that offers the service, and streams its answer back.',
    access: 'requester',
    status: 200,
    body: anything,
    answer: anything,
    errors: routingErrors,
  },
  ticket: {
    method: 'post',
    path: '/api/service/{type}/ticket',
    summary: 'Leave to send one request straight to a worker, for a minute.',
    access: 'requester',
    status: 200,
    answer: { schema: ticketSchema },
    errors: ['UNKNOWN_SERVICE', 'NO_WORKER'],
  },
  register: {
    method: 'post',
    path: '/api/worker/register',
    summary: 'Registers a worker that takes no part in the DHT.',
    access: 'worker',
    status: 200,
    body: { schema: workerRegistrationSchema },
    answer: { schema: workerAcceptedSchema },
  },
  heartbeat: {
    method: 'post',
    path: '/api/worker/heartbeat',
    summary: 'Says that a registered worker is still there, and how busy it is.',
    access: 'worker',
    status: 200,
    body: { schema: workerHeartbeatSchema },
    answer: { schema: workerAcceptedSchema },
    errors: ['NOT_FOUND'],
  },
  listKeys: {
    method: 'get',
    path: '/api/admin/keys',
    summary: 'The API keys, without their secrets.',
    access: 'operator',
    status: 200,
    answer: { schema: apiKeysSchema },
  },
  createKey: {
    method: 'post',
    path: '/api/admin/keys',
    summary: 'Makes an API key; its secret is shown this once.',
    access: 'operator',
    status: 201,
    body: { schema: newApiKeySchema },
    answer: { schema: createdApiKeySchema },
    errors: ['QUOTA_EXCEEDED'],
  },
  revokeKey: {
    method: 'delete',
    path: '/api/admin/keys/{id}',
    summary: 'Takes an API key back, at once.',
    access: 'operator',
    status: 204,
    errors: ['NOT_FOUND'],
  },
  ...membershipRoutes,
} as const satisfies Record<string, ApiRoute>
export type Operation = keyof typeof apiRoutes
