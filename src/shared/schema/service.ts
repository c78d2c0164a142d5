import { z } from 'zod'
import { serviceTypeSchema } from './primitives.ts'

/** Why a service is not offered here, as data the page turns into words. */
export const unavailabilitySchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('disabled') }),
  z.object({ kind: z.literal('gpu-paused') }),
  z.object({ kind: z.literal('engine-failed'), message: z.string() }),
  z.object({ kind: z.literal('needs-memory'), neededMiB: z.number(), foundMiB: z.number() }),
  z.object({ kind: z.literal('needs-gpu'), neededVramMiB: z.number(), foundVramMiB: z.number() }),
  z.object({ kind: z.literal('needs-engine'), engines: z.array(z.string()) }),
  /** Engines run, but none has a model that would do, or none that fits. */
  z.object({ kind: z.literal('needs-model'), engines: z.array(z.string()), pictures: z.boolean() }),
  /** The server behind it does not say that it is well. */
  z.object({ kind: z.literal('unhealthy'), message: z.string() }),
])
export type Unavailability = z.infer<typeof unavailabilitySchema>

/** A service of this node as the pages show it. */
export const serviceStatusSchema = z.object({
  type: serviceTypeSchema,
  enabled: z.boolean(),
  /** Missing: it is offered whenever the node donates. */
  unavailable: unavailabilitySchema.optional(),
  running: z.number().int(),
  waiting: z.number().int(),
  slots: z.number().int(),
  bound: z.number().int(),
})
export type ServiceStatus = z.infer<typeof serviceStatusSchema>

const boxSchema = z.object({ x0: z.number(), y0: z.number(), x1: z.number(), y1: z.number() })

/** Confidences are shares from 0 to 1; boxes are pixels of the page as it was sent. */
export const ocrPageSchema = z.object({
  text: z.string(),
  words: z.array(z.object({ text: z.string(), box: boxSchema, confidence: z.number().min(0).max(1) })),
})
export type OcrPage = z.infer<typeof ocrPageSchema>

export const ocrAnswerSchema = z.object({
  text: z.string(),
  confidence: z.number().min(0).max(1),
  pages: z.array(ocrPageSchema),
  milliseconds: z.number().min(0),
})
export type OcrAnswer = z.infer<typeof ocrAnswerSchema>
