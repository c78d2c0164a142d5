import { z } from 'zod'

/** What a node of a churning network is started with, as JSON. */
export const churningInitSchema = z.object({
  seeds: z.array(z.string()),
  /** The service it does for others, and the one that it asks for. */
  offers: z.string(),
  wants: z.string(),
})
export type ChurningInit = z.infer<typeof churningInitSchema>

export const questionSchema = z.object({ id: z.number(), ask: z.enum(['find', 'request']) })
export type Question = z.infer<typeof questionSchema>

/** `found`: ids of workers; `request`: `answered`, or the code it failed with. */
export const wordSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('ready'), peerId: z.string(), addresses: z.array(z.string()) }),
  z.object({ kind: z.literal('found'), id: z.number(), workers: z.array(z.string()) }),
  z.object({ kind: z.literal('ended'), id: z.number(), how: z.string() }),
])
export type Word = z.infer<typeof wordSchema>

/** All nodes offer it, and are looked up by it. */
export const commonService = 'ocr'
export const requestDeadlineMs = 10_000
