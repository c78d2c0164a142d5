import { z } from 'zod'
import { shareSchema, timestampSchema } from './primitives.ts'

/** How far back a node remembers its load, in points of a second. */
export const keptLoadPoints = 600

/** A graphics card in one second, in the order of the status; what its driver does not tell is missing. */
const cardPointSchema = z.object({
  busy: shareSchema.optional(),
  usedMiB: z.number().int().min(0).optional(),
  celsius: z.number().optional(),
})

/** How busy the machine and the node were in one second. */
export const loadPointSchema = z.object({
  at: timestampSchema,
  cpu: shareSchema,
  memoryUsedMiB: z.number().min(0),
  /** Missing where no sensor tells. */
  celsius: z.number().optional(),
  cards: z.array(cardPointSchema).max(16),
  /** Bytes a second between this node and other nodes, as they were on the wire. */
  bytesIn: z.number().min(0),
  bytesOut: z.number().min(0),
  /** Jobs of the services of this node. */
  running: z.number().int().min(0),
  waiting: z.number().int().min(0),
})
export type LoadPoint = z.infer<typeof loadPointSchema>
