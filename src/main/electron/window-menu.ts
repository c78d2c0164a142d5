import { type AppMenuInit, appMenu } from './app-menu.ts'
import type { ElectronApi } from './electron-api.ts'
import type { ShellCommand } from './menu-row.ts'
import { ownerRows } from './owner-menu.ts'
import { serviceRows } from './service-menu.ts'
import { strings } from './strings.ts'
import { updateRow } from './tray-menu.ts'
import { type NodeState, statusSentence } from './tray-state.ts'

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
  #rows: Pick<AppMenuInit, 'rows' | 'updates'> = { rows: [], updates: [] }
  #shown: string | undefined

  constructor({ electron }: { electron: Pick<ElectronApi, 'Menu'> }, init: WindowMenuInit) {
    this.#electron = electron
    this.#init = init
  }

  show(state: NodeState): void {
    this.#rows = rowsOf(state)
    if (JSON.stringify(this.#rows) !== this.#shown) this.redraw()
  }

  /** A click has moved a tick that the node did not follow. */
  redraw(): void {
    const { platform, packaged, run } = this.#init
    this.#shown = JSON.stringify(this.#rows)
    const template = appMenu({ platform, packaged: packaged(), ...this.#rows, run })
    this.#electron.Menu.setApplicationMenu(this.#electron.Menu.buildFromTemplate(template))
  }
}

function rowsOf(state: NodeState): Pick<AppMenuInit, 'rows' | 'updates'> {
  if (state.kind === 'quitting') {
    const rows = [
      { kind: 'text', label: statusSentence(state) },
      { kind: 'action', label: strings.menu.quitNow, command: 'quit-now' },
    ] as const
    return { rows: [...rows], updates: [] }
  }
  return {
    rows: [...ownerRows(state), ...serviceRows(state)],
    updates: state.kind === 'running' ? [updateRow(state.update)] : [],
  }
}
