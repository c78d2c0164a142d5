import { z } from 'zod'

/** What the writing process has safe on disk, as it says itself. */
export const safeSchema = z.object({
  peerId: z.string().optional(),
  /** Highest number it was given. */
  seq: z.number().optional(),
  /** `keepDays` of the settings, written over and over. */
  settings: z.number().optional(),
  /** Number of a job in the ledger. */
  job: z.number().optional(),
  /** `seq` of its own record in the registrar's store. */
  record: z.number().optional(),
})
export type Safe = z.infer<typeof safeSchema>
