import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { RmaError } from '../../shared/errors.ts'
import type { LanguageChoice } from '../../shared/strings/language.ts'
import { type Milliseconds, second } from '../../shared/units.ts'
import type { Clock } from '../clock.ts'
import type { Startable } from '../lifecycle.ts'
import type { Logger } from '../log.ts'
import { createRpcHandler } from '../rpc/handler.ts'
import { serveMessagePort } from '../rpc/message-port.ts'
import type { NodeApi } from '../rpc/node-api.ts'
import type { ShellApi } from '../rpc/shell-api.ts'
import { AppProtocol, appSchemePrivileges } from './app-protocol.ts'
import type { AppPage } from './app-url.ts'
import { Autostart } from './autostart.ts'
import { hiddenSwitch } from './autostart-entry.ts'
import { decideClose } from './close-rules.ts'
import { type DeepLink, deepLinkIn, linkScheme, parseDeepLink } from './deep-link.ts'
import { DesktopStateFile } from './desktop-state.ts'
import type { ElectronApi } from './electron-api.ts'
import { offerToJoin } from './join-offer.ts'
import { Lockdown } from './lockdown.ts'
import type { ShellCommand } from './menu-row.ts'
import { type OwnerWish, tell } from './owner-wish.ts'
import { RpcPorts } from './rpc-ports.ts'
import { Shell } from './shell.ts'
import { speaker, strings } from './strings.ts'
import { TrayIcon } from './tray.ts'
import type { NodeState } from './tray-state.ts'
import { WindowMenu } from './window-menu.ts'
import { Windows } from './windows.ts'

/** Longest wait for the node to stop; the app ends then in any case. */
const stopTimeoutMs: Milliseconds = 20 * second

export const appId = 'org.rmadonor.desktop'

/** The node as far as the shell knows it, and what runs with it. */
export interface DesktopNode {
  api: NodeApi
  lifecycle: Startable
}

export interface DesktopComponents {
  electron: ElectronApi
  clock: Clock
  log: Logger
  /** Makes the node; called once the app is ready. Rejections are shown to the person and end the app. */
  createNode: (shell: ShellApi) => Promise<DesktopNode>
}

export interface DesktopInit {
  platform: NodeJS.Platform
  /** Arguments this program was started with. */
  argv: readonly string[]
  dataFolder: string
  /** What the system starts to start this app. */
  executable: string
  /** The owner's folder for settings of programs (Linux). */
  configFolder: string
  folders: { renderer: string; assets: string }
  preload: string
}

/** The desktop app around one node: windows, tray, menu, and the order in which they come and go. */
export class Desktop {
  readonly #components: DesktopComponents
  readonly #init: DesktopInit
  readonly #log: Logger
  readonly #state: DesktopStateFile
  readonly #protocol: AppProtocol
  readonly #lockdown: Lockdown
  readonly #ports: RpcPorts
  readonly #windows: Windows
  readonly #tray: TrayIcon
  readonly #windowMenu: WindowMenu
  readonly #shell: Shell
  #node: DesktopNode | undefined
  #nodeStarts: Promise<void> = Promise.resolve()
  #unsubscribe: (() => void)[] = []
  #ready = false
  /** A link that came before the app was ready. */
  #pendingLink: DeepLink | undefined
  #offering = false
  #quitting: 'no' | 'stopping' | 'stopped' = 'no'

  constructor(components: DesktopComponents, init: DesktopInit) {
    const { electron, clock } = components
    const { platform, folders, dataFolder, preload } = init
    this.#components = components
    this.#init = init
    const log = components.log.child({ component: 'desktop' })
    this.#log = log
    this.#state = new DesktopStateFile({ log }, { dataFolder })
    this.#protocol = new AppProtocol({ protocol: electron.protocol, log }, { folder: folders.renderer })
    this.#lockdown = new Lockdown({ electron, log }, { openPage: page => this.#openPage(page) })
    this.#ports = new RpcPorts({ electron, log })
    this.#windows = new Windows(
      { electron, clock, log, state: this.#state },
      {
        preload,
        icon: join(folders.assets, 'icon.png'),
        onClose: () => this.#decideClose(),
        onHidden: () => this.#explainHiding(),
      },
    )
    const { executable, configFolder } = init
    const autostart = new Autostart(electron, { platform, executable, configFolder, entryName: appId })
    this.#shell = new Shell({ autostart, file: this.#state, log })
    const run = (command: ShellCommand) => this.#run(command)
    this.#tray = new TrayIcon({ electron, clock, log }, { platform, iconFolder: join(folders.assets, 'tray'), run })
    this.#windowMenu = new WindowMenu({ electron }, { platform, packaged: () => electron.app.isPackaged, run })
  }

  /**
   * What must happen before Electron is ready. Returns false when the app runs already: that one has been raised, and
   * this one must end. Throws when the data folder cannot be made.
   */
  prepare(): boolean {
    const { app, protocol } = this.#components.electron
    app.setName(strings.appName)
    app.setAppUserModelId(appId)
    // One running app for each data folder, not for each user.
    const userData = join(this.#init.dataFolder, 'electron')
    mkdirSync(userData, { recursive: true, mode: 0o700 })
    app.setPath('userData', userData)
    protocol.registerSchemesAsPrivileged([appSchemePrivileges])
    if (!app.requestSingleInstanceLock()) return false
    this.#pendingLink = deepLinkIn(this.#init.argv)
    app.on('second-instance', (_event, argv) => this.#follow(deepLinkIn(argv) ?? { page: undefined }))
    app.on('open-url', (event, url) => {
      event.preventDefault()
      this.#follow(parseDeepLink(url) ?? { page: undefined })
    })
    app.on('activate', () => this.#follow({ page: undefined }))
    // Without a listener Electron quits with the last window; the node goes on without one.
    app.on('window-all-closed', () => this.#log.debug('no window is open'))
    app.on('before-quit', event => this.#onBeforeQuit(event))
    return true
  }

  /** Called once Electron is ready. Resolves when the node runs; never rejects. */
  async start(): Promise<void> {
    const { electron } = this.#components
    if (electron.app.isPackaged) electron.app.setAsDefaultProtocolClient(linkScheme)
    electron.app.setAboutPanelOptions({
      applicationName: strings.appName,
      applicationVersion: electron.app.getVersion(),
    })
    this.#speak('system')
    this.#lockdown.install()
    this.#protocol.start()
    this.#ports.start()
    this.#windowMenu.show({ kind: 'starting' })
    await this.#state.load()
    await this.#shell.start()
    this.#tray.start()
    this.#ready = true
    if (!this.#isHiddenStart() || this.#pendingLink !== undefined) {
      this.#windows.showDashboard(this.#pendingLink?.page)
    }
    this.#nodeStarts = this.#startNode()
    if (this.#pendingLink?.invite !== undefined) void this.#offerToJoin(this.#pendingLink.invite)
    await this.#nodeStarts
  }

  /** macOS tells by itself that it started the app, and passes no arguments. */
  #isHiddenStart(): boolean {
    const { platform, argv } = this.#init
    if (argv.includes(hiddenSwitch)) return true
    return platform === 'darwin' && this.#components.electron.app.getLoginItemSettings().wasOpenedAtLogin
  }

  async #startNode(): Promise<void> {
    try {
      const node = await this.#components.createNode(this.#shell)
      this.#node = node
      const handler = createRpcHandler(node.api, this.#log)
      this.#ports.serveWith(port => serveMessagePort(port, handler, this.#log))
      const watch = () => this.#showNode(node.api)
      this.#unsubscribe = [node.api.status, node.api.settings, node.api.topology].map(value => value.subscribe(watch))
      await node.lifecycle.start()
      watch()
    } catch (error) {
      this.#failToStart(error)
    }
  }

  #showNode(node: NodeApi): void {
    this.#speak(node.settings.get().appearance.language)
    this.#showState({
      kind: 'running',
      status: node.status.get(),
      gpuPaused: node.settings.get().gpuPaused,
      knownPeers: node.topology.get().counts.known,
    })
  }

  #speak(language: LanguageChoice): void {
    speaker.use(language, this.#components.electron.app.getPreferredSystemLanguages())
  }

  #showState(state: NodeState): void {
    this.#tray.show(state)
    this.#windowMenu.show(state)
  }

  /** A person who is told why in words can act; a window that stays empty helps nobody. */
  #failToStart(error: unknown): void {
    this.#log.fatal({ err: error }, 'the node could not start')
    this.#showState({ kind: 'failed' })
    const message = error instanceof RmaError ? error.message : `${error}`
    const { electron } = this.#components
    electron.dialog.showErrorBox(strings.startFailed.title, `${message}\n\n${strings.startFailed.hint}`)
    electron.app.quit()
  }

  #run(command: ShellCommand): void {
    if (typeof command !== 'string') {
      void this.#wish(command)
      return
    }
    const actions: Record<typeof command, () => void> = {
      'toggle-donating': () => void this.#toggleDonating(),
      'open-dashboard': () => this.#windows.showDashboard(),
      'open-topology': () => this.#windows.showTopology(),
      'open-logs': () => this.#windows.showDashboard('logs'),
      quit: () => this.#components.electron.app.quit(),
    }
    actions[command]()
  }

  /** The first time, the dashboard asks for consent: that is no question for a menu. */
  async #toggleDonating(): Promise<void> {
    const node = this.#node?.api
    if (node === undefined) return
    try {
      await node.setDonating(!node.status.get().donating)
    } catch (error) {
      if (!(error instanceof RmaError && error.code === 'CONSENT_REQUIRED')) {
        this.#log.error({ err: error }, 'donating could not be switched')
      }
      this.#tray.redraw()
      this.#windowMenu.redraw()
      this.#windows.showDashboard('status')
    }
  }

  async #wish(wish: OwnerWish): Promise<void> {
    const node = this.#node?.api
    if (node === undefined) return
    try {
      await tell(node, wish)
    } catch (error) {
      this.#log.error({ err: error, wish: wish.kind }, 'the node did not do what its owner wants')
      this.#windows.showDashboard('status')
    }
  }

  #openPage(page: AppPage): void {
    if (page === 'topology') this.#windows.showTopology()
    else this.#windows.showDashboard(page)
  }

  #follow(link: DeepLink): void {
    if (!this.#ready) {
      this.#pendingLink = link
      return
    }
    this.#windows.showDashboard(link.page)
    if (link.invite !== undefined) void this.#offerToJoin(link.invite)
  }

  /** One question at a time: whoever sends many links gets no more. */
  async #offerToJoin(invite: string): Promise<void> {
    await this.#nodeStarts
    const { electron } = this.#components
    const node = this.#node?.api
    if (node === undefined || this.#offering) return
    this.#offering = true
    await offerToJoin({ electron, join: input => node.join(input) }, invite)
    this.#offering = false
  }

  #decideClose(): 'close' | 'hide' | 'quit' {
    const outcome = decideClose({
      quitting: this.#quitting !== 'no',
      trayShown: this.#tray.isShown,
      donating: this.#node?.api.status.get().donating ?? false,
    })
    if (outcome === 'quit') this.#components.electron.app.quit()
    return outcome
  }

  #explainHiding(): void {
    const { Notification } = this.#components.electron
    if (this.#state.get().explainedHiding || !Notification.isSupported()) return
    const words = strings.hidden
    new Notification({ title: words.title, body: this.#tray.isShown ? words.inTray : words.withoutTray }).show()
    this.#state.update(state => ({ ...state, explainedHiding: true }))
  }

  #onBeforeQuit(event: { preventDefault(): void }): void {
    if (this.#quitting === 'stopped') return
    event.preventDefault()
    if (this.#quitting === 'stopping') return
    this.#quitting = 'stopping'
    void this.#stop().finally(() => {
      this.#quitting = 'stopped'
      this.#components.electron.app.quit()
    })
  }

  async #stop(): Promise<void> {
    const timeout = Promise.withResolvers<void>()
    const stopTimer = this.#components.clock.after(stopTimeoutMs, () => {
      this.#log.error({ waitedMs: stopTimeoutMs }, 'the node did not stop in time')
      timeout.resolve()
    })
    await Promise.race([this.#stopParts(), timeout.promise])
    stopTimer()
  }

  async #stopParts(): Promise<void> {
    try {
      await this.#nodeStarts
      for (const unsubscribe of this.#unsubscribe) unsubscribe()
      this.#ports.stop()
      await this.#node?.lifecycle.stop()
      this.#windows.stop()
      this.#tray.stop()
      this.#protocol.stop()
      await this.#state.saved()
    } catch (error) {
      this.#log.error({ err: error }, 'the app did not stop cleanly')
    }
  }
}
