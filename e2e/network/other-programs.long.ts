import { spawn } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { askNode, findRunningNode } from '../../src/main/cli/running-node.ts'
import { defaultSettings, type Settings } from '../../src/shared/schema/settings.ts'
import { second } from '../../src/shared/units.ts'
import { NodeProcess, onLoopback } from '../support/node-process.ts'
import { eventually } from '../support/swarm/swarm.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const settings: Settings = {
  ...defaultSettings,
  donating: true,
  consent: true,
  limits: { ...defaultSettings.limits, otherPrograms: { inUse: 0.9, idle: 0.9, graceSeconds: 2 } },
}

/** Takes every processor until it is stopped, or for half a minute. */
function busyPrograms() {
  const loop = 'const end = Date.now() + 30_000; while (Date.now() < end);'
  const programs = Array.from({ length: availableParallelism() }, () => spawn(process.execPath, ['-e', loop]))
  return {
    stop() {
      for (const program of programs) program.kill()
    },
  }
}

/** As the shorter test, but with programs that really take the processors, which other tests would notice. */
describe.runIf(process.platform === 'linux')('a machine busy with other programs', () => {
  it('has the node yield within the grace and 2 s, and work again when they are done', async () => {
    const { path: folder, remove } = await temporaryFolder()
    onTestFinished(remove)
    await mkdir(join(folder, 'donor'), { mode: 0o700 })
    await writeFile(join(folder, 'donor', 'settings.json'), JSON.stringify(settings), { mode: 0o600 })
    const node = await NodeProcess.start({ folder, name: 'donor', args: onLoopback, watchful: true })
    onTestFinished(() => node.kill())
    const running = await findRunningNode(node.dataFolder, {})
    const isIn = (mode: string) => async () => {
      const { allowance } = await askNode(running, rpc => rpc.status.get())
      expect(allowance).toMatchObject({
        mode,
        blind: expect.not.arrayContaining([expect.objectContaining({ sensor: 'otherCpu' })]),
      })
    }
    await eventually(isIn('work'), 30 * second)
    const programs = busyPrograms()
    onTestFinished(programs.stop)
    // They take a moment to start, and a machine that busy is late by a tick.
    const yieldMs = await eventually(isIn('halt'), 6 * second)
    programs.stop()
    const returnMs = await eventually(isIn('work'), 90 * second)
    console.log(`other programs: yielded after ${yieldMs} ms (grace 2 s), back ${returnMs} ms after they ended`)
  }, 180_000)
})
