import type { HardwareReport, OwnGpu } from '../../shared/schema/hardware.ts'
import type { GraphicsCard } from '../../shared/schema/status.ts'
import type { Fact, Facts } from './facts.ts'
import type { Hardware } from './hardware.ts'

/** What this machine is, with what sensors say of it now. */
export function hardwareReport(
  { cpuModel, capabilities, gpus, probedAt }: Hardware,
  facts: Pick<Facts, 'power' | 'cpuTemperature' | 'cards'>,
): HardwareReport {
  const { power, cpuTemperature, cards } = facts
  const measured = told(cards) ?? []
  const from = told(power)
  const celsius = told(cpuTemperature)
  return {
    cpuModel,
    cpuThreads: capabilities.cpuThreads,
    memoryMiB: capabilities.memoryMiB,
    gpus: gpus.map((gpu, index) => ({ ...gpu, ...measuredOf(gpu, gpus.slice(0, index), measured) })),
    ...(from === undefined ? {} : { power: from }),
    ...(celsius === undefined ? {} : { celsius }),
    ...(probedAt === undefined ? {} : { probedAt }),
  }
}

/** Sensors name cards as their drivers do; of several alike the first named is the first found. */
function measuredOf(gpu: OwnGpu, before: readonly OwnGpu[], cards: readonly GraphicsCard[]): Partial<OwnGpu> {
  const rank = before.filter(({ model }) => model === gpu.model).length
  const card = cards.filter(({ name }) => name === gpu.model)[rank]
  if (card === undefined) return {}
  const { freeMiB, busy, celsius } = card
  return {
    ...(freeMiB === undefined ? {} : { freeMiB }),
    ...(busy === undefined ? {} : { busy }),
    ...(celsius === undefined ? {} : { celsius }),
  }
}

function told<T>(fact: Fact<T>): T | undefined {
  return fact.known ? fact.value : undefined
}
