import { spawn } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type CpuUse, otherCpuSensor, othersShare, parseCpuLine } from './other-cpu.ts'
import { parseStat, readProcessTree } from './process-tree.ts'

describe('what other programs take of the processor', () => {
  it('is all that is busy less what this node uses', () => {
    expect(othersShare({ busy: 100, total: 1_000, own: 50 }, { busy: 180, total: 1_100, own: 80 })).toBeCloseTo(0.5)
  })

  it('is unknown when no time passed or counters began anew', () => {
    expect(othersShare({ busy: 1, total: 2, own: 0 }, { busy: 1, total: 2, own: 0 })).toBeUndefined()
    expect(othersShare({ busy: 100, total: 1_000, own: 0 }, { busy: 1, total: 5, own: 0 })).toBeUndefined()
  })

  it('is never outside 0 to 1', () => {
    const use = fc.record({ busy: fc.nat(), total: fc.nat(), own: fc.nat() })
    fc.assert(
      fc.property(use, use, (before, after) => {
        const share = othersShare(before, after) ?? 0
        expect(share >= 0 && share <= 1).toBe(true)
      }),
    )
  })

  it('shows a program that takes everything in the next reading', () => {
    const uses: CpuUse[] = [0, 0, 100, 200].map((busy, index) => ({ busy, total: 100 * index, own: 0 }))
    const { read } = otherCpuSensor(() => uses.shift())
    const { signal } = new AbortController()
    const values = [read(signal), read(signal), read(signal), read(signal)]
    expect(values).toMatchObject([
      { known: false },
      { value: 0 },
      { value: expect.closeTo(0.6) },
      { value: expect.closeTo(0.84) },
    ])
  })

  it('leaves out what the hypervisor gives to others', () => {
    expect(parseCpuLine('cpu  10 5 20 60 3 1 1 50 0 0\ncpu0 …')).toEqual({ busy: 37, total: 150 })
    expect(parseCpuLine('intr 5')).toBeUndefined()
  })
})

it('reads times and memory of a process whatever its name is', () => {
  const fields = Array.from({ length: 52 }, (_, index) => index + 1)
  const line = `7 (a) b (c) ${['R', ...fields.slice(3)].join(' ')}`
  expect(parseStat(line)).toEqual({ ticks: 14 + 15, cpuTicks: 14 + 15 + 16 + 17, memoryPages: 24 })
})

it.runIf(process.platform === 'linux')('counts children as this node’s own', async () => {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' })
  onTestFinished(() => {
    child.kill('SIGKILL')
  })
  const tree = readProcessTree('/proc', process.pid)
  expect(tree?.pids).toEqual(expect.arrayContaining([process.pid, child.pid]))
  expect(tree?.memoryPages).toBeGreaterThan(1_000)
})

it('knows no tree of a process that is not there', () => {
  expect(readProcessTree('/nowhere', 1)).toBeUndefined()
})
