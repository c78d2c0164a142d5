import { appMenu } from './app-menu.ts'
import type { ElectronApi } from './electron-api.ts'
import type { MenuRow, ShellCommand } from './menu-row.ts'
import { ownerRows } from './owner-menu.ts'
import type { NodeState } from './tray-state.ts'

export interface WindowMenuInit {
  platform: NodeJS.Platform
  /** Asked once the app is ready. */
  packaged: () => boolean
  run: (command: ShellCommand) => void
}

/** The menu of the windows, kept in step with the node. It is replaced only when its rows change: that closes an open one. */
export class WindowMenu {
  readonly #electron: Pick<ElectronApi, 'Menu'>
  readonly #init: WindowMenuInit
  #rows: MenuRow[] = []
  #shown: string | undefined

  constructor({ electron }: { electron: Pick<ElectronApi, 'Menu'> }, init: WindowMenuInit) {
    this.#electron = electron
    this.#init = init
  }

  show(state: NodeState): void {
    this.#rows = ownerRows(state)
    if (JSON.stringify(this.#rows) !== this.#shown) this.redraw()
  }

  /** A click has moved a tick that the node did not follow. */
  redraw(): void {
    const { platform, packaged, run } = this.#init
    this.#shown = JSON.stringify(this.#rows)
    const template = appMenu({ platform, packaged: packaged(), rows: this.#rows, run })
    this.#electron.Menu.setApplicationMenu(this.#electron.Menu.buildFromTemplate(template))
  }
}
