import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { temporaryFolder } from '../../../../e2e/support/temporary-folder.ts'
import { TurnedClock } from '../../clock.ts'
import { EngineTime, enginePrograms } from './engine-programs.ts'
import { systemSensors } from './system-sensors.ts'

let root: string
beforeEach(async () => {
  const folder = await temporaryFolder()
  onTestFinished(folder.remove)
  root = folder.path
})

/** A process as /proc shows it: its name, and the time it has taken in ticks. */
async function runs(pid: number, name: string, ticks: number): Promise<void> {
  const folder = join(root, 'proc', String(pid))
  await mkdir(join(folder, 'task', String(pid)), { recursive: true })
  const fields = ['S', ...Array.from({ length: 10 }, () => '0'), String(ticks), '0', '0', '0', ...Array(20).fill('0')]
  await writeFile(join(folder, 'stat'), `${pid} (${name}) ${fields.join(' ')}\n`)
  await writeFile(join(folder, 'task', String(pid), 'children'), '')
}

const machine = (busy: number, idle: number) =>
  writeFile(join(root, 'proc', 'stat'), `cpu  ${busy} 0 0 ${idle} 0 0 0 0\n`)

describe('language engines beside the node', () => {
  it('are known by the names of their programs', async () => {
    await runs(10, 'ollama', 7)
    await runs(11, 'llama-server', 5)
    await runs(12, 'firefox (ollama)', 9)
    await runs(13, 'python3', 9)
    expect(enginePrograms(join(root, 'proc'))).toEqual([
      { pid: 10, ticks: 7 },
      { pid: 11, ticks: 5 },
    ])
  })

  it('are counted while they are at work for others, and not before or after', () => {
    const time = new EngineTime()
    expect(time.working([{ pid: 1, ticks: 500 }])).toBe(0)
    expect(time.working([{ pid: 1, ticks: 530 }])).toBe(30)
    expect(
      time.working([
        { pid: 1, ticks: 540 },
        { pid: 2, ticks: 900 },
      ]),
    ).toBe(40)
    expect(time.resting()).toBe(40)
    expect(time.working([{ pid: 1, ticks: 800 }])).toBe(40)
    expect(time.working([])).toBeUndefined()
  })

  it('are no other programs while they work for others, but are when they work for their owner', async () => {
    const beside = { engines: false, borrowed: false, servers: false }
    const { otherCpu } = systemSensors(
      { clock: new TurnedClock() },
      {
        root,
        platform: 'linux',
        hasGpu: () => false,
        wantsPrograms: () => false,
        wantsMetered: () => false,
        beside: () => beside,
      },
    )
    let ticks = 0
    /** A second in which the engine takes the whole machine. */
    const look = async (name = 'ollama') => {
      ticks += 100
      await runs(process.pid, 'node', 0)
      await runs(process.pid + 1, name, ticks)
      await machine(ticks, 0)
      return otherCpu.read(new AbortController().signal)
    }
    await look()
    expect(await look()).toMatchObject({ known: true, value: 1 })
    beside.engines = true
    for (let looks = 0; looks < 6; looks++) await look()
    expect(await look()).toMatchObject({ known: true, value: expect.closeTo(0, 1) })
    expect(await look('python3')).toEqual({ known: false, cause: 'missing' })
    beside.engines = false
    await look()
    expect(await look()).toMatchObject({ known: true, value: 1 })
    beside.servers = true
    expect(await look()).toEqual({ known: false, cause: 'missing' })
  })
})
