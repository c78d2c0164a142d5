import { spawn } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { askNode, findRunningNode } from '../../src/main/cli/running-node.ts'
import { defaultSettings, type Settings } from '../../src/shared/schema/settings.ts'
import { second } from '../../src/shared/units.ts'
import { NodeProcess, onLoopback } from '../support/node-process.ts'
import { modeAfter, saveSettings } from '../support/owned-node.ts'
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
    await saveSettings(join(folder, 'donor'), settings)
    const node = await NodeProcess.start({ folder, name: 'donor', args: onLoopback, watchful: true })
    onTestFinished(() => node.kill())
    await eventually(async () => {
      const { allowance } = await askNode(await findRunningNode(node.dataFolder, {}), rpc => rpc.status.get())
      expect(allowance.mode).toBe('work')
      expect(allowance.blind.map(({ sensor }) => sensor)).not.toContain('otherCpu')
    }, 30 * second)
    const busy = Date.now()
    const programs = busyPrograms()
    onTestFinished(programs.stop)
    const yieldMs = await modeAfter(node, 'halt', busy, 20 * second)
    const done = Date.now()
    programs.stop()
    const returnMs = await modeAfter(node, 'work', done, 90 * second)
    console.log(`other programs: yielded after ${yieldMs} ms (grace 2 s), back ${returnMs} ms after they ended`)
    // They take a moment to start, and a machine that busy is late by a tick.
    expect(yieldMs).toBeLessThan(6 * second)
  }, 180_000)
})
