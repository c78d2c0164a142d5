import { EventEmitter } from 'node:events'
import type {
  BrowserWindowConstructorOptions,
  MessageBoxOptions,
  NotificationConstructorOptions,
  Rectangle,
} from 'electron'
import type { ElectronApi, ElectronTray, MenuTemplate } from '../electron-api.ts'
import { StandInApp } from './app.ts'
import { StandInMessageChannel } from './port.ts'
import { StandInSession } from './session.ts'
import { StandInSystem } from './system.ts'
import { StandInUtilityProcess } from './utility-process.ts'
import { StandInWebContents, StandInWindow } from './window.ts'

export interface StandInInit {
  system?: StandInSystem
  argv?: string[]
  isPackaged?: boolean
  /** This desktop has no place for tray icons. */
  withoutTray?: boolean
  /** The system's key store can be used. */
  keyStore?: boolean
  displays?: Rectangle[]
}

/** A menu row as it was built, to be clicked by its label. */
export class StandInMenu {
  readonly template: MenuTemplate

  constructor(template: MenuTemplate) {
    this.template = template
  }

  popup(): never {
    throw new Error('expected menus to be attached, not popped up')
  }

  get labels(): string[] {
    return this.template.map(row => row.label ?? '—')
  }

  /**
   * Clicks the first row of that label; `within` is the label of the submenu it is in. Throws when there is no such row,
   * or it cannot be clicked.
   */
  click(label: string, within?: string): void {
    const rows = within === undefined ? this.template : (this.#row(this.template, within)?.submenu ?? [])
    const row = this.#row(rows, label)
    if (row?.click === undefined || row.enabled === false)
      throw new Error(`expected a row "${label}" to click among ${this.labels.join(' | ')}`)
    row.click()
  }

  #row(template: MenuTemplate, label: string): MenuTemplate[number] | undefined {
    return rowsOf(template).find(row => row.label === label)
  }
}

export class StandInTray extends EventEmitter implements ElectronTray {
  image: string
  tip = ''
  menu: StandInMenu | null = null
  menusSet = 0
  #destroyed = false

  constructor(image: string) {
    super()
    this.image = image
  }

  setImage(image: string): void {
    this.image = image
  }

  setToolTip(tip: string): void {
    this.tip = tip
  }

  setContextMenu(menu: StandInMenu | null): void {
    this.menu = menu
    this.menusSet++
  }

  destroy(): void {
    this.#destroyed = true
  }

  isDestroyed(): boolean {
    return this.#destroyed
  }
}

class StandInPowerMonitor extends EventEmitter {
  idleSeconds = 0
  onBattery = false

  getSystemIdleTime(): number {
    return this.idleSeconds
  }

  isOnBatteryPower(): boolean {
    return this.onBattery
  }
}

class StandInTheme extends EventEmitter {
  shouldUseDarkColors = false
  shouldUseDarkColorsForSystemIntegratedUI = false
}

class StandInProtocol {
  readonly #app: StandInApp
  readonly #handlers = new Map<string, (request: Request) => Response | Promise<Response>>()
  readonly privileged: string[] = []

  constructor(app: StandInApp) {
    this.#app = app
  }

  registerSchemesAsPrivileged(schemes: { scheme: string }[]): void {
    if (this.#app.isReady) throw new Error('expected schemes to be registered before the app is ready')
    this.privileged.push(...schemes.map(({ scheme }) => scheme))
  }

  handle(scheme: string, handler: (request: Request) => Response | Promise<Response>): void {
    this.#handlers.set(scheme, handler)
  }

  get handled(): string[] {
    return [...this.#handlers.keys()]
  }

  unhandle(scheme: string): void {
    this.#handlers.delete(scheme)
  }

  async fetch(url: string): Promise<Response> {
    const handler = this.#handlers.get(new URL(url).protocol.slice(0, -1))
    return handler === undefined ? new Response(null, { status: 404 }) : handler(new Request(url))
  }
}

/** Electron for tests: the same calls in the same order, with no screen. One for each program that is started. */
export class StandInElectron implements ElectronApi {
  readonly app: StandInApp
  readonly protocol: StandInProtocol
  readonly ipcMain = new EventEmitter()
  readonly nativeTheme = new StandInTheme()
  readonly powerMonitor = new StandInPowerMonitor()
  readonly session = { defaultSession: new StandInSession() }
  readonly MessageChannelMain = StandInMessageChannel
  readonly windows: StandInWindow[] = []
  readonly trays: StandInTray[] = []
  readonly notifications: NotificationConstructorOptions[] = []
  /** Clicks the notification that was shown last. */
  clickNotification: () => void = () => undefined
  readonly copied: string[] = []
  /** Questions that were asked, and the button that answers them. */
  readonly questions: MessageBoxOptions[] = []
  pressed = 0
  readonly errorBoxes: { title: string; content: string }[] = []
  readonly opened: string[] = []
  applicationMenu: StandInMenu | null = null

  readonly BrowserWindow: ElectronApi['BrowserWindow']
  readonly Tray: ElectronApi['Tray']
  readonly Notification: ElectronApi['Notification']
  readonly Menu: ElectronApi['Menu']
  readonly dialog: ElectronApi['dialog']
  readonly clipboard: ElectronApi['clipboard']
  readonly safeStorage: ElectronApi['safeStorage']
  readonly screen: ElectronApi['screen']
  readonly shell: ElectronApi['shell']
  readonly utilityProcess: ElectronApi['utilityProcess']

  constructor(init: StandInInit = {}) {
    const electron = this
    this.app = new StandInApp({
      system: init.system ?? new StandInSystem(),
      argv: init.argv ?? [],
      ...(init.isPackaged === undefined ? {} : { isPackaged: init.isPackaged }),
      closeWindows: () => this.windows.filter(window => !window.isDestroyed()).every(window => window.close()),
    })
    this.protocol = new StandInProtocol(this.app)
    this.BrowserWindow = class extends StandInWindow {
      constructor(options: BrowserWindowConstructorOptions = {}) {
        if (!electron.app.isReady) throw new Error('expected windows only after the app is ready')
        const contents = new StandInWebContents({
          session: electron.session.defaultSession,
          fetch: url => electron.protocol.fetch(url),
          sendToMain: (channel, request) => electron.ipcMain.emit(channel, request),
        })
        super(options, contents)
        electron.windows.push(this)
        electron.app.emit('web-contents-created', {}, contents)
        this.on('closed', () => {
          if (electron.windows.every(window => window.isDestroyed())) electron.app.emit('window-all-closed')
        })
      }
    }
    this.Tray = class extends StandInTray {
      constructor(image: string) {
        if (init.withoutTray) throw new Error('no tray on this desktop')
        super(image)
        electron.trays.push(this)
      }
    }
    this.Notification = class extends EventEmitter {
      readonly #options: NotificationConstructorOptions
      constructor(options: NotificationConstructorOptions = {}) {
        super()
        this.#options = options
      }
      static isSupported(): boolean {
        return true
      }
      show(): void {
        electron.notifications.push(this.#options)
        electron.clickNotification = () => this.emit('click')
      }
    }
    this.Menu = {
      buildFromTemplate: template => new StandInMenu(template),
      setApplicationMenu: menu => {
        this.applicationMenu = menu instanceof StandInMenu ? menu : null
      },
    }
    this.dialog = {
      showErrorBox: (title, content) => this.errorBoxes.push({ title, content }),
      showMessageBox: async options => {
        this.questions.push(options)
        return { response: this.pressed }
      },
    }
    this.safeStorage = standInSafeStorage(init.keyStore ?? true)
    const displays = init.displays ?? [{ x: 0, y: 0, width: 1920, height: 1040 }]
    this.screen = { getAllDisplays: () => displays.map(workArea => ({ workArea })) }
    this.shell = {
      openExternal: async url => void this.opened.push(url),
      openPath: async path => {
        this.opened.push(path)
        return ''
      },
    }
    this.clipboard = { writeText: async text => void this.copied.push(text) }
    this.utilityProcess = {
      fork: (modulePath, args = [], options = {}) => new StandInUtilityProcess(modulePath, args, options),
    }
  }

  /** The window that was opened last. Throws when there is none. */
  get window(): StandInWindow {
    const window = this.windows.filter(candidate => !candidate.isDestroyed()).at(-1)
    if (window === undefined) throw new Error('expected an open window, found none')
    return window
  }

  /** The tray icon and its menu. Throws when there is none. */
  get tray(): StandInTray & { menu: StandInMenu } {
    const tray = this.trays.at(-1)
    if (!hasMenu(tray)) throw new Error('expected a tray icon with a menu, found none')
    return tray
  }
}

function hasMenu(tray: StandInTray | undefined): tray is StandInTray & { menu: StandInMenu } {
  return tray !== undefined && tray.menu !== null
}

function rowsOf(template: MenuTemplate): MenuTemplate {
  return template.flatMap(row => [row, ...rowsOf(row.submenu ?? [])])
}

/** Turns bits around: enough to see that what is stored is not the plain text. */
function standInSafeStorage(available: boolean): ElectronApi['safeStorage'] {
  const turned = (bytes: Buffer) => Buffer.from(bytes.map(byte => byte ^ 0xff))
  return {
    isAsyncEncryptionAvailable: async () => available,
    getSelectedStorageBackend: () => (available ? 'gnome_libsecret' : 'basic_text'),
    encryptStringAsync: async text => turned(Buffer.from(text)),
    decryptStringAsync: async bytes => ({ result: turned(bytes).toString(), shouldReEncrypt: false }),
  }
}
