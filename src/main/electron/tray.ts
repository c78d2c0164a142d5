import { second } from '../../shared/units.ts'
import type { Clock, StopTimer } from '../clock.ts'
import type { Logger } from '../log.ts'
import type { ElectronApi, ElectronTray } from './electron-api.ts'
import { type MenuRow, menuTemplate, type ShellCommand } from './menu-row.ts'
import { strings } from './strings.ts'
import { trayIconPath } from './tray-icon.ts'
import { trayMenu } from './tray-menu.ts'
import { type NodeState, statusSentence, type TrayKind, trayKind } from './tray-state.ts'

/** Shortest time between two updates: replacing an open menu closes it on Linux. */
const shortestUpdateMs = 1 * second

export interface TrayIconComponents {
  electron: Pick<ElectronApi, 'Menu' | 'Tray' | 'nativeTheme'>
  clock: Clock
  log: Logger
}

export interface TrayIconInit {
  platform: NodeJS.Platform
  iconFolder: string
  run: (command: ShellCommand) => void
}

/** The icon in the system's tray and its menu, kept in step with the node. Without a tray the app works all the same. */
export class TrayIcon {
  readonly #electron: TrayIconComponents['electron']
  readonly #clock: Clock
  readonly #log: Logger
  readonly #init: TrayIconInit
  /** Held here for as long as the app runs: a tray that is collected as garbage disappears. */
  #tray: ElectronTray | undefined
  #state: NodeState = { kind: 'starting' }
  #shown: { rows: MenuRow[]; icon: string; tip: string } | undefined
  #cancelUpdate: StopTimer | undefined
  #updatedAt = Number.NEGATIVE_INFINITY

  constructor({ electron, clock, log }: TrayIconComponents, init: TrayIconInit) {
    this.#electron = electron
    this.#clock = clock
    this.#log = log
    this.#init = init
  }

  /** Whether there is an icon that leads back to a hidden window. */
  get isShown(): boolean {
    return this.#tray !== undefined
  }

  start(): void {
    try {
      this.#tray = new this.#electron.Tray(this.#iconPath(trayKind(this.#state)))
    } catch (error) {
      this.#log.warn({ err: error }, 'this desktop has no tray')
      return
    }
    // macOS and Linux show the menu on a click by themselves; on Windows a click is expected to open the window.
    if (this.#init.platform === 'win32') this.#tray.on('click', () => this.#init.run('open-dashboard'))
    this.#electron.nativeTheme.on('updated', this.#update)
    this.#update()
  }

  stop(): void {
    this.#cancelUpdate?.()
    this.#electron.nativeTheme.off('updated', this.#update)
    this.#tray?.destroy()
    this.#tray = undefined
  }

  show(state: NodeState): void {
    this.#state = state
    if (this.#cancelUpdate !== undefined || this.#tray === undefined) return
    const wait = this.#updatedAt + shortestUpdateMs - this.#clock.now()
    if (wait <= 0) this.#update()
    else this.#cancelUpdate = this.#clock.after(wait, this.#update)
  }

  /** A click has moved a tick that the node did not follow. */
  redraw(): void {
    this.#shown = undefined
    this.#update()
  }

  readonly #update = (): void => {
    this.#cancelUpdate?.()
    this.#cancelUpdate = undefined
    const tray = this.#tray
    if (tray === undefined || tray.isDestroyed()) return
    this.#updatedAt = this.#clock.now()
    const next = {
      rows: trayMenu(this.#state),
      icon: this.#iconPath(trayKind(this.#state)),
      tip: `${strings.appName}: ${statusSentence(this.#state)}`,
    }
    const before = this.#shown
    this.#shown = next
    if (next.icon !== before?.icon) tray.setImage(next.icon)
    if (next.tip !== before?.tip) tray.setToolTip(next.tip)
    if (JSON.stringify(next.rows) !== JSON.stringify(before?.rows)) {
      tray.setContextMenu(this.#electron.Menu.buildFromTemplate(menuTemplate(next.rows, this.#init.run)))
    }
  }

  #iconPath(kind: TrayKind): string {
    return trayIconPath(this.#init.iconFolder, kind, {
      platform: this.#init.platform,
      darkBar: this.#electron.nativeTheme.shouldUseDarkColorsForSystemIntegratedUI,
    })
  }
}
