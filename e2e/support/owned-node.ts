import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { Settings } from '../../src/shared/schema/settings.ts'
import type { NodeProcess } from './node-process.ts'
import { eventually } from './swarm/swarm.ts'

/** Makes a data folder with settings in it, for a node that is to be started on it. */
export async function saveSettings(dataFolder: string, settings: Settings): Promise<void> {
  await mkdir(dataFolder, { mode: 0o700 })
  await writeFile(join(dataFolder, 'settings.json'), JSON.stringify(settings), { mode: 0o600 })
}

/** How long it takes until the node's allowance is of this mode, by its own log, from `since`. */
export async function modeAfter(node: NodeProcess, mode: string, since: number, withinMs: number): Promise<number> {
  let at = 0
  await eventually(async () => {
    const lines = node.log.flatMap(line => (line.includes('may do has changed') ? [JSON.parse(line)] : []))
    const change = lines.find(line => line.mode === mode && line.time >= since)
    expect(change).toBeDefined()
    at = change.time
  }, withinMs)
  return at - since
}
