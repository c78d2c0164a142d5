import { z } from 'zod'
import { allowanceSchema, reasonSchema } from './allowance.ts'
import { capabilitiesSchema, workerTypeSchema } from './capabilities.ts'
import { ledgerSnapshotSchema } from './contribution.ts'
import { multiaddrTextSchema, peerIdSchema, shareSchema, timestampSchema } from './primitives.ts'
import { routingStatisticsSchema } from './routing.ts'
import { serviceStatusSchema } from './service.ts'

/** What the node is doing, with the values behind it: the page turns it into the one sentence that says why. */
export const activitySchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('starting') }),
  z.object({ kind: z.literal('off') }),
  z.object({ kind: z.literal('paused'), until: timestampSchema.optional() }),
  /** A rule holds it up; `jobs` are still being finished. */
  z.object({
    kind: z.literal('waiting'),
    reason: reasonSchema,
    until: timestampSchema.optional(),
    jobs: z.number().int().min(0),
  }),
  z.object({ kind: z.literal('no-service') }),
  z.object({ kind: z.literal('alone'), nextTryAt: timestampSchema.optional() }),
  z.object({ kind: z.literal('ready') }),
  z.object({ kind: z.literal('working'), jobs: z.number().int().min(1) }),
  z.object({ kind: z.literal('stopping'), jobs: z.number().int().min(0) }),
])
export type Activity = z.infer<typeof activitySchema>

/** Counts since the node started. */
export const countersSchema = z.object({
  served: z.number().int(),
  requested: z.number().int(),
  failed: z.number().int(),
  pagesRead: z.number().int(),
})
export type Counters = z.infer<typeof countersSchema>

/** A card at one moment; what its driver does not tell is missing. `busy`: share of the time in which it computed. */
export const graphicsCardSchema = z.object({
  name: z.string(),
  busy: shareSchema.optional(),
  freeMiB: z.number().int().optional(),
  totalMiB: z.number().int().optional(),
  celsius: z.number().optional(),
})
export type GraphicsCard = z.infer<typeof graphicsCardSchema>

/** CPU is the machine's, over all cores, as is `celsius`; `announced` is the load the worker record carries. */
export const loadSampleSchema = z.object({
  at: timestampSchema,
  cpu: shareSchema,
  memoryUsedMiB: z.number(),
  memoryTotalMiB: z.number(),
  /** Missing where no sensor tells. */
  celsius: z.number().optional(),
  cards: z.array(graphicsCardSchema).max(16),
  announced: shareSchema,
})
export type LoadSample = z.infer<typeof loadSampleSchema>

export const statusSchema = z.object({
  self: z.object({
    peerId: peerIdSchema,
    version: z.string(),
    workerType: workerTypeSchema,
    network: z.object({ name: z.string(), id: z.string(), open: z.boolean() }),
    addresses: z.array(multiaddrTextSchema),
    servicePort: z.number().int().optional(),
    startedAt: timestampSchema,
  }),
  donating: z.boolean(),
  consent: z.boolean(),
  activity: activitySchema,
  allowance: allowanceSchema,
  counters: countersSchema,
  routing: routingStatisticsSchema,
  load: loadSampleSchema,
  capabilities: capabilitiesSchema,
  cpuModel: z.string(),
  services: z.array(serviceStatusSchema),
  ledger: ledgerSnapshotSchema,
})
export type Status = z.infer<typeof statusSchema>
