import { z } from 'zod'
import { gpuSchema } from './capabilities.ts'
import { shareSchema, timestampSchema } from './primitives.ts'

/** Programs that run language models on this machine, by the names they go by. */
export const engineNameSchema = z.enum(['Ollama', 'llama.cpp server', 'vLLM', 'LM Studio'])
export type EngineName = z.infer<typeof engineNameSchema>

/** A graphics card as its owner sees it: what is announced of it, and what is only known here. */
export const ownGpuSchema = z.object({
  ...gpuSchema.shape,
  /** Its memory is the system's. */
  sharedMemory: z.boolean(),
  driver: z.string().optional(),
  /** Engines that can compute on it, on this system. */
  usableBy: z.array(engineNameSchema),
  /** As last measured; missing where the driver does not tell. */
  freeMiB: z.number().int().optional(),
  busy: shareSchema.optional(),
  celsius: z.number().optional(),
})
export type OwnGpu = z.infer<typeof ownGpuSchema>

/** What this machine is, and when it was last looked at. */
export const hardwareReportSchema = z.object({
  cpuModel: z.string(),
  cpuThreads: z.number().int(),
  memoryMiB: z.number().int(),
  gpus: z.array(ownGpuSchema).max(16),
  /** Missing where nothing tells. */
  power: z.object({ source: z.enum(['mains', 'battery']), percent: z.number().optional() }).optional(),
  /** Of the hottest part of the processor; missing where no sensor tells. */
  celsius: z.number().optional(),
  /** When the last look ended; missing: the first is still under way. */
  probedAt: timestampSchema.optional(),
})
export type HardwareReport = z.infer<typeof hardwareReportSchema>
