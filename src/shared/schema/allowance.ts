import { z } from 'zod'
import { timestampSchema } from './primitives.ts'

/** Why a node works or waits, with the values behind it; the reader puts it into words. */
export const reasonSchema = z.discriminatedUnion('kind', [
  /** Nothing is against working. */
  z.object({ kind: z.literal('clear') }),
  /** The owner lets it work although rules would hold it. */
  z.object({ kind: z.literal('anyway'), until: timestampSchema.optional() }),
  z.object({ kind: z.literal('off') }),
  z.object({ kind: z.literal('finishing') }),
  z.object({ kind: z.literal('paused'), until: timestampSchema.optional() }),
  z.object({ kind: z.literal('gpu-paused'), until: timestampSchema.optional() }),
  z.object({ kind: z.literal('on-battery'), percent: z.number().optional() }),
  z.object({ kind: z.literal('battery-low'), percent: z.number(), resumesAtPercent: z.number() }),
  z.object({ kind: z.literal('in-use'), idleMs: z.number(), neededMs: z.number() }),
  z.object({ kind: z.literal('other-programs'), cpu: z.number(), limit: z.number() }),
  z.object({ kind: z.literal('schedule'), opensAt: timestampSchema.optional() }),
  z.object({
    kind: z.literal('hot'),
    part: z.enum(['cpu', 'gpu']),
    celsius: z.number(),
    resumesBelow: z.number(),
  }),
  z.object({ kind: z.literal('memory'), allowedMiB: z.number(), neededMiB: z.number() }),
  z.object({ kind: z.literal('vram'), freeMiB: z.number(), keptFreeMiB: z.number() }),
  z.object({ kind: z.literal('metered') }),
  z.object({
    kind: z.literal('data-used'),
    usedMiB: z.number(),
    limitMiB: z.number(),
    resetsAt: timestampSchema,
  }),
  z.object({ kind: z.literal('program'), name: z.string() }),
])
export type Reason = z.infer<typeof reasonSchema>

/**
 * `work`: without hindrance. `slow`: on fewer threads. `drain`: what runs is finished, nothing new begins.
 * `halt`: what runs is handed back at once.
 */
export const modeSchema = z.enum(['work', 'slow', 'drain', 'halt'])
export type Mode = z.infer<typeof modeSchema>

export const sensorNameSchema = z.enum([
  'power',
  'idle',
  'otherCpu',
  'cpuTemperature',
  'gpuTemperature',
  'memory',
  'vram',
  'cards',
  'metered',
  'programs',
])
export type SensorName = z.infer<typeof sensorNameSchema>

/** Why a sensor tells nothing: there is none, it failed or was too slow, or it cannot be believed. */
export const unknownCauseSchema = z.enum(['missing', 'failed', 'blind'])
export type UnknownCause = z.infer<typeof unknownCauseSchema>

/** What the node may do now, and why. Units: threads, jobs, MiB, bytes a second; times since the Unix epoch. */
export const allowanceSchema = z.object({
  mode: modeSchema,
  reason: reasonSchema,
  /** When this changes by itself, where that is known. */
  until: timestampSchema.optional(),
  cpuThreads: z.number().int(),
  jobs: z.number().int(),
  memoryMiB: z.number().int(),
  gpu: z.object({ use: z.boolean(), reason: reasonSchema, vramKeptFreeMiB: z.number().int() }),
  /** Of what comes in and of what goes out; missing: not limited. */
  downBytesPerSecond: z.number().int().optional(),
  upBytesPerSecond: z.number().int().optional(),
  /** The rule that an override hides. */
  hides: reasonSchema.optional(),
  /** Sensors that a rule in force asks in vain: that rule does not hold. */
  blind: z.array(z.object({ sensor: sensorNameSchema, cause: unknownCauseSchema })),
})
export type Allowance = z.infer<typeof allowanceSchema>
