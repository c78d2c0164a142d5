import type { Capabilities } from '../../src/shared/schema/capabilities.ts'

/** One node of the demonstration: where it says it is, what it pretends to be able to do, whether it donates. */
export interface Member {
  location: string
  pretend: Pick<Capabilities, 'cpuThreads' | 'memoryMiB' | 'gpus'>
  donate: boolean
}

const nvidia = (model: string, vramMiB: number) => ({ vendor: 'nvidia' as const, model, vramMiB })

/** The first one is the others' seed, and the one whose dashboard is shown. */
export const members: readonly [Member, ...Member[]] = [
  { location: 'london', donate: false, pretend: { cpuThreads: 8, memoryMiB: 16_384, gpus: [] } },
  {
    location: 'leeds',
    donate: true,
    pretend: { cpuThreads: 16, memoryMiB: 65_536, gpus: [nvidia('NVIDIA GeForce RTX 4090', 24_564)] },
  },
  {
    location: 'cardiff',
    donate: true,
    pretend: {
      cpuThreads: 64,
      memoryMiB: 262_144,
      gpus: [nvidia('NVIDIA L40S', 46_068), nvidia('NVIDIA L40S', 46_068)],
    },
  },
  { location: 'glasgow', donate: true, pretend: { cpuThreads: 12, memoryMiB: 32_768, gpus: [] } },
  {
    location: 'belfast',
    donate: true,
    pretend: { cpuThreads: 8, memoryMiB: 24_576, gpus: [{ vendor: 'apple', model: 'Apple M3', vramMiB: 0 }] },
  },
  { location: 'truro', donate: false, pretend: { cpuThreads: 4, memoryMiB: 8_192, gpus: [] } },
]
