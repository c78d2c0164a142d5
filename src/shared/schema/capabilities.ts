import { z } from 'zod'
import { peerTextSchema } from './primitives.ts'

export const gpuVendorSchema = z.enum(['nvidia', 'amd', 'apple', 'intel', 'other'])

/** One graphics card as a worker announces it. `vramMiB` 0: shared with the system's memory or unknown. */
export const gpuSchema = z.strictObject({
  vendor: gpuVendorSchema,
  model: peerTextSchema(64),
  vramMiB: z.number().int().min(0).max(4_194_304),
})
export type Gpu = z.infer<typeof gpuSchema>

export const workerTypeSchema = z.enum(['desktop', 'headless', 'coordinator'])
export type WorkerType = z.infer<typeof workerTypeSchema>

/** What a machine is able to do, as it travels in the worker record. */
export const capabilitiesSchema = z.strictObject({
  workerType: workerTypeSchema,
  cpuThreads: z.number().int().min(1).max(4_096),
  memoryMiB: z.number().int().min(1).max(67_108_864),
  gpus: z.array(gpuSchema).max(16),
})
export type Capabilities = z.infer<typeof capabilitiesSchema>
