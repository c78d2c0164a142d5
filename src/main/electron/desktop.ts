import { join } from 'node:path'
import { RmaError } from '../../shared/errors.ts'
import type { Update } from '../../shared/schema/desktop.ts'
import type { LanguageChoice } from '../../shared/strings/language.ts'
import { type Milliseconds, second } from '../../shared/units.ts'
import type { Clock } from '../clock.ts'
import type { Startable } from '../lifecycle.ts'
import type { Logger } from '../log.ts'
import { createRpcHandler } from '../rpc/handler.ts'
import { serveMessagePort } from '../rpc/message-port.ts'
import type { NodeApi } from '../rpc/node-api.ts'
import type { ShellApi } from '../rpc/shell-api.ts'
import { servingCount } from '../status-board.ts'
import { AppProtocol, appSchemePrivileges } from './app-protocol.ts'
import type { AppPage } from './app-url.ts'
import { Autostart } from './autostart.ts'
import { hiddenSwitch } from './autostart-entry.ts'
import { decideClose } from './close-rules.ts'
import { type DeepLink, deepLinkIn, linkScheme, parseDeepLink } from './deep-link.ts'
import { DesktopStateFile } from './desktop-state.ts'
import type { ElectronApi } from './electron-api.ts'
import { keepInstanceIn } from './instance-folder.ts'
import { offerToJoin } from './join-offer.ts'
import { Lockdown } from './lockdown.ts'
import type { ShellCommand } from './menu-row.ts'
import { Notifier } from './notifier.ts'
import { type OwnerWish, tell } from './owner-wish.ts'
import { type QuitPhase, QuitSequence } from './quit-sequence.ts'
import { RpcPorts } from './rpc-ports.ts'
import { Shell } from './shell.ts'
import { StartRecord, steadyAfterMs } from './start-record.ts'
import { speaker, strings } from './strings.ts'
import { TrayIcon } from './tray.ts'
import type { NodeState } from './tray-state.ts'
import { installsByItself } from './update-rules.ts'
import { Updater, type UpdateSource } from './updater.ts'
import { WindowMenu } from './window-menu.ts'
import { Windows } from './windows.ts'
import type { FirewallState } from './windows-firewall.ts'

/** An installer that has not ended the app by then will not. */
const installTimeoutMs = 10 * second

export const appId = 'org.rmadonor.desktop'

/** Switch with which an installer, or the owner, asks the running app to end. */
export const quitSwitch = '--quit'

/** The node as far as the shell knows it, and what runs with it. */
export interface DesktopNode {
  api: NodeApi
  lifecycle: Startable
  /** Takes nothing new on; resolves when no job is left, rejects with the signal's reason. */
  drain(signal: AbortSignal): Promise<void>
}

export interface DesktopComponents {
  electron: ElectronApi
  clock: Clock
  log: Logger
  /** Makes the node; called once the app is ready. Rejections are shown to the person and end the app. */
  createNode: (shell: ShellApi, init: { safeMode: boolean }) => Promise<DesktopNode>
  /** What the system's firewall says of this program; missing where none asks. */
  askFirewall?: (() => Promise<FirewallState>) | undefined
  /** Where updates come from. */
  updates: UpdateSource
}

export interface DesktopInit {
  platform: NodeJS.Platform
  version: string
  /** Arguments this program was started with. */
  argv: readonly string[]
  dataFolder: string
  /** What the system starts to start this app. */
  executable: string
  /** The owner's folder for settings of programs (Linux). */
  configFolder: string
  /** Where the log files are. */
  logFolder: string
  /** Installing an update asks nobody for a password. */
  quietUpdates: boolean
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
  readonly #starts: StartRecord
  readonly #notifier: Notifier
  readonly #updater: Updater
  readonly #quit: QuitSequence
  #node: DesktopNode | undefined
  #nodeStarts: Promise<void> = Promise.resolve()
  #unsubscribe: (() => void)[] = []
  #ready = false
  /** A link that came before the app was ready. */
  #pendingLink: DeepLink | undefined
  #offering = false
  #offersSafeMode = false
  #failed = false
  /** When the update that is loaded came. */
  #updateSince: Milliseconds | undefined

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
    this.#starts = new StartRecord({ log }, { dataFolder })
    this.#updater = new Updater({ source: components.updates, clock, log }, { quiet: init.quietUpdates })
    const { executable, configFolder } = init
    const autostart = new Autostart(electron, { platform, executable, configFolder, entryName: appId })
    this.#shell = new Shell(
      { autostart, updater: this.#updater, file: this.#state, log },
      { installUpdate: () => this.#install() },
    )
    this.#notifier = new Notifier(
      { electron, file: this.#state, log },
      { anyVisible: () => this.#windows.anyVisible, open: ({ page }) => this.#openPage(page) },
    )
    this.#quit = new QuitSequence(
      { clock, log },
      {
        drain: async signal => await this.#node?.drain(signal),
        stop: () => this.#stopParts(),
        onPhase: phase => this.#onQuitPhase(phase),
        leave: () => electron.app.quit(),
      },
    )
    const run = (command: ShellCommand) => this.#run(command)
    this.#tray = new TrayIcon({ electron, clock, log }, { platform, iconFolder: join(folders.assets, 'tray'), run })
    this.#windowMenu = new WindowMenu({ electron }, { platform, packaged: () => electron.app.isPackaged, run })
  }

  /**
   * What must happen before Electron is ready. Returns false when this one must end: the app runs already and has been
   * raised, or the data folder cannot be used, which has been said.
   */
  prepare(): boolean {
    const { app, protocol } = this.#components.electron
    app.setName(strings.appName)
    app.setAppUserModelId(appId)
    try {
      keepInstanceIn(app, this.#init.dataFolder)
    } catch (error) {
      this.#sayWhyNot(error)
      return false
    }
    protocol.registerSchemesAsPrivileged([appSchemePrivileges])
    if (!app.requestSingleInstanceLock()) return false
    this.#offersSafeMode = this.#starts.begin(this.#components.clock.now())
    this.#pendingLink = deepLinkIn(this.#init.argv)
    app.on('second-instance', (_event, argv) => this.#onSecondInstance(argv))
    app.on('open-url', (event, url) => {
      event.preventDefault()
      this.#follow(parseDeepLink(url) ?? { page: undefined })
    })
    app.on('activate', () => this.#follow({ page: undefined }))
    // Without a listener Electron quits with the last window; the node goes on without one.
    app.on('window-all-closed', () => this.#log.debug('no window is open'))
    app.on('before-quit', event => {
      if (this.#quit.phase === 'stopped') return
      event.preventDefault()
      this.#quit.begin()
    })
    return true
  }

  /** Called once Electron is ready. Resolves when the node runs; never rejects. */
  async start(): Promise<void> {
    const { electron } = this.#components
    if (electron.app.isPackaged) electron.app.setAsDefaultProtocolClient(linkScheme)
    electron.app.setAboutPanelOptions({
      applicationName: strings.appName,
      applicationVersion: this.#init.version,
    })
    this.#speak('system')
    this.#lockdown.install()
    this.#protocol.start()
    this.#ports.start()
    this.#windowMenu.show({ kind: 'starting' })
    electron.powerMonitor.on('shutdown', () => {
      this.#quit.hurry()
      electron.app.quit()
    })
    await this.#state.load()
    const safeMode = this.#offersSafeMode && (await this.#askForSafeMode())
    if (this.#quit.phase !== 'no') return
    await this.#shell.start({ safeMode })
    this.#tray.start()
    this.#ready = true
    if (!this.#isHiddenStart() || this.#pendingLink !== undefined) {
      this.#windows.showDashboard(this.#pendingLink?.page)
    }
    if (this.#state.get().startHidden) this.#state.update(state => ({ ...state, startHidden: false }))
    await this.#explainFirewall()
    this.#nodeStarts = this.#startNode(safeMode)
    if (this.#pendingLink?.invite !== undefined) void this.#offerToJoin(this.#pendingLink.invite)
    await this.#nodeStarts
  }

  /** macOS tells by itself that it started the app, and passes no arguments. */
  #isHiddenStart(): boolean {
    const { platform, argv } = this.#init
    if (argv.includes(hiddenSwitch) || this.#state.get().startHidden) return true
    return platform === 'darwin' && this.#components.electron.app.getLoginItemSettings().wasOpenedAtLogin
  }

  /** Before Windows asks, its question is explained, once; that somebody has declined it is told, once. */
  async #explainFirewall(): Promise<void> {
    const { askFirewall, electron } = this.#components
    if (askFirewall === undefined) return
    try {
      const state = await askFirewall()
      this.#log.info({ state }, 'asked the firewall about this program')
      if (state === 'allowed' || this.#state.get().told.includes(`firewall:${state}`)) return
      const words = strings.firewall[state]
      await electron.dialog.showMessageBox({ type: 'info', message: words.message, detail: words.detail })
      this.#state.update(each => ({ ...each, told: [...each.told, `firewall:${state}`] }))
    } catch (error) {
      this.#log.warn({ err: error }, 'the firewall could not be asked about this program')
    }
  }

  /** Whether to start in safe mode; the owner may also want to leave. */
  async #askForSafeMode(): Promise<boolean> {
    const { dialog, app } = this.#components.electron
    const words = strings.safeMode
    const { response } = await dialog.showMessageBox({
      type: 'warning',
      message: words.question,
      detail: words.detail,
      buttons: [words.safe, words.usual, words.quit],
      defaultId: 0,
      cancelId: 1,
    })
    if (response === 2) app.quit()
    return response === 0
  }

  async #startNode(safeMode: boolean): Promise<void> {
    try {
      const node = await this.#components.createNode(this.#shell, { safeMode })
      this.#node = node
      const handler = createRpcHandler(node.api, this.#log)
      this.#ports.serveWith(port => serveMessagePort(port, handler, this.#log))
      const watch = () => this.#showNode(node.api)
      this.#unsubscribe = [
        ...[node.api.status, node.api.settings, node.api.topology].map(value => value.subscribe(watch)),
        this.#shell.state.subscribe(watch),
      ]
      await node.lifecycle.start()
      watch()
      const { clock } = this.#components
      this.#unsubscribe.push(clock.after(steadyAfterMs, () => this.#starts.wentWell()))
    } catch (error) {
      this.#failToStart(error)
    }
  }

  #showNode(node: NodeApi): void {
    this.#speak(node.settings.get().appearance.language)
    const status = node.status.get()
    const jobs = servingCount(node.jobs.get())
    this.#shell.showJobs(jobs)
    const { update, safeMode } = this.#shell
    this.#showState(
      this.#quit.phase === 'no'
        ? {
            kind: 'running',
            status,
            gpuPause: node.settings.get().gpuPause,
            knownPeers: node.topology.get().counts.known,
            update,
            safeMode,
          }
        : { kind: 'quitting', jobs },
    )
    this.#notifier.look({
      status,
      ledger: status.ledger.state.kind,
      membership: node.membership.get().kind,
      shell: this.#shell.state.get(),
    })
    this.#considerInstalling(update, jobs)
  }

  /** An update that is loaded installs itself at a moment when it takes nothing from anybody. */
  #considerInstalling(update: Update, jobs: number): void {
    const now = this.#components.clock.now()
    this.#updateSince = update.kind === 'ready' ? (this.#updateSince ?? now) : undefined
    const readyForMs = now - (this.#updateSince ?? now)
    const { anyVisible: visible } = this.#windows
    if (!installsByItself({ update, readyForMs, jobs, visible, quiet: this.#init.quietUpdates })) return
    this.#install()
  }

  #install(): void {
    if (this.#quit.phase !== 'no') return
    const { anyVisible } = this.#windows
    this.#state.update(state => ({ ...state, startHidden: !anyVisible }))
    const { electron, clock, log } = this.#components
    this.#quit.begin(() => {
      clock.after(installTimeoutMs, () => {
        electron.app.relaunch()
        electron.app.exit()
      })
      this.#updater.install().catch((error: unknown) => log.error({ err: error }, 'the update was not installed'))
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
    this.#failed = true
    this.#showState({ kind: 'failed' })
    this.#sayWhyNot(error)
    this.#components.electron.app.quit()
  }

  #sayWhyNot(error: unknown): void {
    this.#log.fatal({ err: error }, 'the node could not start')
    const message = error instanceof RmaError ? error.message : `${error}`
    this.#components.electron.dialog.showErrorBox(
      strings.startFailed.title,
      `${message}\n\n${strings.startFailed.hint}`,
    )
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
      'open-settings': () => this.#windows.showDashboard('settings'),
      'open-logs': () => this.#windows.showDashboard('logs'),
      'check-for-updates': () => void this.#lookForUpdate(),
      'install-update': () => this.#install(),
      'copy-report': () => void this.#copyReport(),
      'open-log-folder': () => void this.#components.electron.shell.openPath(this.#init.logFolder),
      quit: () => this.#components.electron.app.quit(),
      'quit-now': () => this.#quit.hurry(),
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

  async #lookForUpdate(): Promise<void> {
    try {
      await this.#shell.checkForUpdate()
    } catch (error) {
      this.#log.warn({ err: error }, 'updates could not be looked for')
    }
  }

  async #copyReport(): Promise<void> {
    const { clipboard, dialog } = this.#components.electron
    const report = this.#node?.api.diagnostics()
    if (report === undefined) return
    await clipboard.writeText(report)
    const { copied, detail } = strings.report
    await dialog.showMessageBox({ type: 'info', message: copied, detail })
  }

  #onSecondInstance(argv: readonly string[]): void {
    if (argv.includes(quitSwitch)) this.#components.electron.app.quit()
    else this.#follow(deepLinkIn(argv) ?? { page: undefined })
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
      quitting: this.#quit.phase !== 'no',
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

  #onQuitPhase(phase: QuitPhase): void {
    const node = this.#node?.api
    if (phase === 'draining' && node !== undefined) this.#showNode(node)
    else if (phase !== 'stopped') this.#showState({ kind: 'quitting', jobs: 0 })
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
      this.#shell.stop()
      if (!this.#failed) this.#starts.wentWell()
      await this.#state.saved()
    } catch (error) {
      this.#log.error({ err: error }, 'the app did not stop cleanly')
    }
  }
}
