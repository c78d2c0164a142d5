import type { Update } from '../../shared/schema/desktop.ts'
import { type Milliseconds, second } from '../../shared/units.ts'
import type { Clock } from '../clock.ts'
import type { Logger } from '../log.ts'
import type { DesktopStateFile } from './desktop-state.ts'
import type { ElectronApi } from './electron-api.ts'
import type { QuitSequence } from './quit-sequence.ts'
import { installsByItself } from './update-rules.ts'
import type { Updater } from './updater.ts'
import type { Windows } from './windows.ts'

/** An installer that has not ended the app by then will not. */
const installTimeoutMs = 10 * second

export interface UpdateInstallerComponents {
  electron: Pick<ElectronApi, 'app'>
  updater: Updater
  quit: QuitSequence
  windows: Windows
  file: DesktopStateFile
  clock: Clock
  log: Logger
}

export interface UpdateInstallerInit {
  /** Installing asks nobody for a password. */
  quiet: boolean
  /** Has the app started anew once it has ended. */
  relaunch: () => void
}

/** Ends the app to install the update that is loaded: when its owner says so, or when that takes nothing from anybody. */
export class UpdateInstaller {
  readonly #parts: UpdateInstallerComponents
  readonly #init: UpdateInstallerInit
  /** When the update that is loaded came. */
  #since: Milliseconds | undefined

  constructor(components: UpdateInstallerComponents, init: UpdateInstallerInit) {
    this.#parts = components
    this.#init = init
  }

  /** Something has changed that may make this the moment. */
  consider(update: Update, jobs: number): void {
    const { clock, windows } = this.#parts
    const now = clock.now()
    this.#since = update.kind === 'ready' ? (this.#since ?? now) : undefined
    const readyForMs = now - (this.#since ?? now)
    const { anyVisible: visible } = windows
    if (installsByItself({ update, readyForMs, jobs, visible, quiet: this.#init.quiet })) this.install()
  }

  install(): void {
    const { electron, updater, quit, windows, file, clock, log } = this.#parts
    if (quit.phase !== 'no') return
    const { anyVisible } = windows
    file.update(state => ({ ...state, startHidden: !anyVisible }))
    quit.begin(() => {
      clock.after(installTimeoutMs, () => {
        this.#init.relaunch()
        electron.app.exit()
      })
      updater.install().catch((error: unknown) => log.error({ err: error }, 'the update was not installed'))
    })
  }
}
