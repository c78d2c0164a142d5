import { z } from 'zod'
import type { Gpu } from '../../shared/schema/capabilities.ts'

/** What is used of a graphics controller as systeminformation reports it; drivers leave out, or get wrong, any field. */
export const controllerSchema = z.object({
  vendor: z.string().catch(''),
  model: z.string().catch(''),
  /** Set where the vendor's own tool answered; more exact than `model`. */
  name: z.string().optional().catch(undefined),
  /** MiB. */
  vram: z.number().nullable().catch(null),
  /** MiB; from the vendor's own tool. */
  memoryTotal: z.number().optional().catch(undefined),
  /** The memory is the system's. */
  vramDynamic: z.boolean().catch(false),
})
export type Controller = z.infer<typeof controllerSchema>

/** Adapters of virtual machines and remote desktops, and controllers that only drive a screen. */
const drawsOnly =
  /vmware|virtualbox|vbox|qxl|red ?hat|virtio|cirrus|bochs|hyper-?v|virtual (?:display|vga|monitor)|basic (?:display|render)|remote ?display|parallels|citrix|displaylink|aspeed|matrox|llvmpipe|standard vga/i

const vendors: readonly [RegExp, Gpu['vendor']][] = [
  [/nvidia|geforce|quadro|tesla/i, 'nvidia'],
  [/\bamd\b|advanced micro devices|\bati\b|radeon|instinct/i, 'amd'],
  [/apple/i, 'apple'],
  [/intel/i, 'intel'],
]

const maxGpus = 16
const maxNameLength = 64
const maxVramMiB = 4_194_304

/** The cards among `controllers` that can compute, as a worker announces them. */
export function gpusOf(controllers: readonly Controller[]): Gpu[] {
  return controllers
    .filter(({ vendor, model, name }) => !drawsOnly.test(`${vendor} ${model} ${name ?? ''}`))
    .map(gpuOf)
    .filter(gpu => gpu.model !== '')
    .slice(0, maxGpus)
}

function gpuOf({ vendor, model, name, vram, memoryTotal, vramDynamic }: Controller): Gpu {
  const memoryMiB = vramDynamic ? 0 : (memoryTotal ?? vram ?? 0)
  const said = `${vendor} ${model} ${name ?? ''}`
  return {
    vendor: vendors.find(([pattern]) => pattern.test(said))?.[1] ?? 'other',
    model: plainText(name || model),
    vramMiB: Math.round(Math.min(maxVramMiB, Math.max(0, Number.isFinite(memoryMiB) ? memoryMiB : 0))),
  }
}

/** A name that hardware reports of itself, as one short printable line. */
export function plainText(text: string): string {
  const line = text.replaceAll(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\s]+/gu, ' ').trim()
  const cutPair = /[\ud800-\udbff]$/
  return line.slice(0, maxNameLength).replace(cutPair, '').trim()
}
