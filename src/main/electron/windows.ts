import type { PageName } from '../../shared/pages.ts'
import { type Milliseconds, minute } from '../../shared/units.ts'
import type { Clock, StopTimer } from '../clock.ts'
import type { Logger } from '../log.ts'
import { pageOf, pageUrl } from './app-url.ts'
import type { CloseOutcome } from './close-rules.ts'
import { decideAfterCrash } from './crash-rules.ts'
import type { DesktopStateFile } from './desktop-state.ts'
import type { ElectronApi, ElectronWindow } from './electron-api.ts'
import { placeOnDisplays } from './place.ts'
import { type WindowKind, windowOptions } from './window-options.ts'

/** A window nobody has looked at for this long gives its memory back. */
const hiddenLifeMs = 5 * minute
/** A move or a resize is saved once it has come to rest. */
const settleMs = 500

export interface WindowsComponents {
  electron: Pick<ElectronApi, 'BrowserWindow' | 'nativeTheme' | 'screen'>
  clock: Clock
  log: Logger
  state: DesktopStateFile
}

export interface WindowsInit {
  preload: string
  icon: string
  /** Asked when the dashboard is about to close. */
  onClose: () => CloseOutcome
  /** The dashboard has just been hidden by closing it. */
  onHidden: () => void
}

interface OpenWindow {
  window: ElectronWindow
  /** Its first page has been drawn; before that it would show as a blank. */
  drawn: boolean
  crashes: Milliseconds[]
  stopTimers: Map<'destroy' | 'save', StopTimer>
}

/** The dashboard and the topology window: at most one of each, made when asked for. */
export class Windows {
  readonly #components: WindowsComponents
  readonly #init: WindowsInit
  readonly #open = new Map<WindowKind, OpenWindow>()
  /** Where the dashboard was when it gave its memory back: it comes back there. */
  #lastPage: PageName | undefined

  constructor(components: WindowsComponents, init: WindowsInit) {
    this.#components = components
    this.#init = init
  }

  /** Shows the dashboard, at a page if one is named, in front of everything else. */
  showDashboard(page?: PageName): void {
    this.#show('dashboard', page)
  }

  showTopology(): void {
    this.#show('topology', 'topology')
  }

  /** Whether any of the windows is open, be it minimized. */
  get anyVisible(): boolean {
    return [...this.#open.values()].some(({ window }) => window.isVisible())
  }

  /** Whether the donor can see any of the windows. Some systems call a minimized one visible. */
  get anySeen(): boolean {
    return [...this.#open.values()].some(({ window }) => window.isVisible() && !window.isMinimized())
  }

  stop(): void {
    for (const kind of [...this.#open.keys()]) this.#destroy(kind)
  }

  #show(kind: WindowKind, page: PageName | undefined): void {
    const open = this.#open.get(kind)
    if (open === undefined) {
      this.#create(kind, page ?? this.#lastPage ?? 'status')
      return
    }
    if (page !== undefined && kind === 'dashboard') this.#load(kind, open.window, page)
    if (!open.drawn) return
    if (open.window.isMinimized()) open.window.restore()
    open.window.show()
    open.window.focus()
  }

  #create(kind: WindowKind, page: PageName): void {
    const { electron, state } = this.#components
    const saved = state.get().windows[kind]
    const window = new electron.BrowserWindow(
      windowOptions(kind, {
        bounds: placeOnDisplays(
          saved?.bounds,
          electron.screen.getAllDisplays().map(display => display.workArea),
        ),
        dark: electron.nativeTheme.shouldUseDarkColors,
        preload: this.#init.preload,
        icon: this.#init.icon,
      }),
    )
    const open: OpenWindow = { window, drawn: false, crashes: [], stopTimers: new Map() }
    this.#open.set(kind, open)
    window.on('ready-to-show', () => {
      if (open.drawn) return
      open.drawn = true
      if (saved?.maximized) window.maximize()
      window.show()
    })
    this.#watchPlace(kind, open)
    this.#watchLife(kind, open)
    this.#load(kind, window, page)
  }

  #watchLife(kind: WindowKind, open: OpenWindow): void {
    const { window } = open
    window.on('hide', () =>
      this.#after(open, 'destroy', hiddenLifeMs, () => {
        if (kind === 'dashboard') this.#lastPage = pageOf(window.webContents.getURL())
        this.#destroy(kind)
      }),
    )
    window.on('show', () => this.#cancel(open, 'destroy'))
    window.on('closed', () => this.#forget(kind, open))
    if (kind === 'dashboard') {
      window.on('close', event => {
        const outcome = this.#init.onClose()
        if (outcome === 'close') return
        event.preventDefault()
        if (outcome !== 'hide') return
        window.hide()
        this.#init.onHidden()
      })
    }
    window.webContents.on('render-process-gone', (_event, { reason, exitCode }) => {
      const now = this.#components.clock.now()
      const outcome = decideAfterCrash(reason, open.crashes, now)
      if (outcome === 'none') return
      this.#components.log.error({ window: kind, reason, exitCode, outcome }, 'the process of a page has gone')
      open.crashes = [...open.crashes, now].slice(-3)
      if (outcome === 'reload') window.webContents.reload()
      else this.#destroy(kind)
    })
  }

  #watchPlace(kind: WindowKind, open: OpenWindow): void {
    const save = () => this.#after(open, 'save', settleMs, () => this.#savePlace(kind, open.window))
    for (const event of ['moved', 'resized', 'maximize', 'unmaximize'] as const) open.window.on(event, save)
  }

  #savePlace(kind: WindowKind, window: ElectronWindow): void {
    if (window.isDestroyed()) return
    const { x, y, width, height } = window.getNormalBounds()
    const place = { bounds: { x, y, width, height }, maximized: window.isMaximized() }
    this.#components.state.update(state => ({ ...state, windows: { ...state.windows, [kind]: place } }))
  }

  #load(kind: WindowKind, window: ElectronWindow, page: PageName): void {
    window
      .loadURL(pageUrl(page, { ownWindow: kind === 'topology' }))
      .catch((error: unknown) => this.#components.log.error({ err: error, page }, 'a page could not be loaded'))
  }

  #after(open: OpenWindow, name: 'destroy' | 'save', delayMs: Milliseconds, action: () => void): void {
    this.#cancel(open, name)
    open.stopTimers.set(name, this.#components.clock.after(delayMs, action))
  }

  #cancel(open: OpenWindow, name: 'destroy' | 'save'): void {
    open.stopTimers.get(name)?.()
    open.stopTimers.delete(name)
  }

  #destroy(kind: WindowKind): void {
    const open = this.#open.get(kind)
    if (open === undefined) return
    this.#forget(kind, open)
    if (!open.window.isDestroyed()) open.window.destroy()
  }

  #forget(kind: WindowKind, open: OpenWindow): void {
    for (const stop of open.stopTimers.values()) stop()
    open.stopTimers.clear()
    if (this.#open.get(kind) === open) this.#open.delete(kind)
  }
}
