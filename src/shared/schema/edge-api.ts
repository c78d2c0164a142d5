import { z } from 'zod'
import { maxRevocationsLength } from '../membership/revocations.ts'
import { hour } from '../units.ts'
import { locationSchema, peerIdSchema, timestampSchema } from './primitives.ts'
import { maxEnvelopeLength } from './seeds.ts'

/** The edge router's HTTP API, in the platform's snake_case. Times are milliseconds since the Unix epoch. */

/** How often a coordinator says that it is there. */
export const registrationIntervalMs = 12 * hour
/** A coordinator that has not been heard of for this long is handed out no more. */
export const aliveForMs = 24 * hour

/** Longest registration in characters: base64 of a seed's envelope and some more. */
export const maxRegistrationLength = Math.ceil((maxEnvelopeLength + 512) * (4 / 3))

/** What a coordinator sends to be handed out as a seed. */
export const coordinatorRegistrationSchema = z.object({
  /** Signed by the coordinator for this edge router and this moment: see `membership/registration.ts`. */
  registration: z.string().min(1).max(maxRegistrationLength),
  /** The newest list of revocations it has, signed by the CA. */
  revocations: z.string().min(1).max(maxRevocationsLength).optional(),
})
export type CoordinatorRegistration = z.infer<typeof coordinatorRegistrationSchema>

/** Largest body of a registration in bytes. */
export const maxRegistrationBytes = maxRegistrationLength + maxRevocationsLength + 256

export const registrationAcceptedSchema = z.object({
  node_id: peerIdSchema,
  /** When it will be handed out no more unless it registers again. */
  expires_at: timestampSchema,
  /** When to register again, at the latest. */
  register_again_seconds: z.number().int().min(1),
})
export type RegistrationAccepted = z.infer<typeof registrationAcceptedSchema>

export const edgeHealthSchema = z.object({
  /** `degraded`: the storage does not answer, and seeds come from a copy. `unavailable` comes with status 503. */
  status: z.enum(['ok', 'degraded', 'unavailable']),
  network_id: z.string(),
  /** Coordinators that are handed out now. */
  coordinators: z.number().int().min(0),
})
export type EdgeHealth = z.infer<typeof edgeHealthSchema>

/** What a request to the edge router was, for its counts. */
export const requestKindSchema = z.enum([
  'bootstrap',
  /** Answered from a copy while the storage did not answer. */
  'bootstrap_from_copy',
  'register',
  'register_refused',
  'health',
  'metrics',
  'other',
])
export type RequestKind = z.infer<typeof requestKindSchema>

export const edgeMetricsSchema = z.object({
  network_id: z.string(),
  requests: z.array(
    z.object({
      /** UTC. */
      day: z.iso.date(),
      kind: requestKindSchema,
      count: z.number().int().min(0),
    }),
  ),
  coordinators: z.array(
    z.object({
      node_id: peerIdSchema,
      location: locationSchema.nullable(),
      seen_at: timestampSchema,
      expires_at: timestampSchema,
    }),
  ),
})
export type EdgeMetrics = z.infer<typeof edgeMetricsSchema>
