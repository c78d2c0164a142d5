import { EventEmitter } from 'node:events'
import { statSync } from 'node:fs'
import type { AboutPanelOptionsOptions, LoginItemSettings, RelaunchOptions, Settings } from 'electron'
import type { ElectronApp } from '../electron-api.ts'
import type { RunningProgram, StandInSystem } from './system.ts'
import { standInEvent } from './window.ts'

export interface StandInAppInit {
  system: StandInSystem
  argv: string[]
  isPackaged?: boolean
  /** Asks every window to close. Returns whether all did. */
  closeWindows: () => boolean
}

/** Electron's `app`: its life from start to quit, and the single-instance lock. */
export class StandInApp extends EventEmitter implements ElectronApp, RunningProgram {
  readonly isPackaged: boolean
  readonly paths = new Map<string, string>()
  readonly schemes: string[] = []
  readonly exited: Promise<number>
  name = 'Electron'
  about: AboutPanelOptionsOptions = {}
  /** What each new start was to be started with. */
  readonly relaunchArguments: string[][] = []
  loginItem: Settings = {}
  loginBlocked = false
  wasOpenedAtLogin = false
  hasExited = false
  #isReady = false
  readonly #init: StandInAppInit
  readonly #ready = Promise.withResolvers<void>()
  readonly #exit = Promise.withResolvers<number>()

  constructor(init: StandInAppInit) {
    super()
    this.#init = init
    this.isPackaged = init.isPackaged ?? false
    this.exited = this.#exit.promise
  }

  get isReady(): boolean {
    return this.#isReady
  }

  becomeReady(): void {
    this.#isReady = true
    this.#ready.resolve()
  }

  whenReady(): Promise<void> {
    return this.#ready.promise
  }

  disableHardwareAcceleration(): void {
    if (this.#isReady) throw new Error('expected this before the app is ready')
  }

  setName(name: string): void {
    this.name = name
  }

  setPath(name: string, path: string): void {
    if (!statSync(path).isDirectory()) throw new Error(`expected a folder, got ${path}`)
    this.paths.set(name, path)
  }

  requestSingleInstanceLock(): boolean {
    return this.#init.system.lock(this.paths.get('userData') ?? '', this, this.#init.argv)
  }

  secondInstance(argv: string[]): void {
    this.emit('second-instance', standInEvent({}), argv)
  }

  setAppUserModelId(): void {
    if (this.#isReady) throw new Error('expected the id to be set before the app is ready')
  }

  setAboutPanelOptions(options: AboutPanelOptionsOptions): void {
    if (!this.#isReady) throw new Error('expected the app to be ready')
    this.about = options
  }

  setAsDefaultProtocolClient(scheme: string): boolean {
    this.schemes.push(scheme)
    return true
  }

  getAppMetrics(): never[] {
    return []
  }

  getPreferredSystemLanguages(): string[] {
    return ['en-GB']
  }

  /** The system's list of what it starts with a session: what was asked for, and what its owner made of it. */
  getLoginItemSettings(): LoginItemSettings {
    const { openAtLogin = false } = this.loginItem
    return {
      openAtLogin,
      wasOpenedAtLogin: this.wasOpenedAtLogin,
      status: !openAtLogin ? 'not-registered' : this.loginBlocked ? 'requires-approval' : 'enabled',
      executableWillLaunchAtLogin: openAtLogin && !this.loginBlocked,
      launchItems: [],
    }
  }

  setLoginItemSettings(settings: Settings): void {
    this.loginItem = settings
  }

  /** As Electron does: with its own arguments where none are named. */
  relaunch({ args = this.#init.argv.slice(1) }: RelaunchOptions = {}): void {
    this.relaunchArguments.push(args)
  }

  /** Electron's order: everybody may object, windows close, then the process ends. */
  quit(): void {
    if (this.hasExited) return
    const event = standInEvent({})
    this.emit('before-quit', event)
    if (event.defaultPrevented || !this.#init.closeWindows()) return
    this.emit('will-quit', standInEvent({}))
    this.exit(0)
  }

  exit(code = 0): void {
    if (this.hasExited) return
    this.hasExited = true
    this.#init.system.release(this)
    this.#exit.resolve(code)
  }
}
