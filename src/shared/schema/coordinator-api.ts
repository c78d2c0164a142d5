import { z } from 'zod'
import { errorCatalogue } from '../errors.ts'
import { workerTypeSchema } from './capabilities.ts'
import {
  locationSchema,
  pathKindSchema,
  peerIdSchema,
  peerTextSchema,
  serviceTypeSchema,
  shareSchema,
  timestampSchema,
} from './primitives.ts'
import { nodeRoleSchema } from './topology.ts'
import { choiceSchema, workerStateSchema } from './worker.ts'

/** The coordinator's HTTP API, in the platform's snake_case. Times are milliseconds since the Unix epoch. */

export const apiErrorSchema = z.object({
  error: z.object({
    code: z.enum(Object.keys(errorCatalogue) as [string, ...string[]]),
    message: z.string(),
    details: z.record(z.string(), z.unknown()),
  }),
})

export const apiCapabilitiesSchema = z.object({
  has_gpu: z.boolean(),
  /** The model of its strongest card. */
  gpu_type: peerTextSchema(64).nullable(),
  worker_type: workerTypeSchema,
})
export type ApiCapabilities = z.infer<typeof apiCapabilitiesSchema>

/** A worker as the platform describes it. */
export const apiWorkerSchema = z.object({
  worker_id: peerIdSchema,
  vpn_ip: z.ipv4().nullable(),
  tunnel_url: z
    .url({ protocol: /^(https|wss)$/ })
    .max(256)
    .nullable(),
  services: z.array(serviceTypeSchema).max(64),
  capabilities: apiCapabilitiesSchema,
  load: shareSchema,
  last_seen: timestampSchema,
})
export type ApiWorker = z.infer<typeof apiWorkerSchema>

const healthChecksSchema = z.object({
  /** The peer-to-peer listener is open. */
  listening: z.boolean(),
  /** `joined`: it has peers; `first`: it has none and was given nobody to join; `alone`: it looks for those it was given. */
  dht: z.enum(['joined', 'first', 'alone']),
  /** The data folder can be written to. */
  datastore: z.boolean(),
  draining: z.boolean(),
})

export const healthSchema = z.object({
  /** Anything but `ok` comes with status 503. */
  status: z.enum(['ok', 'draining', 'unavailable']),
  node_id: peerIdSchema,
  coordinator_id: z.string().nullable(),
  version: z.string(),
  checks: healthChecksSchema,
})
export type HealthAnswer = z.infer<typeof healthSchema>

export const apiTopologySchema = z.object({
  nodes: z.array(
    z.object({
      node_id: peerIdSchema,
      role: nodeRoleSchema,
      services: z.array(serviceTypeSchema),
      capabilities: apiCapabilitiesSchema.nullable(),
      load: shareSchema.nullable(),
      state: workerStateSchema.nullable(),
      location: locationSchema.nullable(),
      last_seen: timestampSchema,
    }),
  ),
  edges: z.array(
    z.object({ from: peerIdSchema, to: peerIdSchema, path: pathKindSchema, rtt_ms: z.number().min(0).nullable() }),
  ),
  dht_ring: z.array(z.object({ node_id: peerIdSchema, position: z.number().min(0).lt(1) })),
})
export type ApiTopology = z.infer<typeof apiTopologySchema>

const count = z.number().int().min(0)

const routingSchema = z.object({
  local_requests: count,
  forwarded_requests: count,
  cache_hits: count,
  cache_misses: count,
  dht_lookups: count,
  failed_requests: count,
  cache_size: count,
  cache_hit_rate: shareSchema,
})

export const dhtStatsSchema = z.object({
  node_id: peerIdSchema,
  network_id: z.string(),
  /** Nodes it has a connection with, knows of, and of those the ones that donate. */
  connected: count,
  known: count,
  donating: count,
  /** What it keeps for others as a registrar. */
  directory: z.object({ workers: count, keys: count, bytes: count }),
  /** Workers that registered over HTTP. */
  http_workers: count,
  routing: routingSchema,
})
export type DhtStats = z.infer<typeof dhtStatsSchema>

export const adminMetricsSchema = z.object({
  node_id: peerIdSchema,
  coordinator_id: z.string().nullable(),
  version: z.string(),
  uptime_seconds: count,
  memory_bytes: count,
  cpu_seconds: z.number().min(0),
  connections: count,
  relay_reservations: count,
  requests: z.object({ running: count, finished: count, refused: count }),
  /** Requests this node has sent to the edge router since midnight UTC. */
  edge_requests_today: count,
  dht: dhtStatsSchema,
})
export type AdminMetrics = z.infer<typeof adminMetricsSchema>

/** What a worker without the DHT says of itself; it signs the request with the key of its `worker_id`. */
export const workerRegistrationSchema = apiWorkerSchema.omit({ last_seen: true }).extend({
  /** What requests for its services may choose from: models, and languages that documents are read in. */
  choices: z.array(choiceSchema).min(1).max(8).optional(),
  location: locationSchema.nullish(),
  queue: z
    .object({
      running: count.max(100_000),
      waiting: count.max(100_000),
      slots: count.max(100_000),
      bound: count.max(100_000),
    })
    .optional(),
  state: z.enum(['donating', 'paused', 'draining']).optional(),
})
export type WorkerRegistration = z.infer<typeof workerRegistrationSchema>

/** Says that a registered worker is still there, and how busy. `left` takes it out. */
export const workerHeartbeatSchema = z.object({
  worker_id: peerIdSchema,
  load: shareSchema,
  queue: workerRegistrationSchema.shape.queue,
  state: workerStateSchema.optional(),
})
export type WorkerHeartbeat = z.infer<typeof workerHeartbeatSchema>

export const workerAcceptedSchema = z.object({
  worker: apiWorkerSchema,
  /** Whether the worker has a libp2p connection to this coordinator, and leave to donate; without both it is not kept and sent nothing. */
  reachable: z.boolean(),
  /** How often to send a heartbeat. */
  heartbeat_interval_seconds: z.number().int().min(1),
  /** Without a heartbeat the worker is forgotten after this long. */
  ttl_seconds: z.number().int().min(1),
})
export type WorkerAccepted = z.infer<typeof workerAcceptedSchema>

export const ticketSchema = z.object({
  /** Where to send the request: the worker's own public address. */
  tunnel_url: z.url(),
  /** For its header `Authorization: Bearer`. */
  ticket: z.string(),
  expires_at: timestampSchema,
})
export type TicketAnswer = z.infer<typeof ticketSchema>

export const apiKeySchema = z.object({
  id: z.string(),
  name: z.string(),
  created_at: timestampSchema,
  last_used_at: timestampSchema.nullable(),
})
export type ApiKeyAnswer = z.infer<typeof apiKeySchema>

export const newApiKeySchema = z.object({ name: peerTextSchema(64).min(1) })
export const createdApiKeySchema = apiKeySchema.extend({
  /** Shown this once: only its hash is kept. */
  key: z.string(),
})
export const apiKeysSchema = z.object({ keys: z.array(apiKeySchema) })
