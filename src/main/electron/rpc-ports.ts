import type { Logger } from '../log.ts'
import { appOrigin } from './app-url.ts'
import type { ElectronApi, ElectronPort, ElectronWebContents, PortRequest } from './electron-api.ts'

/** Channels of the preload script. */
export const portChannels = { request: 'rma-donor:request-port', handOver: 'rma-donor:port' } as const

/** Only the main frame of one of the app's own pages gets a port. */
export function mayHavePort(frame: PortRequest['senderFrame']): boolean {
  return frame !== null && frame.parent === null && frame.origin === appOrigin
}

export interface RpcPortsComponents {
  electron: Pick<ElectronApi, 'ipcMain' | 'MessageChannelMain'>
  log: Logger
}

/**
 * Hands each page that asks one end of a fresh message channel and serves the node's RPC on the other. A page has one
 * port at a time: asking again, loading another document or closing ends the old one. Pages that ask before the node
 * is there get theirs as soon as it is.
 */
export class RpcPorts {
  readonly #electron: RpcPortsComponents['electron']
  readonly #log: Logger
  readonly #ports = new Map<number, ElectronPort>()
  readonly #known = new WeakSet<ElectronWebContents>()
  readonly #waiting = new Set<ElectronWebContents>()
  #serve: ((port: ElectronPort) => void) | undefined

  constructor({ electron, log }: RpcPortsComponents) {
    this.#electron = electron
    this.#log = log
  }

  start(): void {
    this.#electron.ipcMain.on(portChannels.request, event => this.#onRequest(event))
  }

  /** From now on ports are served; those asked for earlier are handed over at once. */
  serveWith(serve: (port: ElectronPort) => void): void {
    this.#serve = serve
    for (const contents of this.#waiting) this.#handOver(contents, serve)
    this.#waiting.clear()
  }

  stop(): void {
    this.#electron.ipcMain.removeAllListeners(portChannels.request)
    this.#serve = undefined
    this.#waiting.clear()
    for (const id of [...this.#ports.keys()]) this.#close(id)
  }

  #onRequest({ sender, senderFrame }: PortRequest): void {
    if (!mayHavePort(senderFrame)) {
      this.#log.warn({ origin: senderFrame?.origin }, 'refused a port to a frame that is not a page of the app')
      return
    }
    this.#watch(sender)
    if (this.#serve === undefined) this.#waiting.add(sender)
    else this.#handOver(sender, this.#serve)
  }

  #handOver(contents: ElectronWebContents, serve: (port: ElectronPort) => void): void {
    if (contents.isDestroyed()) return
    const { id } = contents
    this.#close(id)
    const { port1, port2 } = new this.#electron.MessageChannelMain()
    this.#ports.set(id, port1)
    port1.on('close', () => {
      if (this.#ports.get(id) === port1) this.#ports.delete(id)
    })
    serve(port1)
    contents.postMessage(portChannels.handOver, null, [port2])
  }

  #watch(contents: ElectronWebContents): void {
    if (this.#known.has(contents)) return
    this.#known.add(contents)
    // Read now: a destroyed page has no id any more.
    const { id } = contents
    const forget = () => {
      this.#waiting.delete(contents)
      this.#close(id)
    }
    contents.on('did-start-navigation', ({ isMainFrame, isSameDocument }) => {
      if (isMainFrame && !isSameDocument) forget()
    })
    contents.on('render-process-gone', forget)
    contents.on('destroyed', forget)
  }

  #close(id: number): void {
    const port = this.#ports.get(id)
    this.#ports.delete(id)
    port?.close()
  }
}
