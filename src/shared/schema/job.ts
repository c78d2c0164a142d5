import { z } from 'zod'
import { pathKindSchema, peerIdSchema, requestIdSchema, serviceTypeSchema, timestampSchema } from './primitives.ts'

export const jobStateSchema = z.enum(['queued', 'running', 'done', 'failed', 'cancelled'])
export type JobState = z.infer<typeof jobStateSchema>

/**
 * One request this node took part in. `served`: it ran here for another; `requested`: it was sent on from here; `own`: it was made
 * here and ran here, so that both ids are its own.
 */
export const jobSchema = z.object({
  id: requestIdSchema,
  role: z.enum(['served', 'requested', 'own']),
  service: serviceTypeSchema,
  state: jobStateSchema,
  requester: peerIdSchema,
  /** The worker it runs on, or was last sent to; missing before that. */
  worker: peerIdSchema.optional(),
  path: pathKindSchema.optional(),
  createdAt: timestampSchema,
  startedAt: timestampSchema.optional(),
  finishedAt: timestampSchema.optional(),
  bytesIn: z.number().int().min(0),
  bytesOut: z.number().int().min(0),
  /** Processor time of all threads, and time on graphics cards; missing while nothing is known of it. */
  cpuMs: z.number().min(0).optional(),
  gpuMs: z.number().min(0).optional(),
  /** Pages done of a document while it runs here; missing for what is done in one go. */
  progress: z.object({ done: z.number().int().min(0), total: z.number().int().min(1) }).optional(),
  /** Code of the error that ended it. */
  error: z.string().optional(),
  /** The requester has acknowledged the result; `verified`: in a way that counts, see docs/operations.md. */
  receipt: z.enum(['unverified', 'verified']).optional(),
})
export type Job = z.infer<typeof jobSchema>

/** Running jobs first, then the newest finished ones. */
export const jobsSnapshotSchema = z.object({ jobs: z.array(jobSchema) })
export type JobsSnapshot = z.infer<typeof jobsSnapshotSchema>
