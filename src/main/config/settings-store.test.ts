import { beforeEach, expect, it, onTestFinished, vi } from 'vitest'
import { temporaryFolder } from '../../../e2e/support/temporary-folder.ts'
import { TurnedClock } from '../clock.ts'
import { createLog, LogBuffer } from '../log.ts'
import { SettingsStore } from './settings-store.ts'

/** A disk that takes its time. */
const disk = vi.hoisted(() => ({ written: [] as string[], write: async () => undefined as unknown }))
vi.mock('./durable-file.ts', () => ({
  writeFileDurably: async (_path: string, text: string) => {
    await disk.write()
    disk.written.push(text)
  },
}))

let store: SettingsStore
beforeEach(async () => {
  const folder = await temporaryFolder()
  onTestFinished(folder.remove)
  const log = createLog({ level: 'error', buffer: new LogBuffer() })
  store = new SettingsStore({ clock: new TurnedClock(), log }, { dataFolder: folder.path })
  disk.written = []
  disk.write = async () => undefined
})

it('gives an owner the machine back at once although a write hangs, and keeps both choices', async () => {
  const { promise, resolve } = Promise.withResolvers<void>()
  disk.write = () => promise
  const dark = store.change(settings => ({ ...settings, appearance: { ...settings.appearance, theme: 'dark' } }))
  await Promise.resolve()
  const paused = store.changeAtOnce(settings => ({ ...settings, gpuPause: { since: 7 } }))
  expect(store.settings.get()).toMatchObject({ gpuPause: { since: 7 } })
  resolve()
  const both = { appearance: { theme: 'dark' }, gpuPause: { since: 7 } }
  expect(await dark).toMatchObject(both)
  expect(await paused).toMatchObject(both)
  expect(store.settings.get()).toMatchObject(both)
  expect(JSON.parse(disk.written.at(-1) ?? '')).toMatchObject(both)
})
