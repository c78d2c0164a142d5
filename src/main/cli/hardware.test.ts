import { expect, it } from 'vitest'
import { formatHardware } from './hardware.ts'

const machine = { cpuModel: 'Ryzen 9', cpuThreads: 16, memoryMiB: 32_768, gpus: [] }

it('shows a machine without cards', () => {
  expect(formatHardware(machine)).toBe('Processor  Ryzen 9, 16 threads\nMemory     32.0 GiB\nGraphics   none found')
})

it('shows each card, what is free on it and who can use it', () => {
  const own = { vendor: 'nvidia' as const, model: 'RTX 4090', vramMiB: 24_564, sharedMemory: false, driver: '575.51' }
  const text = formatHardware({
    ...machine,
    celsius: 61.4,
    power: { source: 'battery', percent: 80 },
    gpus: [
      { ...own, usableBy: ['Ollama', 'vLLM'], freeMiB: 20_480, busy: 0.25, celsius: 50 },
      { vendor: 'other', model: 'Framebuffer', vramMiB: 0, sharedMemory: true, usableBy: [] },
    ],
  })
  expect(text).toContain('16 threads, 61 °C')
  expect(text).toContain('RTX 4090: 24.0 GiB, 20.0 GiB free, 25 % busy, 50 °C, driver 575.51, for Ollama, vLLM')
  expect(text).toContain('Framebuffer: memory of the system, no known engine computes on it')
  expect(text).toContain('Power      battery (80 %)')
})
