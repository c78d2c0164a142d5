import { z } from 'zod'
import { type Gpu, gpuVendorSchema } from '../../shared/schema/capabilities.ts'
import table from './gpu-models.json' with { type: 'json' }
import { matchableName } from './gpu-name.ts'

const cardSchema = z.strictObject({
  /** As the vendor sells it. */
  name: z.string().min(1),
  memoryGiB: z.array(z.number().positive()).min(1),
  tflops: z.number().positive(),
  gbPerSecond: z.number().positive(),
})

const tableSchema = z.strictObject({
  about: z.string(),
  groups: z.array(
    z.strictObject({
      vendor: gpuVendorSchema.exclude(['other']),
      /** Where the figures come from. */
      source: z.string().startsWith('https://'),
      unified: z.literal(true).optional(),
      cards: z.array(cardSchema).min(1),
    }),
  ),
})

/** One kind of graphics card: dense 16-bit matrix throughput in TFLOPS, memory bandwidth in GB/s. */
export interface GpuModel extends z.infer<typeof cardSchema> {
  vendor: Gpu['vendor']
  /** The memory is the system's; `memoryGiB` is then the most there is. */
  unified: boolean
}

/** The cards of `gpu-models.json`. */
export const gpuModels: readonly GpuModel[] = tableSchema
  .parse(table)
  .groups.flatMap(({ vendor, unified = false, cards }) => cards.map(card => ({ ...card, vendor, unified })))

/** Longest names first, so that the first match is the longest. */
const byVendor = Map.groupBy(
  gpuModels
    .map(model => ({ model, key: ` ${matchableName(model.name)} ` }))
    .sort((a, b) => b.key.length - a.key.length),
  ({ model }) => model.vendor,
)

/** The model whose name is the longest one found, in whole words, in what a driver reports; undefined for an unknown one. */
export function findGpuModel({ vendor, model }: Pick<Gpu, 'vendor' | 'model'>): GpuModel | undefined {
  const reported = ` ${matchableName(model)} `
  return byVendor.get(vendor)?.find(({ key }) => reported.includes(key))?.model
}
