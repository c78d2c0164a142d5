import { z } from 'zod'
import { serviceTypeSchema, timestampSchema } from './primitives.ts'

/** Why a service is not offered here, as data the page turns into words. */
export const unavailabilitySchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('disabled') }),
  z.object({ kind: z.literal('gpu-paused') }),
  /** It did not start several times in a row; `retryAt`: when it may try again by itself. */
  z.object({ kind: z.literal('engine-failed'), message: z.string(), retryAt: timestampSchema.optional() }),
  z.object({ kind: z.literal('needs-memory'), neededMiB: z.number(), foundMiB: z.number() }),
  z.object({ kind: z.literal('needs-gpu'), neededVramMiB: z.number(), foundVramMiB: z.number() }),
  /** None of these engines answers; `places` are where they were looked for. */
  z.object({ kind: z.literal('needs-engine'), engines: z.array(z.string()), places: z.array(z.string()).optional() }),
  /** Engines run, but none has a model that would do, or none that fits into `budgetMiB`. */
  z.object({
    kind: z.literal('needs-model'),
    engines: z.array(z.string()),
    pictures: z.boolean(),
    budgetMiB: z.number().optional(),
  }),
  /** Data of these languages, by Tesseract's codes, is not installed. */
  z.object({ kind: z.literal('needs-language'), languages: z.array(z.string()) }),
  /** The server behind it does not say that it is well. */
  z.object({ kind: z.literal('unhealthy'), message: z.string(), url: z.string().optional() }),
])
export type Unavailability = z.infer<typeof unavailabilitySchema>

/** What would help where a service is not offered, as data the page turns into words. */
export const adviceSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('switch-on') }),
  z.object({ kind: z.literal('resume-gpu') }),
  /** This machine cannot do it, one with so much could. */
  z.object({ kind: z.literal('more-memory'), memoryMiB: z.number() }),
  z.object({ kind: z.literal('larger-card'), vramMiB: z.number() }),
  /** Start one of these, or name another in the settings. */
  z.object({ kind: z.literal('start-engine'), engines: z.array(z.string()), places: z.array(z.string()) }),
  /** Give one of these engines a model of at most `budgetMiB`; missing: of any size. */
  z.object({
    kind: z.literal('get-model'),
    engines: z.array(z.string()),
    pictures: z.boolean(),
    budgetMiB: z.number().optional(),
  }),
  z.object({ kind: z.literal('install-languages'), languages: z.array(z.string()) }),
  /** See to the server at `url`. */
  z.object({ kind: z.literal('mend-server'), url: z.string().optional() }),
  /** It tries again by itself; the log says more. */
  z.object({ kind: z.literal('wait-or-read-log'), retryAt: timestampSchema.optional() }),
])
export type Advice = z.infer<typeof adviceSchema>

/** What a service takes. */
export const serviceNeedsSchema = z.object({
  /** Memory of one job. */
  memoryMiB: z.number().int().min(0),
  /** Of one graphics card; 0: works without a card. */
  vramMiB: z.number().int().min(0),
  /** Whether a graphics card makes it quicker. */
  gpuHelps: z.boolean(),
  /** What does the work: a process of this node, a language engine beside it, or a server of the owner's. */
  engine: z.enum(['own', 'language-engine', 'server']),
})
export type ServiceNeeds = z.infer<typeof serviceNeedsSchema>

/** A service of this node as the pages show it. */
export const serviceStatusSchema = z.object({
  type: serviceTypeSchema,
  enabled: z.boolean(),
  needs: serviceNeedsSchema,
  /** Missing: it is offered whenever the node donates. */
  unavailable: unavailabilitySchema.optional(),
  /** There whenever `unavailable` is. */
  advice: adviceSchema.optional(),
  /** Language models that requests may name, those in memory first; missing for services that run none. */
  models: z.array(z.string()).optional(),
  /** Languages that documents are read in, by Tesseract's codes; missing for services that read none. */
  languages: z.object({ chosen: z.array(z.string()), installed: z.array(z.string()) }).optional(),
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
