import { join } from 'node:path'
import { RmaError } from '../../shared/errors.ts'
import type { PageName } from '../../shared/pages.ts'
import type { LanguageChoice } from '../../shared/strings/language.ts'
import type { Clock } from '../clock.ts'
import type { FirewallState } from '../firewall/windows-firewall.ts'
import type { Startable } from '../lifecycle.ts'
import type { Logger } from '../log.ts'
import { createRpcHandler } from '../rpc/handler.ts'
import { serveMessagePort } from '../rpc/message-port.ts'
import type { NodeApi } from '../rpc/node-api.ts'
import type { ShellApi } from '../rpc/shell-api.ts'
import { servingCount } from '../status-board.ts'
import { AppProtocol, appSchemePrivileges } from './app-protocol.ts'
import { Autostart } from './autostart.ts'
import { hiddenSwitch } from './autostart-entry.ts'
import { decideClose } from './close-rules.ts'
import { deepLinkIn, linkScheme, parseDeepLink } from './deep-link.ts'
import { DesktopStateFile } from './desktop-state.ts'
import type { ElectronApi } from './electron-api.ts'
import { keepInstanceIn } from './instance-folder.ts'
import { LinkFollower } from './link-follower.ts'
import { Lockdown } from './lockdown.ts'
import type { ShellCommand } from './menu-row.ts'
import { Notifier } from './notifier.ts'
import { type QuitPhase, QuitSequence } from './quit-sequence.ts'
import { RpcPorts } from './rpc-ports.ts'
import { Shell } from './shell.ts'
import { ShellCommands } from './shell-commands.ts'
import { argumentsAnew } from './start-anew.ts'
import { askForSafeMode, explainFirewall } from './start-questions.ts'
import { StartRecord, steadyAfterMs } from './start-record.ts'
import { speaker, strings } from './strings.ts'
import { TrayIcon } from './tray.ts'
import type { NodeState } from './tray-state.ts'
import { UpdateInstaller } from './update-installer.ts'
import { Updater, type UpdateSource } from './updater.ts'
import { WindowMenu } from './window-menu.ts'
import { Windows } from './windows.ts'

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
  /** Has the app started with these arguments once it has ended. */
  startAnew: (args: readonly string[]) => void
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
  readonly #commands: ShellCommands
  readonly #installer: UpdateInstaller
  readonly #links: LinkFollower
  readonly #nodeCame = Promise.withResolvers<void>()
  #node: DesktopNode | undefined
  #nodeStarts: Promise<void> = Promise.resolve()
  #unsubscribe: (() => void)[] = []
  #offersSafeMode = false
  #failed = false

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
      { installUpdate: () => this.#installer.install() },
    )
    this.#notifier = new Notifier(
      { electron, file: this.#state, clock },
      { anySeen: () => this.#windows.anySeen, open: ({ page }) => this.#openPage(page) },
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
    // Somebody waits for it, or `startHidden` says that nobody does.
    const args = argumentsAnew(init.argv).filter(argument => argument !== hiddenSwitch)
    const relaunch = () => components.startAnew(args)
    this.#installer = new UpdateInstaller(
      {
        electron,
        updater: this.#updater,
        quit: this.#quit,
        windows: this.#windows,
        file: this.#state,
        clock,
        log,
      },
      { quiet: init.quietUpdates, relaunch },
    )
    const run = (command: ShellCommand) => this.#commands.run(command)
    this.#tray = new TrayIcon({ electron, clock, log }, { platform, iconFolder: join(folders.assets, 'tray'), run })
    this.#windowMenu = new WindowMenu({ electron }, { platform, packaged: () => electron.app.isPackaged, run })
    this.#commands = new ShellCommands(
      { electron, windows: this.#windows, shell: this.#shell, log },
      {
        node: () => this.#node?.api,
        logFolder: init.logFolder,
        redrawMenus: () => {
          this.#tray.redraw()
          this.#windowMenu.redraw()
        },
        installUpdate: () => this.#installer.install(),
        quitNow: () => this.#quit.hurry(),
      },
    )
    this.#links = new LinkFollower(
      { electron, windows: this.#windows },
      {
        node: async () => {
          await this.#nodeCame.promise
          return this.#node?.api
        },
        relaunch,
      },
    )
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
    const link = deepLinkIn(this.#init.argv)
    if (link !== undefined) this.#links.follow(link)
    app.on('second-instance', (_event, argv) => this.#onSecondInstance(argv))
    app.on('open-url', (event, url) => {
      event.preventDefault()
      this.#links.follow(parseDeepLink(url) ?? { page: undefined })
    })
    app.on('activate', () => this.#links.follow({ page: undefined }))
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
    const wish = this.#offersSafeMode ? await askForSafeMode(electron.dialog) : 'usual'
    if (wish === 'quit') electron.app.quit()
    if (this.#quit.phase !== 'no') return
    const safeMode = wish === 'safe'
    await this.#shell.start({ safeMode })
    this.#tray.start()
    this.#links.becomeReady({ showDashboard: !this.#isHiddenStart() })
    if (this.#state.get().startHidden) this.#state.update(state => ({ ...state, startHidden: false }))
    const { askFirewall } = this.#components
    if (askFirewall !== undefined)
      await explainFirewall({ dialog: electron.dialog, file: this.#state, askFirewall, log: this.#log })
    this.#nodeStarts = this.#startNode(safeMode)
    await this.#nodeStarts
  }

  /** macOS tells by itself that it started the app, and passes no arguments. */
  #isHiddenStart(): boolean {
    const { platform, argv } = this.#init
    if (argv.includes(hiddenSwitch) || this.#state.get().startHidden) return true
    return platform === 'darwin' && this.#components.electron.app.getLoginItemSettings().wasOpenedAtLogin
  }

  async #startNode(safeMode: boolean): Promise<void> {
    this.#log.info({ version: this.#init.version, safeMode }, 'starting')
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
    } finally {
      this.#nodeCame.resolve()
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
            now: this.#components.clock.now(),
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
    this.#installer.consider(update, jobs)
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

  #onSecondInstance(argv: readonly string[]): void {
    if (argv.includes(quitSwitch)) this.#components.electron.app.quit()
    else this.#links.follow(deepLinkIn(argv) ?? { page: undefined })
  }

  #openPage(page: PageName): void {
    if (page === 'topology') this.#windows.showTopology()
    else this.#windows.showDashboard(page)
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
    const { explainedHiding, notifications } = this.#state.get()
    if (explainedHiding || !notifications || !Notification.isSupported()) return
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
