import type { Capabilities, Gpu } from '../../shared/schema/capabilities.ts'
import { findGpuModel, gpuModels } from './gpu-models.ts'
import { isLaptopCard } from './gpu-name.ts'

const mibPerGib = 1_024
/** How much of the system's memory a card that shares it may take. */
const unifiedShare = 0.75
/** What a portable card reaches of the desktop card whose name it bears. */
const laptopShare = 0.6
/** An unknown card counts as a plain one of its memory: figures in proportion to it, as among cards of the lower middle. */
const plainTflopsPerGiB = 2
const plainGbPerSecondPerGiB = 20
/** Memory beyond this makes an unknown card no better: an unknown name proves nothing. */
const mostPlainGiB = 48

interface Figures {
  memoryGiB: number
  tflops: number
  gbPerSecond: number
}

/**
 * One number for what a card does with a model: the rate at which it computes and that at which it reads memory count
 * alike, since prompts are bound by the first and answers by the second; memory, which decides how large a model may be,
 * counts half as much.
 */
function value({ memoryGiB, tflops, gbPerSecond }: Figures): number {
  return 0.4 * Math.log2(tflops) + 0.4 * Math.log2(gbPerSecond) + 0.2 * Math.log2(memoryGiB)
}

const lowest = value({ memoryGiB: 1, tflops: 1, gbPerSecond: 50 })
const highest = Math.max(...gpuModels.map(model => value({ ...model, memoryGiB: Math.max(...model.memoryGiB) })))

/** What a graphics card is worth for running models, 0 (none) to 1 (the best there is). `systemMiB`: the machine's memory. */
export function gpuWorth(gpu: Gpu, systemMiB: number): number {
  const figures = figuresOf(gpu, systemMiB)
  if (figures.memoryGiB <= 0) return 0
  return Math.min(1, Math.max(0, (value(figures) - lowest) / (highest - lowest)))
}

function figuresOf(gpu: Gpu, systemMiB: number): Figures {
  const claimedGiB = gpu.vramMiB / mibPerGib
  const model = findGpuModel(gpu)
  if (model === undefined) return plain(Math.min(claimedGiB, mostPlainGiB))
  const most = Math.max(...model.memoryGiB)
  const least = Math.min(...model.memoryGiB)
  const scale = isLaptopCard(gpu.model) && !isLaptopCard(model.name) ? laptopShare : 1
  const ownGiB = model.unified ? (systemMiB / mibPerGib) * unifiedShare : claimedGiB || least
  return {
    memoryGiB: Math.min(most, ownGiB),
    tflops: model.tflops * scale,
    gbPerSecond: model.gbPerSecond * scale,
  }
}

function plain(memoryGiB: number): Figures {
  return { memoryGiB, tflops: memoryGiB * plainTflopsPerGiB, gbPerSecond: memoryGiB * plainGbPerSecondPerGiB }
}

const known = new WeakMap<Capabilities, number>()

/** Worth of a machine's best card; 0 without one. */
export function machineGpuWorth(capabilities: Capabilities): number {
  const before = known.get(capabilities)
  if (before !== undefined) return before
  const worth = Math.max(0, ...capabilities.gpus.map(gpu => gpuWorth(gpu, capabilities.memoryMiB)))
  known.set(capabilities, worth)
  return worth
}
