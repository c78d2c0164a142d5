import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Gpu } from '../../shared/schema/capabilities.ts'
import { findGpuModel, gpuModels } from './gpu-models.ts'
import { gpuWorth, machineGpuWorth } from './gpu-worth.ts'

const systemMiB = 65_536

function card(vendor: Gpu['vendor'], model: string, vramGiB = 0): Gpu {
  return { vendor, model, vramMiB: Math.round(vramGiB * 1_024) }
}

describe('the table of graphics cards', () => {
  it('finds every entry by the name it is sold under', () => {
    for (const model of gpuModels) expect(findGpuModel({ vendor: model.vendor, model: model.name })).toBe(model)
  })

  it('finds every entry in a longer name, whatever the case, and never a shorter one instead', () => {
    const dressed = fc.record({
      model: fc.constantFrom(...gpuModels),
      before: fc.constantFrom('', 'AD102 [', 'Corporation ', 'Aqua Vanjaram ['),
      after: fc.constantFrom('', ']', ' 80GB HBM3', '-SXM4-40GB', ' OAM', ' (rev a1)'),
      upper: fc.boolean(),
    })
    fc.assert(
      fc.property(dressed, ({ model, before, after, upper }) => {
        const text = `${before}${model.name}${after}`
        expect(findGpuModel({ vendor: model.vendor, model: upper ? text.toUpperCase() : text })).toBe(model)
      }),
    )
  })

  it.each([
    ['nvidia', 'NVIDIA H100 80GB HBM3', 'NVIDIA H100'],
    ['nvidia', 'NVIDIA H100 PCIe', 'NVIDIA H100 PCIe'],
    ['nvidia', 'NVIDIA A100-SXM4-80GB', 'NVIDIA A100'],
    ['nvidia', 'Tesla V100-SXM2-16GB', 'Tesla V100'],
    ['nvidia', 'NVIDIA GeForce RTX 4070 Ti SUPER', 'NVIDIA GeForce RTX 4070 Ti SUPER'],
    ['nvidia', 'GeForce RTX4070Ti', 'NVIDIA GeForce RTX 4070 Ti'],
    ['nvidia', 'NVIDIA GeForce RTX 4090 Laptop GPU', 'NVIDIA GeForce RTX 4090 Laptop GPU'],
    ['nvidia', 'GA104M [GeForce RTX 3080 Mobile / Max-Q 8GB/16GB]', 'NVIDIA GeForce RTX 3080 Laptop GPU'],
    ['nvidia', 'Quadro RTX 6000', 'Quadro RTX 6000'],
    ['nvidia', 'NVIDIA RTX 6000 Ada Generation', 'NVIDIA RTX 6000 Ada Generation'],
    ['nvidia', 'NVIDIA RTX PRO 6000 Blackwell Workstation Edition', 'NVIDIA RTX PRO 6000 Blackwell'],
    ['amd', 'Navi 31 [Radeon RX 7900 XT/7900 XTX/7900 GRE/7900M]', 'AMD Radeon RX 7900 XT'],
    ['amd', 'AMD Instinct MI300X OAM', 'AMD Instinct MI300X'],
    ['amd', 'AMD Radeon(TM) 780M', 'AMD Radeon 780M'],
    ['apple', 'Apple M3 Max', 'Apple M3 Max'],
    ['intel', 'Intel(R) Arc(TM) A770 Graphics', 'Intel Arc A770'],
    ['intel', 'Intel(R) Data Center GPU Max 1550', 'Intel Data Center GPU Max 1550'],
  ] as const)('knows the %s card that reports itself as %s', (vendor, model, expected) => {
    expect(findGpuModel({ vendor, model })?.name).toBe(expected)
  })

  it.each([
    ['nvidia', 'Quadro T400'],
    ['nvidia', 'Tesla M4'],
    ['nvidia', 'NVIDIA H1000'],
    ['amd', 'Radeon RX 79000'],
    ['other', 'Moore Threads MTT S80'],
  ] as const)('does not take the %s card %s for another', (vendor, model) => {
    expect(findGpuModel({ vendor, model })).toBeUndefined()
  })
})

describe('the worth of a card', () => {
  it('puts data-centre and consumer cards in the order of what they do', () => {
    const order = [
      card('nvidia', 'NVIDIA B200', 180),
      card('amd', 'AMD Instinct MI300X', 192),
      card('nvidia', 'NVIDIA H100 80GB HBM3', 80),
      card('nvidia', 'NVIDIA A100-SXM4-40GB', 40),
      card('nvidia', 'NVIDIA GeForce RTX 5090', 32),
      card('nvidia', 'NVIDIA GeForce RTX 4090', 24),
      card('nvidia', 'NVIDIA GeForce RTX 3090', 24),
      card('nvidia', 'NVIDIA GeForce RTX 4090 Laptop GPU', 16),
      card('nvidia', 'Tesla T4', 16),
      card('nvidia', 'NVIDIA GeForce RTX 3050', 8),
      card('nvidia', 'NVIDIA GeForce GTX 1050 Ti', 4),
      card('intel', 'UHD Graphics 770', 0),
    ].map(each => gpuWorth(each, systemMiB))
    expect(order).toEqual(order.toSorted((a, b) => b - a))
    expect(new Set(order).size).toBe(order.length)
  })

  it('places an unknown card by its memory: more is never worth less', () => {
    const vram = fc.nat(4_194_304)
    fc.assert(
      fc.property(vram, vram, (a, b) => {
        const [less, more] = [Math.min(a, b), Math.max(a, b)]
        const worth = (vramMiB: number) => gpuWorth({ vendor: 'other', model: 'X1', vramMiB }, systemMiB)
        expect(worth(less)).toBeLessThanOrEqual(worth(more))
      }),
    )
  })

  it('is a share of one for whatever a worker claims', () => {
    const anything = fc.record({
      vendor: fc.constantFrom<Gpu['vendor']>('nvidia', 'amd', 'apple', 'intel', 'other'),
      model: fc.oneof(fc.string({ maxLength: 64 }), fc.constantFrom(...gpuModels.map(model => model.name))),
      vramMiB: fc.nat(4_194_304),
    })
    fc.assert(
      fc.property(anything, fc.integer({ min: 1, max: 67_108_864 }), (gpu, memoryMiB) => {
        const worth = gpuWorth(gpu, memoryMiB)
        expect(worth).toBeGreaterThanOrEqual(0)
        expect(worth).toBeLessThanOrEqual(1)
      }),
    )
  })

  it('gives a model no more memory than it is sold with, and an unknown name no more than a plain card has', () => {
    const honest = gpuWorth(card('nvidia', 'NVIDIA GeForce RTX 4090', 24), systemMiB)
    expect(gpuWorth(card('nvidia', 'NVIDIA GeForce RTX 4090', 4_000), systemMiB)).toBe(honest)
    const h100 = gpuWorth(card('nvidia', 'NVIDIA H100', 80), systemMiB)
    expect(gpuWorth(card('other', 'Wonder 9000', 4_000), systemMiB)).toBeLessThan(h100)
  })

  it('takes the memory of a card that shares the system’s from the system', () => {
    const m3 = card('apple', 'Apple M3 Max')
    expect(gpuWorth(m3, 131_072)).toBeGreaterThan(gpuWorth(m3, 36_864))
  })

  it('takes a portable card that is not in the table for less than the desktop card of its name', () => {
    const desktop = gpuWorth(card('nvidia', 'NVIDIA GeForce RTX 2070', 8), systemMiB)
    expect(gpuWorth(card('nvidia', 'GeForce RTX 2070 with Max-Q Design', 8), systemMiB)).toBeLessThan(desktop)
  })

  it('counts a machine by its best card', () => {
    const gpus = [card('nvidia', 'Tesla T4', 16), card('nvidia', 'NVIDIA L40S', 48)]
    const capabilities = { workerType: 'headless' as const, cpuThreads: 8, memoryMiB: systemMiB, gpus }
    expect(machineGpuWorth(capabilities)).toBe(gpuWorth(card('nvidia', 'NVIDIA L40S', 48), systemMiB))
    expect(machineGpuWorth({ ...capabilities, gpus: [] })).toBe(0)
  })
})
