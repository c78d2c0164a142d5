import type Electron from 'electron'

/*
 * The part of Electron that the shell uses, with Electron's own parameter types. The entry passes the real module as an
 * `ElectronApi`, which the compiler holds against Electron's declarations; tests pass a stand-in.
 */

export interface ElectronApi {
  app: ElectronApp
  clipboard: Pick<Electron.Clipboard, 'writeText'>
  BrowserWindow: new (options?: Electron.BrowserWindowConstructorOptions) => ElectronWindow
  Tray: new (imagePath: string) => ElectronTray
  Menu: {
    buildFromTemplate(template: MenuTemplate): ElectronMenu
    setApplicationMenu(menu: ElectronMenu | null): void
  }
  MessageChannelMain: new () => { port1: ElectronPort; port2: ElectronPort }
  Notification: {
    new (options?: Electron.NotificationConstructorOptions): ElectronNotification
    isSupported(): boolean
  }
  dialog: Pick<Electron.Dialog, 'showErrorBox'> & {
    showMessageBox(options: Electron.MessageBoxOptions): Promise<{ response: number }>
  }
  ipcMain: {
    on(channel: string, listener: (event: PortRequest) => void): unknown
    removeAllListeners(channel?: string): unknown
  }
  nativeTheme: {
    readonly shouldUseDarkColors: boolean
    readonly shouldUseDarkColorsForSystemIntegratedUI: boolean
    on(event: 'updated', listener: () => void): unknown
    off(event: 'updated', listener: () => void): unknown
  }
  powerMonitor: ElectronPowerMonitor
  protocol: {
    registerSchemesAsPrivileged(schemes: Electron.CustomScheme[]): void
    handle(scheme: string, handler: (request: Request) => Response | Promise<Response>): void
    unhandle(scheme: string): void
  }
  safeStorage: Pick<
    Electron.SafeStorage,
    'isAsyncEncryptionAvailable' | 'getSelectedStorageBackend' | 'encryptStringAsync' | 'decryptStringAsync'
  >
  screen: { getAllDisplays(): Pick<Electron.Display, 'workArea'>[] }
  session: { readonly defaultSession: ElectronSession }
  shell: Pick<Electron.Shell, 'openExternal' | 'openPath'>
  utilityProcess: {
    fork(modulePath: string, args?: string[], options?: Electron.ForkOptions): ElectronUtilityProcess
  }
}

export interface ElectronApp
  extends Pick<
    Electron.App,
    | 'disableHardwareAcceleration'
    | 'exit'
    | 'getAppMetrics'
    | 'getLoginItemSettings'
    | 'getPreferredSystemLanguages'
    | 'isPackaged'
    | 'quit'
    | 'relaunch'
    | 'requestSingleInstanceLock'
    | 'setAboutPanelOptions'
    | 'setAppUserModelId'
    | 'setAsDefaultProtocolClient'
    | 'setLoginItemSettings'
    | 'setName'
    | 'setPath'
    | 'whenReady'
  > {
  /** macOS only. */
  readonly dock?: Pick<Electron.Dock, 'hide'> | undefined
  on(event: 'activate' | 'before-quit' | 'will-quit', listener: (event: Electron.Event) => void): unknown
  on(event: 'window-all-closed', listener: () => void): unknown
  on(event: 'open-url', listener: (event: Electron.Event, url: string) => void): unknown
  on(event: 'second-instance', listener: (event: Electron.Event, argv: string[]) => void): unknown
  on(event: 'web-contents-created', listener: (event: Electron.Event, contents: ElectronWebContents) => void): unknown
}

export interface ElectronPowerMonitor extends Pick<Electron.PowerMonitor, 'getSystemIdleTime' | 'isOnBatteryPower'> {
  on(event: PowerEvent, listener: () => void): unknown
  off(event: PowerEvent, listener: () => void): unknown
}

/** What is worth an early look at the machine. Not every system tells of each. */
export type PowerEvent =
  | 'suspend'
  | 'resume'
  | 'on-ac'
  | 'on-battery'
  | 'lock-screen'
  | 'unlock-screen'
  /** The system shuts down, or the owner's session ends (Linux and macOS). */
  | 'shutdown'

export interface ElectronWindow
  extends Pick<
    Electron.BrowserWindow,
    | 'destroy'
    | 'focus'
    | 'getNormalBounds'
    | 'hide'
    | 'isDestroyed'
    | 'isMaximized'
    | 'isMinimized'
    | 'isVisible'
    | 'loadURL'
    | 'maximize'
    | 'restore'
    | 'show'
  > {
  readonly webContents: ElectronWebContents
  on(event: 'close', listener: (event: Electron.Event) => void): unknown
  on(event: WindowEvent, listener: () => void): unknown
}

export type WindowEvent = 'closed' | 'hide' | 'maximize' | 'moved' | 'ready-to-show' | 'resized' | 'show' | 'unmaximize'

export interface ElectronWebContents
  extends Pick<Electron.WebContents, 'getURL' | 'id' | 'isDestroyed' | 'reload' | 'setWindowOpenHandler'> {
  readonly session: ElectronSession
  postMessage(channel: string, message: unknown, transfer?: ElectronPort[]): void
  on(
    event: 'will-frame-navigate',
    listener: (event: Electron.Event<Electron.WebContentsWillFrameNavigateEventParams>) => void,
  ): unknown
  on(
    event: 'will-redirect',
    listener: (event: Electron.Event<Electron.WebContentsWillRedirectEventParams>) => void,
  ): unknown
  on(event: 'will-attach-webview', listener: (event: Electron.Event) => void): unknown
  on(
    event: 'render-process-gone',
    listener: (event: Electron.Event, details: Electron.RenderProcessGoneDetails) => void,
  ): unknown
  on(
    event: 'did-start-navigation',
    listener: (event: Electron.Event<Electron.WebContentsDidStartNavigationEventParams>) => void,
  ): unknown
  on(event: 'destroyed', listener: () => void): unknown
}

export interface ElectronSession
  extends Pick<
    Electron.Session,
    'setDevicePermissionHandler' | 'setDisplayMediaRequestHandler' | 'setSpellCheckerEnabled'
  > {
  setPermissionRequestHandler(
    handler: (
      contents: ElectronWebContents,
      permission: string,
      callback: (granted: boolean) => void,
      details: { requestingUrl: string },
    ) => void,
  ): void
  setPermissionCheckHandler(
    handler: (contents: ElectronWebContents | null, permission: string, requestingOrigin: string) => boolean,
  ): void
  on(
    event: 'will-download',
    listener: (event: Electron.Event, item: Pick<Electron.DownloadItem, 'getURL'>) => void,
  ): unknown
}

export interface ElectronTray extends Pick<Electron.Tray, 'destroy' | 'isDestroyed' | 'setToolTip'> {
  setImage(imagePath: string): void
  setContextMenu(menu: ElectronMenu | null): void
  on(event: 'click', listener: () => void): unknown
}

/** Rows of a menu; what they do depends on nothing but the row. */
export type MenuTemplate = (Omit<Electron.MenuItemConstructorOptions, 'click' | 'submenu'> & {
  click?: () => void
  submenu?: MenuTemplate
})[]

export type ElectronMenu = Pick<Electron.Menu, 'popup'>
export interface ElectronNotification extends Pick<Electron.Notification, 'show'> {
  on(event: 'click' | 'close', listener: () => void): unknown
}

export interface ElectronPort {
  postMessage(message: unknown): void
  on(event: 'message', listener: (event: Electron.MessageEvent) => void): unknown
  on(event: 'close', listener: () => void): unknown
  start(): void
  close(): void
}

/** What the shell checks of a message from a page. */
export interface PortRequest {
  readonly sender: ElectronWebContents
  readonly senderFrame: { readonly origin: string; readonly parent: unknown } | null
}

export interface ElectronUtilityProcess {
  readonly pid: number | undefined
  readonly stderr: NodeJS.ReadableStream | null
  postMessage(message: unknown): void
  kill(): boolean
  on(event: 'message', listener: (message: unknown) => void): unknown
  on(event: 'spawn', listener: () => void): unknown
  on(event: 'exit', listener: (code: number) => void): unknown
}
