import { z } from 'zod'
import type { Gpu } from '../../shared/schema/capabilities.ts'
import type { OwnGpu } from '../../shared/schema/hardware.ts'
import { enginesFor } from './gpu-engines.ts'

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
  driverVersion: z.string().optional().catch(undefined),
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

/** The cards among `controllers` that can compute. */
export function gpusOf(
  controllers: readonly Controller[],
  { platform = process.platform }: { platform?: NodeJS.Platform } = {},
): OwnGpu[] {
  return controllers
    .filter(({ vendor, model, name }) => !drawsOnly.test(`${vendor} ${model} ${name ?? ''}`))
    .map(each => gpuOf(each, platform))
    .filter(gpu => gpu.model !== '')
    .slice(0, maxGpus)
}

/** A card as a worker announces it. */
export function announcedGpu({ vendor, model, vramMiB }: OwnGpu): Gpu {
  return { vendor, model, vramMiB }
}

/** One that a demonstration pretends to, whatever its system. */
export function pretendedGpu(gpu: Gpu): OwnGpu {
  const sharedMemory = gpu.vendor === 'apple'
  return { ...gpu, sharedMemory, usableBy: enginesFor({ vendor: gpu.vendor, sharedMemory }, process.platform) }
}

function gpuOf(
  { vendor: maker, model, name, vram, memoryTotal, vramDynamic, driverVersion }: Controller,
  platform: NodeJS.Platform,
): OwnGpu {
  const memoryMiB = vramDynamic ? 0 : (memoryTotal ?? vram ?? 0)
  const said = `${maker} ${model} ${name ?? ''}`
  const vendor = vendors.find(([pattern]) => pattern.test(said))?.[1] ?? 'other'
  const sharedMemory = vramDynamic || vendor === 'apple'
  const driver = plainText(driverVersion ?? '')
  return {
    vendor,
    model: plainText(name || model),
    vramMiB: Math.round(Math.min(maxVramMiB, Math.max(0, Number.isFinite(memoryMiB) ? memoryMiB : 0))),
    sharedMemory,
    ...(driver === '' ? {} : { driver }),
    usableBy: enginesFor({ vendor, sharedMemory }, platform),
  }
}

/** A name that hardware reports of itself, as one short printable line. */
export function plainText(text: string): string {
  const line = text.replaceAll(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\s]+/gu, ' ').trim()
  const cutPair = /[\ud800-\udbff]$/
  return line.slice(0, maxNameLength).replace(cutPair, '').trim()
}
