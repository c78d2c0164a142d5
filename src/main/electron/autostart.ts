import { mkdir, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { RmaError } from '../../shared/errors.ts'
import type { AutostartState } from '../../shared/schema/desktop.ts'
import { writeFileDurably } from '../config/durable-file.ts'
import { readIfPresent } from '../config/read-if-present.ts'
import { autostartEntry, hiddenSwitch, readAutostartEntry } from './autostart-entry.ts'
import type { ElectronApi } from './electron-api.ts'
import { strings } from './strings.ts'

export interface AutostartInit {
  platform: NodeJS.Platform
  /** The program that the system is to start. */
  executable: string
  /** The owner's folder for settings of programs (Linux). */
  configFolder: string
  /** Name of the entry in the registry (Windows). */
  entryName: string
}

/** Starting with the owner's session: only ever because they asked for it, by the means of each system. */
export class Autostart {
  readonly #app: ElectronApi['app']
  readonly #init: AutostartInit

  constructor({ app }: { app: ElectronApi['app'] }, init: AutostartInit) {
    this.#app = app
    this.#init = init
  }

  async read(): Promise<AutostartState> {
    if (!this.#app.isPackaged) return 'unavailable'
    switch (this.#init.platform) {
      case 'linux':
        return readAutostartEntry(await readIfPresent(this.#entryPath))
      case 'darwin': {
        const { openAtLogin, status } = this.#app.getLoginItemSettings()
        return status === 'requires-approval' ? 'blocked' : openAtLogin ? 'on' : 'off'
      }
      case 'win32': {
        const { openAtLogin, executableWillLaunchAtLogin } = this.#app.getLoginItemSettings(this.#windowsItem)
        return openAtLogin ? (executableWillLaunchAtLogin ? 'on' : 'blocked') : 'off'
      }
      default:
        return 'unavailable'
    }
  }

  /** Rejects with BAD_SETTING where nothing can be started with the session, or with the system's error. */
  async set(on: boolean): Promise<void> {
    if ((await this.read()) === 'unavailable')
      throw new RmaError('BAD_SETTING', 'only an installed app can start with your session')
    if (this.#init.platform !== 'linux') {
      this.#app.setLoginItemSettings({
        openAtLogin: on,
        ...(this.#init.platform === 'win32' ? { ...this.#windowsItem, name: this.#init.entryName } : {}),
      })
    } else if (on) {
      await mkdir(dirname(this.#entryPath), { recursive: true })
      const entry = autostartEntry({ name: strings.appName, executable: this.#init.executable })
      await writeFileDurably(this.#entryPath, entry, 0o644)
    } else {
      await unlink(this.#entryPath).catch(ignoreMissing)
    }
  }

  /** Points an entry that is on at this program: an AppImage moves. */
  async refresh(): Promise<void> {
    if (this.#init.platform === 'linux' && (await this.read()) === 'on') await this.set(true)
  }

  get #entryPath(): string {
    return join(this.#init.configFolder, 'autostart', `${this.#init.entryName}.desktop`)
  }

  get #windowsItem() {
    return { path: this.#init.executable, args: [hiddenSwitch] }
  }
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error
}
