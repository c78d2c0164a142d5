import { expect, it } from 'vitest'
import type { OwnGpu } from '../../shared/schema/hardware.ts'
import { hardwareReportSchema } from '../../shared/schema/hardware.ts'
import { known, nothingKnown } from './facts.ts'
import { enginesFor } from './gpu-engines.ts'
import { hardwareReport } from './hardware-report.ts'

const card: OwnGpu = { vendor: 'nvidia', model: 'Tesla T4', vramMiB: 15_360, sharedMemory: false, usableBy: ['Ollama'] }
const machine = {
  cpuModel: 'Ryzen 9',
  capabilities: { workerType: 'headless' as const, cpuThreads: 8, memoryMiB: 16_384, gpus: [] },
  gpus: [card, { ...card, model: 'RTX 3060' }, card],
}

it('leaves out what nothing tells', () => {
  expect(hardwareReport(machine, nothingKnown)).toEqual({
    cpuModel: 'Ryzen 9',
    cpuThreads: 8,
    memoryMiB: 16_384,
    gpus: machine.gpus,
  })
})

it('puts what sensors measure beside the card they name, of cards alike in their order', () => {
  const { gpus, power, celsius } = hardwareReportSchema.parse(
    hardwareReport(machine, {
      power: known({ source: 'battery', percent: 55 }),
      cpuTemperature: known(61),
      cards: known([
        { name: 'Tesla T4', freeMiB: 1 },
        { name: 'Tesla T4', freeMiB: 2, celsius: 70 },
      ]),
    }),
  )
  expect(gpus.map(({ freeMiB }) => freeMiB)).toEqual([1, undefined, 2])
  expect(gpus[2]?.celsius).toBe(70)
  expect({ power, celsius }).toEqual({ power: { source: 'battery', percent: 55 }, celsius: 61 })
})

it.each([
  ['nvidia', false, 'linux', 'Ollama, llama.cpp server, vLLM, LM Studio'],
  ['nvidia', false, 'win32', 'Ollama, llama.cpp server, LM Studio'],
  ['amd', true, 'linux', 'llama.cpp server, LM Studio'],
  ['apple', true, 'darwin', 'Ollama, llama.cpp server, LM Studio'],
  ['intel', false, 'linux', 'llama.cpp server, vLLM, LM Studio'],
  ['other', false, 'linux', ''],
] as const)('knows who computes on a card of %s (shared memory: %s) on %s', (vendor, sharedMemory, platform, names) => {
  expect(enginesFor({ vendor, sharedMemory }, platform).join(', ')).toBe(names)
})
