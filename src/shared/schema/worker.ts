import { z } from 'zod'
import { capabilitiesSchema } from './capabilities.ts'
import {
  languageCodeSchema,
  locationSchema,
  modelNameSchema,
  mostLanguages,
  multiaddrTextSchema,
  type PeerIdText,
  serviceTypeSchema,
  shareSchema,
  timestampSchema,
} from './primitives.ts'

/** `left`: gone on purpose; kept as a tombstone until the last record of this worker would have expired. */
export const workerStateSchema = z.enum(['donating', 'paused', 'draining', 'left'])
export type WorkerState = z.infer<typeof workerStateSchema>

/** Requests waiting and running on a worker. */
export const queueSchema = z.strictObject({
  running: z.number().int().min(0).max(100_000),
  waiting: z.number().int().min(0).max(100_000),
  /** How many may run at once. */
  slots: z.number().int().min(0).max(100_000),
  /** How many may wait. */
  bound: z.number().int().min(0).max(100_000),
})
export type Queue = z.infer<typeof queueSchema>

/** What requests for a service may choose from. A worker with very many models names only some. */
export const choiceSchema = z.strictObject({
  service: serviceTypeSchema,
  models: z.array(modelNameSchema).min(1).max(32).optional(),
  languages: z.array(languageCodeSchema).min(1).max(64).optional(),
})
export type Choice = z.infer<typeof choiceSchema>

/** What a request chooses: this model, all of these languages. What is left out does not matter to it. */
export const particularsSchema = z.object({
  model: modelNameSchema.optional(),
  languages: z.array(languageCodeSchema).min(1).max(mostLanguages).optional(),
})
export type Particulars = z.infer<typeof particularsSchema>

/**
 * What a worker says of itself: the payload of the signed envelope. Times are the worker's own clock, corrected by
 * its measured offset. `seq` grows with each record and renewal and is never reused.
 */
export const workerRecordSchema = z.strictObject({
  seq: z.number().int().min(1).max(Number.MAX_SAFE_INTEGER),
  issuedAt: timestampSchema,
  expiresAt: timestampSchema,
  services: z.array(serviceTypeSchema).max(64),
  choices: z.array(choiceSchema).min(1).max(8).optional(),
  capabilities: capabilitiesSchema,
  load: shareSchema,
  queue: queueSchema,
  state: workerStateSchema,
  addresses: z.array(multiaddrTextSchema).max(16),
  vpnIp: z.ipv4().optional(),
  tunnelUrl: z
    .url({ protocol: /^(https|wss)$/ })
    .max(256)
    .optional(),
  location: locationSchema.optional(),
  /** Relays for nodes that others cannot reach. */
  relays: z.boolean().optional(),
})
export type WorkerRecord = z.infer<typeof workerRecordSchema>

/** A record as a reader holds it: verified, with the newest load it has heard of since. */
export interface WorkerView {
  peerId: PeerIdText
  record: WorkerRecord
  /** Newest known values: from the record, a renewal, or the worker's last response. */
  load: number
  queue: Queue
  state: WorkerState
  /** When `load` and `queue` were heard, on this node's clock. */
  updatedAt: number
  /** When the newest record or renewal ceases to count, on this node's clock. */
  expiresAt: number
}
