import { cpus } from 'node:os'
import { pino } from 'pino'
import { describe, expect, it } from 'vitest'
import { capabilitiesSchema } from '../../shared/schema/capabilities.ts'
import { systemClock, TurnedClock } from '../clock.ts'
import { HardwareProbe, type HardwareSources } from './hardware.ts'

const log = pino({ level: 'silent' })
const processor = { manufacturer: 'AMD', brand: 'Ryzen 9 7950X' }
const card = { vendor: 'NVIDIA', model: 'Tesla T4', vram: 15_360, vramDynamic: false }

function probeOf(sources: HardwareSources, clock = new TurnedClock()): HardwareProbe {
  return new HardwareProbe({ clock, log }, { workerType: 'headless', sources, timeoutMs: 1_000 })
}

describe('HardwareProbe', () => {
  it('knows threads, memory and a CPU name before anything was probed', () => {
    const probe = probeOf({ cpu: () => new Promise(() => undefined), graphics: () => new Promise(() => undefined) })
    const { capabilities, cpuModel } = probe.hardware.get()
    expect(capabilitiesSchema.parse(capabilities)).toMatchObject({ workerType: 'headless', gpus: [] })
    expect(capabilities.cpuThreads).toBeLessThanOrEqual(cpus().length)
    expect(cpuModel).not.toBe('')
  })

  it('refines what it knows when the probe answers', async () => {
    const probe = probeOf({ cpu: async () => processor, graphics: async () => ({ controllers: [card, 'nonsense'] }) })
    await probe.probe()
    expect(probe.hardware.get()).toMatchObject({
      cpuModel: 'AMD Ryzen 9 7950X',
      capabilities: { gpus: [{ vendor: 'nvidia', model: 'Tesla T4', vramMiB: 15_360 }] },
    })
  })

  it('goes on without a source that hangs', async () => {
    const clock = new TurnedClock()
    const probe = probeOf({ cpu: async () => processor, graphics: () => new Promise(() => undefined) }, clock)
    const probing = probe.probe()
    clock.turn(1_000)
    await probing
    expect(probe.hardware.get()).toMatchObject({ cpuModel: 'AMD Ryzen 9 7950X', capabilities: { gpus: [] } })
  })

  it('keeps what it knew when sources fail or answer nonsense', async () => {
    const probe = probeOf({ cpu: () => Promise.reject(new Error('no such tool')), graphics: async () => 42 })
    const before = probe.hardware.get()
    await probe.probe()
    expect(probe.hardware.get()).toEqual({ ...before, probedAt: expect.any(Number) })
  })

  it('probes once however often it is started, and again on demand', async () => {
    let asked = 0
    const probe = probeOf({
      cpu: async () => {
        asked++
        return processor
      },
      graphics: async () => ({ controllers: [] }),
    })
    probe.start()
    await Promise.all([probe.probe(), probe.probe()])
    probe.stop()
    probe.start()
    expect(asked).toBe(1)
    await probe.probe()
    expect(asked).toBe(2)
  })

  it('asks again when the machine may have become another, while it runs', async () => {
    let asked = 0
    const listeners = new Set<() => void>()
    const probe = new HardwareProbe(
      { clock: new TurnedClock(), log },
      {
        workerType: 'headless',
        sources: { cpu: async () => processor, graphics: async () => ({ controllers: ++asked > 1 ? [card] : [] }) },
        onChange: listener => {
          listeners.add(listener)
          return () => listeners.delete(listener)
        },
      },
    )
    probe.start()
    await probe.probe()
    expect(probe.hardware.get().gpus).toEqual([])
    for (const resumed of listeners) resumed()
    await probe.probe()
    expect(probe.hardware.get().gpus).toMatchObject([{ model: 'Tesla T4', sharedMemory: false }])
    probe.stop()
    expect(listeners.size).toBe(0)
    expect(asked).toBe(2)
  })

  it('describes the machine it runs on', async () => {
    const probe = new HardwareProbe({ clock: systemClock, log }, { workerType: 'desktop' })
    await probe.probe()
    capabilitiesSchema.parse(probe.hardware.get().capabilities)
  })
})
