import { EventEmitter, once } from 'node:events'
import type { MessagePort } from 'node:worker_threads'
import type { BrowserWindowConstructorOptions, Rectangle, RenderProcessGoneDetails } from 'electron'
import type { ElectronPort, ElectronWebContents, ElectronWindow, PortRequest } from '../electron-api.ts'
import { StandInTransferredPort } from './port.ts'
import type { StandInSession } from './session.ts'

let nextId = 1

export interface StandInEvent {
  defaultPrevented: boolean
  preventDefault(): void
}

export function standInEvent<T extends object>(fields: T): T & StandInEvent {
  return {
    ...fields,
    defaultPrevented: false,
    preventDefault() {
      this.defaultPrevented = true
    },
  }
}

export interface StandInWebContentsInit {
  session: StandInSession
  /** Fetches an address as the protocol handlers answer it. */
  fetch: (url: string) => Promise<Response>
  /** Delivers a message of the preload script to the main process. */
  sendToMain: (channel: string, request: PortRequest) => void
}

/** A page and the browser around it: loads through the app's protocol handler and asks before it navigates. */
export class StandInWebContents extends EventEmitter implements ElectronWebContents {
  readonly id = nextId++
  readonly session: StandInSession
  readonly #init: StandInWebContentsInit
  readonly ports: MessagePort[] = []
  url = ''
  loads = 0
  #destroyed = false
  #openHandler: Parameters<ElectronWebContents['setWindowOpenHandler']>[0] | undefined

  constructor(init: StandInWebContentsInit) {
    super()
    this.#init = init
    this.session = init.session
  }

  getURL(): string {
    return this.url
  }

  isDestroyed(): boolean {
    return this.#destroyed
  }

  async load(url: string): Promise<void> {
    const isSameDocument = this.url !== '' && withoutHash(this.url) === withoutHash(url)
    this.emit('did-start-navigation', standInEvent({ url, isMainFrame: true, isSameDocument }))
    this.url = url
    if (isSameDocument) return
    const response = await this.#init.fetch(url)
    if (!response.ok) throw new Error(`ERR_UNEXPECTED (${response.status}) loading '${url}'`)
    this.loads++
    this.emit('loaded')
  }

  reload(): void {
    const { url } = this
    this.url = ''
    void this.load(url)
  }

  postMessage(channel: string, _message: unknown, transfer: ElectronPort[] = []): void {
    for (const port of transfer) {
      if (!(port instanceof StandInTransferredPort)) throw new Error('expected a port that was not used yet')
      this.ports.push(port.transferred)
    }
    this.emit('page-message', channel)
  }

  setWindowOpenHandler(handler: Parameters<ElectronWebContents['setWindowOpenHandler']>[0]): void {
    this.#openHandler = handler
  }

  /** The preload's `requestPort()`, from the page itself unless another frame is named. */
  requestPort(frame: PortRequest['senderFrame'] = { origin: origin(this.url), parent: null }): void {
    this.#init.sendToMain('rma-donor:request-port', { sender: this, senderFrame: frame })
  }

  /** Asks for a port and waits until it has come. */
  async receivePort(): Promise<MessagePort> {
    const message = once(this, 'page-message')
    this.requestPort()
    await message
    const port = this.ports.at(-1)
    if (port === undefined) throw new Error('expected a port with the message, got none')
    return port
  }

  /** A frame wants to go elsewhere. Returns whether it may. */
  navigate(url: string, { isMainFrame = true } = {}): boolean {
    const event = standInEvent({ url, isMainFrame, isSameDocument: false })
    this.emit('will-frame-navigate', event)
    return !event.defaultPrevented
  }

  redirect(url: string): boolean {
    const event = standInEvent({ url, isMainFrame: true })
    this.emit('will-redirect', event)
    return !event.defaultPrevented
  }

  attachWebview(): boolean {
    const event = standInEvent({})
    this.emit('will-attach-webview', event)
    return !event.defaultPrevented
  }

  /** `window.open(url)`. Returns whether Electron would open a window by itself. */
  openWindow(url: string): boolean {
    const response = this.#openHandler?.({
      url,
      frameName: '',
      features: '',
      disposition: 'new-window',
      referrer: { policy: 'no-referrer', url: '' },
    })
    return response?.action !== 'deny'
  }

  crash(reason: RenderProcessGoneDetails['reason']): void {
    this.emit('render-process-gone', standInEvent({}), { reason, exitCode: 1 })
  }

  destroy(): void {
    if (this.#destroyed) return
    this.#destroyed = true
    this.emit('destroyed')
  }
}

/** A window that draws nothing but keeps Electron's order of events. */
export class StandInWindow extends EventEmitter implements ElectronWindow {
  readonly webContents: StandInWebContents
  readonly options: BrowserWindowConstructorOptions
  bounds: Rectangle
  focused = 0
  #visible = false
  #minimized = false
  #maximized = false
  #destroyed = false

  constructor(options: BrowserWindowConstructorOptions, webContents: StandInWebContents) {
    super()
    this.options = options
    this.webContents = webContents
    const { x = 0, y = 0, width = 800, height = 600 } = options
    this.bounds = { x, y, width, height }
    webContents.once('loaded', () => this.emit('ready-to-show'))
  }

  loadURL(url: string): Promise<void> {
    return this.webContents.load(url)
  }

  show(): void {
    this.#visible = true
    this.emit('show')
  }

  hide(): void {
    this.#visible = false
    this.emit('hide')
  }

  focus(): void {
    this.focused++
  }

  isVisible(): boolean {
    return this.#visible
  }

  isMinimized(): boolean {
    return this.#minimized
  }

  minimize(): void {
    this.#minimized = true
  }

  restore(): void {
    this.#minimized = false
  }

  isMaximized(): boolean {
    return this.#maximized
  }

  maximize(): void {
    this.#maximized = true
    this.emit('maximize')
  }

  getNormalBounds(): Rectangle {
    return this.bounds
  }

  /** The person drags or sizes the window. */
  place(bounds: Rectangle): void {
    this.bounds = bounds
    this.emit('moved')
    this.emit('resized')
  }

  isDestroyed(): boolean {
    return this.#destroyed
  }

  /** The person closes the window. Returns whether it did close. */
  close(): boolean {
    const event = standInEvent({})
    this.emit('close', event)
    if (event.defaultPrevented) return false
    this.destroy()
    return true
  }

  destroy(): void {
    if (this.#destroyed) return
    this.#destroyed = true
    this.#visible = false
    this.webContents.destroy()
    this.emit('closed')
  }
}

function withoutHash(url: string): string {
  return url.split('#', 1)[0] ?? ''
}

function origin(url: string): string {
  const { protocol, host } = new URL(url)
  return `${protocol}//${host}`
}
