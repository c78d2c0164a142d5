import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { temporaryFolder } from '../../../e2e/support/temporary-folder.ts'
import { day, minute, second } from '../../shared/units.ts'
import { TurnedClock } from '../clock.ts'
import { createLog, LogBuffer } from '../log.ts'
import { DataMeter } from './data-meter.ts'
import { DataMeterFile } from './data-meter-file.ts'

let dataFolder: string
let path: string
let clock: TurnedClock
beforeEach(async () => {
  const folder = await temporaryFolder()
  onTestFinished(folder.remove)
  dataFolder = folder.path
  path = join(dataFolder, 'data-meter.json')
  clock = new TurnedClock(new Date(2026, 5, 3, 12).getTime())
})

/** The meter of one run of a node. */
async function startRun() {
  const buffer = new LogBuffer()
  const meter = new DataMeter({ clock })
  const file = new DataMeterFile({ meter, clock, log: createLog({ level: 'warn', buffer }) }, { dataFolder })
  await file.start()
  onTestFinished(() => file.stop())
  const warnings = () => buffer.latest(10).map(({ message }) => message)
  return { meter, file, warnings }
}

const kept = async () => JSON.parse(await readFile(path, 'utf8'))

describe('what has passed this month', () => {
  it('is known to the next run', async () => {
    const first = await startRun()
    first.meter.add(5)
    await first.file.stop()
    const second = await startRun()
    expect(second.meter.monthBytes).toBe(5)
    second.meter.add(7)
    await second.file.stop()
    expect((await startRun()).meter.monthBytes).toBe(12)
    expect((await stat(path)).mode & 0o077).toBe(0)
  })

  it('is counted once where the same node starts again', async () => {
    const { meter, file } = await startRun()
    meter.add(5)
    await file.stop()
    await file.start()
    expect(meter.monthBytes).toBe(5)
  })

  it('is kept each minute in which something passed, not more often', async () => {
    const { meter } = await startRun()
    meter.add(5)
    clock.turn(59 * second)
    expect(await readdir(dataFolder)).toEqual([])
    clock.turn(second)
    await vi.waitFor(async () => expect(await kept()).toEqual({ months: [{ month: '2026-06', bytes: 5 }] }))
    meter.add(7)
    clock.turn(minute)
    await vi.waitFor(async () => expect(await kept()).toEqual({ months: [{ month: '2026-06', bytes: 12 }] }))
  })

  it('is not written by a run in which nothing passes, whatever it has learnt of earlier ones', async () => {
    const first = await startRun()
    first.meter.add(5)
    await first.file.stop()
    const before = await stat(path)
    const idle = await startRun()
    idle.meter.catchUp({ month: '2026-06', bytes: 100 })
    clock.turn(10 * minute)
    await idle.file.stop()
    // A file that was written anew is another one.
    expect((await stat(path)).ino).toBe(before.ino)
    expect(await kept()).toEqual({ months: [{ month: '2026-06', bytes: 5 }] })
  })

  it('begins anew with the next month', async () => {
    const first = await startRun()
    first.meter.add(5)
    await first.file.stop()
    clock.turn(new Date(2026, 6, 1).getTime() - clock.now())
    expect((await startRun()).meter.monthBytes).toBe(0)
  })

  it('is not lost where the clock shows another month at the start', async () => {
    const first = await startRun()
    first.meter.add(5)
    await first.file.stop()
    clock.set(-40 * day)
    const second = await startRun()
    second.meter.add(2)
    await second.file.stop()
    clock.set(40 * day)
    second.meter.add(7)
    expect(second.meter.monthBytes).toBe(12)
    await second.file.stop()
    expect((await startRun()).meter.monthBytes).toBe(12)
  })

  it.each([
    ['no JSON', '{"months": [{"month": "2026-06", "by'],
    ['not what was written', '{"months": [{"month": "2026-06", "bytes": -5}]}'],
    ['text where a number was', '{"months": [{"month": "2026-06", "bytes": {"length": 5}}]}'],
  ])('is left to the ledger where the file is damaged (%s), and kept again', async (_what, text) => {
    await writeFile(path, text)
    const { meter, file, warnings } = await startRun()
    expect(meter.monthBytes).toBe(0)
    expect(warnings()).toHaveLength(1)
    meter.add(5)
    await file.stop()
    expect(await kept()).toEqual({ months: [{ month: '2026-06', bytes: 5 }] })
  })

  it('is kept once it can be written, and that it cannot is said once', async () => {
    const { meter, file, warnings } = await startRun()
    await mkdir(join(path, 'in the way'), { recursive: true })
    for (let passed = 0; passed < 3; passed++) {
      meter.add(5)
      clock.turn(minute)
    }
    await file.stop()
    expect(warnings()).toHaveLength(1)
    await rm(path, { recursive: true })
    await file.stop()
    expect(await kept()).toEqual({ months: [{ month: '2026-06', bytes: 15 }] })
  })
})

describe('a data meter', () => {
  it('takes the larger of what it has and what is told of earlier runs, and all that passed since that was asked for', () => {
    const meter = new DataMeter({ clock })
    meter.catchUp({ month: '2026-06', bytes: 50 })
    const asked = meter.reading
    meter.add(7)
    meter.catchUp({ month: asked.month, bytes: 20 }, asked.bytes)
    expect(meter.monthBytes).toBe(57)
    meter.catchUp({ month: asked.month, bytes: 80 }, asked.bytes)
    expect(meter.monthBytes).toBe(87)
    meter.catchUp({ month: '2026-05', bytes: 1_000 })
    expect(meter.monthBytes).toBe(87)
  })
})
