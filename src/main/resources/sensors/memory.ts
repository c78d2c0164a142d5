import { mem } from 'systeminformation'
import { KiB, MiB, second } from '../../../shared/units.ts'
import { type Fact, known, unknown } from '../facts.ts'
import type { Sensor } from './sensor.ts'

export type MemoryUse = { totalMiB: number; othersMiB: number }

/** From /proc/meminfo: what other programs hold is all that is not available, less what this node holds. */
export function memoryUse(meminfo: string, ownBytes: number): MemoryUse | undefined {
  const kib = (name: string) => Number(new RegExp(`^${name}: +(\\d+) kB$`, 'm').exec(meminfo)?.[1] ?? Number.NaN)
  return memoryOf(kib('MemTotal') * KiB, kib('MemAvailable') * KiB, ownBytes)
}

function memoryOf(totalBytes: number, availableBytes: number, ownBytes: number): MemoryUse | undefined {
  if (!Number.isFinite(totalBytes) || !Number.isFinite(availableBytes)) return undefined
  return {
    totalMiB: Math.round(totalBytes / MiB),
    othersMiB: Math.max(0, Math.round((totalBytes - availableBytes - ownBytes) / MiB)),
  }
}

/** For systems without /proc: engines' memory counts as others' there, which errs on the owner's side. */
export function generalMemorySensor(): Sensor<MemoryUse> {
  return {
    everyMs: 10 * second,
    async read(): Promise<Fact<MemoryUse>> {
      const { total, available } = await mem()
      const use = memoryOf(total, available, process.memoryUsage.rss())
      return use === undefined ? unknown('missing') : known(use)
    },
  }
}
