import { RmaError } from '../../shared/errors.ts'
import type { DesktopApp, DesktopPatch, DesktopSnapshot } from '../../shared/schema/desktop.ts'
import { LiveValue } from '../live-value.ts'
import type { Logger } from '../log.ts'
import type { ShellApi } from '../rpc/shell-api.ts'
import type { Autostart } from './autostart.ts'
import type { DesktopStateFile } from './desktop-state.ts'

export interface ShellComponents {
  autostart: Pick<Autostart, 'read' | 'set' | 'refresh'>
  /** Loaded before `start`. */
  file: DesktopStateFile
  log: Logger
}

/** The app around the node, as pages and the command line see and change it. */
export class Shell implements ShellApi {
  readonly state = new LiveValue<DesktopSnapshot>({ kind: 'none' })
  readonly #components: ShellComponents
  #app: DesktopApp

  constructor(components: ShellComponents) {
    this.#components = components
    this.#app = {
      kind: 'app',
      autostart: 'unavailable',
      notifications: true,
      update: { kind: 'off', why: 'not-installed' },
      safeMode: false,
    }
  }

  async start(): Promise<void> {
    const { autostart, file, log } = this.#components
    try {
      await autostart.refresh()
      this.#show({ autostart: await autostart.read() })
    } catch (error) {
      log.warn({ err: error }, 'whether the app starts with the session could not be found out')
    }
    this.#show({ notifications: file.get().notifications })
  }

  /** Rejects with BAD_SETTING, or with the system's error. */
  async change({ autostart: on, notifications }: DesktopPatch): Promise<void> {
    const { autostart, file } = this.#components
    if (notifications !== undefined) {
      file.update(state => ({ ...state, notifications }))
      this.#show({ notifications })
    }
    if (on === undefined) return
    await autostart.set(on)
    this.#show({ autostart: await autostart.read() })
  }

  /** Rejects with UPDATES_OFF. */
  async checkForUpdate(): Promise<void> {
    throw updatesOff()
  }

  /** Rejects with UPDATES_OFF. */
  async installUpdate(): Promise<void> {
    throw updatesOff()
  }

  #show(changes: Partial<DesktopApp>): void {
    this.#app = { ...this.#app, ...changes }
    this.state.set(this.#app)
  }
}

function updatesOff(): RmaError {
  return new RmaError('UPDATES_OFF', 'this app has no place to get updates from')
}
