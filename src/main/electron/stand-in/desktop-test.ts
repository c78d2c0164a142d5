import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, vi } from 'vitest'
import type { StandInElectron } from './electron.ts'
import { type LaunchOptions, prepareDesktop, writePages } from './launch.ts'

/** For a file of tests of the app: each test starts it on a folder of its own, and what still runs ends with the test. */
export function desktopTest() {
  let folder: string
  const running = new Set<StandInElectron>()

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rma-desktop-'))
    await writePages(folder)
  })

  afterEach(async () => {
    for (const electron of running) {
      running.delete(electron)
      electron.app.quit()
      await electron.app.exited
    }
    await rm(folder, { recursive: true, force: true })
  })

  /** Up to where Electron would report ready. */
  const prepare = (options?: LaunchOptions) => prepareDesktop(folder, options)

  /** What happens to what was prepared once Electron reports ready. */
  async function becomeReady<App extends Pick<ReturnType<typeof prepare>, 'electron' | 'desktop'>>(
    app: App,
  ): Promise<App> {
    running.add(app.electron)
    app.electron.app.becomeReady()
    await app.desktop.start()
    return app
  }

  const launch = (options?: LaunchOptions) => becomeReady(prepare(options))

  /** With a dashboard that shows. */
  async function launchVisible(options?: LaunchOptions) {
    const app = await launch(options)
    await vi.waitFor(() => expect(app.electron.window.isVisible()).toBe(true))
    return app
  }

  return {
    prepare,
    becomeReady,
    launch,
    launchVisible,
    /** Ends it as a crash would. */
    crash(electron: StandInElectron) {
      running.delete(electron)
      electron.app.exit(1)
    },
    /** Path of a file in the app's data folder. */
    dataFile: (name: string) => join(folder, 'data', name),
  }
}
