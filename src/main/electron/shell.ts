import { RmaError } from '../../shared/errors.ts'
import type { DesktopApp, DesktopPatch, DesktopSnapshot, Update } from '../../shared/schema/desktop.ts'
import { LiveValue } from '../live-value.ts'
import type { Logger } from '../log.ts'
import type { ShellApi } from '../rpc/shell-api.ts'
import type { Autostart } from './autostart.ts'
import type { DesktopStateFile } from './desktop-state.ts'
import type { Updater } from './updater.ts'

export interface ShellComponents {
  autostart: Pick<Autostart, 'read' | 'set' | 'refresh'>
  updater: Updater
  /** Loaded before `start`. */
  file: DesktopStateFile
  log: Logger
}

export interface ShellInit {
  /** Ends the app, once its jobs are finished, to install the update that is loaded. */
  installUpdate: () => void
}

/** The app around the node, as pages and the command line see and change it. */
export class Shell implements ShellApi {
  readonly state: LiveValue<DesktopSnapshot>
  readonly #components: ShellComponents
  readonly #init: ShellInit
  #app: DesktopApp
  #jobs = 0
  #unsubscribe: (() => void) | undefined

  constructor(components: ShellComponents, init: ShellInit) {
    this.#components = components
    this.#init = init
    this.#app = {
      kind: 'app',
      autostart: 'unavailable',
      notifications: true,
      update: components.updater.state.get(),
      safeMode: false,
    }
    this.state = new LiveValue<DesktopSnapshot>(this.#app)
  }

  get update(): Update {
    return this.#app.update
  }

  get safeMode(): boolean {
    return this.#app.safeMode
  }

  async start({ safeMode }: { safeMode: boolean }): Promise<void> {
    const { autostart, updater, file, log } = this.#components
    this.#unsubscribe = updater.state.subscribe(() => this.#showUpdate())
    this.#show({ safeMode, notifications: file.get().notifications })
    try {
      await autostart.refresh()
      this.#show({ autostart: await autostart.read() })
    } catch (error) {
      log.warn({ err: error }, 'whether the app starts with the session could not be found out')
    }
    updater.start()
  }

  stop(): void {
    this.#components.updater.stop()
    this.#unsubscribe?.()
  }

  /** How many jobs an update would have to wait for. */
  showJobs(jobs: number): void {
    if (jobs === this.#jobs) return
    this.#jobs = jobs
    this.#showUpdate()
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
    await this.#components.updater.check()
  }

  /** Rejects with UPDATES_OFF, and with NOT_FOUND where none is loaded. */
  async installUpdate(): Promise<void> {
    const { kind } = this.update
    if (kind === 'off') throw new RmaError('UPDATES_OFF', 'this app has no place to get updates from')
    if (kind !== 'ready') throw new RmaError('NOT_FOUND', `expected an update that is loaded, got one that is ${kind}`)
    this.#init.installUpdate()
  }

  #showUpdate(): void {
    const update = this.#components.updater.state.get()
    const waits = update.kind === 'ready' && update.waitsFor !== 'owner' && this.#jobs > 0
    this.#show({ update: waits ? { ...update, waitsFor: 'jobs' } : update })
  }

  #show(changes: Partial<DesktopApp>): void {
    this.#app = { ...this.#app, ...changes }
    this.state.set(this.#app)
  }
}
