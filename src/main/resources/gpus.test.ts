import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { gpuSchema } from '../../shared/schema/capabilities.ts'
import { announcedGpu, controllerSchema, gpusOf, plainText } from './gpus.ts'

const controller = (fields: Record<string, unknown>) => controllerSchema.parse(fields)

describe('gpusOf', () => {
  it('takes name and memory from the vendor’s tool before those of the bus', () => {
    const card = controller({
      vendor: 'NVIDIA Corporation',
      model: 'AD102 [GeForce RTX 4090]',
      name: 'NVIDIA GeForce RTX 4090',
      vram: 256,
      memoryTotal: 24_564,
      vramDynamic: false,
      driverVersion: '575.51.03',
    })
    expect(gpusOf([card], { platform: 'linux' })).toEqual([
      {
        vendor: 'nvidia',
        model: 'NVIDIA GeForce RTX 4090',
        vramMiB: 24_564,
        sharedMemory: false,
        driver: '575.51.03',
        usableBy: ['Ollama', 'llama.cpp server', 'vLLM', 'LM Studio'],
      },
    ])
  })

  it.each([
    ['Advanced Micro Devices, Inc. [AMD/ATI]', 'Navi 31 [Radeon RX 7900 XTX]', 'amd'],
    ['Apple', 'Apple M3 Max', 'apple'],
    ['Intel Corporation', 'Arc A770', 'intel'],
    ['Moore Threads', 'MTT S80', 'other'],
  ])('knows the vendor of %s %s', (vendor, model, expected) => {
    expect(gpusOf([controller({ vendor, model, vram: 1024 })]).map(gpu => gpu.vendor)).toEqual([expected])
  })

  it('counts memory that is the system’s as none', () => {
    const shared = controller({ vendor: 'Intel Corporation', model: 'UHD Graphics 770', vram: 8192, vramDynamic: true })
    expect(gpusOf([shared])[0]).toMatchObject({ vramMiB: 0, sharedMemory: true })
  })

  it.each([
    ['VMware', 'SVGA II Adapter'],
    ['Red Hat, Inc.', 'QXL paravirtual graphic card'],
    ['Microsoft', 'Microsoft Basic Display Adapter'],
    ['Microsoft Corporation', 'Hyper-V virtual VGA'],
    ['InnoTek Systemberatung GmbH', 'VirtualBox Graphics Adapter'],
    ['ASPEED Technology, Inc.', 'ASPEED Graphics Family'],
    ['Cirrus Logic', 'GD 5446'],
    ['', ''],
  ])('does not take %s %s for a card that computes', (vendor, model) => {
    expect(gpusOf([controller({ vendor, model, vram: 16 })])).toEqual([])
  })

  it('announces only what the schema of records takes, whatever drivers report', () => {
    const anything = fc.record({
      vendor: fc.oneof(fc.string({ unit: 'binary' }), fc.constant(undefined)),
      model: fc.oneof(fc.string({ unit: 'binary', maxLength: 200 }), fc.constant(null)),
      name: fc.oneof(fc.string({ unit: 'binary', maxLength: 200 }), fc.integer()),
      vram: fc.oneof(fc.double(), fc.constant(null)),
      memoryTotal: fc.oneof(fc.double(), fc.string()),
    })
    fc.assert(
      fc.property(fc.array(anything, { maxLength: 40 }), reports => {
        const gpus = gpusOf(reports.map(controller))
        expect(gpus.length).toBeLessThanOrEqual(16)
        for (const gpu of gpus) gpuSchema.parse(announcedGpu(gpu))
      }),
    )
  })
})

describe('plainText', () => {
  it('makes one printable line of at most 64 characters', () => {
    expect(plainText('\u202eGeForce\n\u0000 RTX\t4090 ')).toBe('GeForce RTX 4090')
    expect(plainText('x'.repeat(100))).toHaveLength(64)
    expect(plainText(`${'x'.repeat(63)}𝔊`)).toBe('x'.repeat(63))
  })
})
