import { RmaError } from '../../shared/errors.ts'
import type { Logger } from '../log.ts'
import type { NodeApi } from '../rpc/node-api.ts'
import type { ElectronApi } from './electron-api.ts'
import type { ShellCommand } from './menu-row.ts'
import { type OwnerWish, tell } from './owner-wish.ts'
import type { Shell } from './shell.ts'
import { strings } from './strings.ts'
import type { Windows } from './windows.ts'

export interface ShellCommandsComponents {
  electron: Pick<ElectronApi, 'app' | 'clipboard' | 'dialog' | 'shell'>
  windows: Windows
  shell: Shell
  log: Logger
}

export interface ShellCommandsInit {
  /** Undefined until there is one. */
  node: () => NodeApi | undefined
  logFolder: string
  /** A click has moved a tick that the node did not follow. */
  redrawMenus: () => void
  installUpdate: () => void
  /** Waits for no job any more. */
  quitNow: () => void
}

/** Does what a row of a menu says. What fails is logged, and the dashboard opened, which says more. */
export class ShellCommands {
  readonly #parts: ShellCommandsComponents
  readonly #init: ShellCommandsInit

  constructor(components: ShellCommandsComponents, init: ShellCommandsInit) {
    this.#parts = components
    this.#init = init
  }

  run(command: ShellCommand): void {
    if (typeof command !== 'string') {
      void this.#wish(command)
      return
    }
    const { electron, windows } = this.#parts
    const actions: Record<typeof command, () => void> = {
      'toggle-donating': () => void this.#toggleDonating(),
      'open-dashboard': () => windows.showDashboard(),
      'open-topology': () => windows.showTopology(),
      'open-settings': () => windows.showDashboard('settings'),
      'open-logs': () => windows.showDashboard('logs'),
      'check-for-updates': () => void this.#lookForUpdate(),
      'install-update': () => this.#init.installUpdate(),
      'copy-report': () => void this.#copyReport(),
      'open-log-folder': () => void electron.shell.openPath(this.#init.logFolder),
      quit: () => electron.app.quit(),
      'quit-now': () => this.#init.quitNow(),
    }
    actions[command]()
  }

  /** The first time, the dashboard asks for consent: that is no question for a menu. */
  async #toggleDonating(): Promise<void> {
    const node = this.#init.node()
    if (node === undefined) return
    const { windows, log } = this.#parts
    try {
      await node.setDonating(!node.status.get().donating)
    } catch (error) {
      if (!(error instanceof RmaError && error.code === 'CONSENT_REQUIRED')) {
        log.error({ err: error }, 'donating could not be switched')
      }
      this.#init.redrawMenus()
      windows.showDashboard('status')
    }
  }

  async #wish(wish: OwnerWish): Promise<void> {
    const node = this.#init.node()
    if (node === undefined) return
    const { windows, log } = this.#parts
    try {
      await tell(node, wish)
    } catch (error) {
      log.error({ err: error, wish: wish.kind }, 'the node did not do what its owner wants')
      windows.showDashboard('status')
    }
  }

  async #lookForUpdate(): Promise<void> {
    const { shell, log } = this.#parts
    try {
      await shell.checkForUpdate()
    } catch (error) {
      log.warn({ err: error }, 'updates could not be looked for')
    }
  }

  async #copyReport(): Promise<void> {
    const { clipboard, dialog } = this.#parts.electron
    const report = this.#init.node()?.diagnostics()
    if (report === undefined) return
    await clipboard.writeText(report)
    const { copied, detail } = strings.report
    await dialog.showMessageBox({ type: 'info', message: copied, detail })
  }
}
