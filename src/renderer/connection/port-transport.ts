import { createORPCClient } from '@orpc/client'
import { RPCLink } from '@orpc/client/message-port'
import type { Line, NodeClient, Transport } from './node-client.ts'

/** What the desktop shell's preload puts on the window. */
export interface ShellBridge {
  shell: 'electron'
  /** Asks the shell for a fresh port; it arrives as a window message. */
  requestPort(): void
}

declare global {
  interface Window {
    rmaDonor?: ShellBridge
  }
}

/** Type of the window message that carries the port. */
export const portMessageType = 'rma-donor:port'

/** Longest wait for a port that was asked for. */
const portTimeoutMs = 5_000

/** Reaches the node over a MessagePort that the preload hands to the page: the desktop app. */
export class PortTransport implements Transport {
  readonly #window: Window
  readonly #bridge: ShellBridge
  #unused: MessagePort | undefined
  #waiting: ((port: MessagePort) => void) | undefined

  constructor(components: { window: Window; bridge: ShellBridge }) {
    this.#window = components.window
    this.#bridge = components.bridge
    // For the life of the page: the shell also sends a port by itself after each reload.
    this.#window.addEventListener('message', this.#onMessage)
  }

  /** Rejects when no port comes within 5 s. */
  async open(signal: AbortSignal): Promise<Line> {
    const port = this.#unused ?? (await this.#request(signal))
    this.#unused = undefined
    const closed = new Promise<void>(resolve => port.addEventListener('close', () => resolve(), { once: true }))
    const client: NodeClient = createORPCClient(new RPCLink({ port }))
    port.start()
    return { client, closed, close: () => port.close() }
  }

  readonly #onMessage = (event: MessageEvent): void => {
    if (event.source !== this.#window || event.origin !== this.#window.location.origin) return
    const port = event.ports[0]
    if (port === undefined || !isPortMessage(event.data)) return
    if (this.#waiting === undefined) {
      this.#unused?.close()
      this.#unused = port
    } else {
      this.#waiting(port)
    }
  }

  #request(signal: AbortSignal): Promise<MessagePort> {
    return new Promise((resolve, reject) => {
      const stop = AbortSignal.any([signal, AbortSignal.timeout(portTimeoutMs)])
      const abort = () => {
        this.#waiting = undefined
        reject(new Error('expected a port from the app, got none', { cause: stop.reason }))
      }
      stop.addEventListener('abort', abort, { once: true })
      this.#waiting = port => {
        this.#waiting = undefined
        stop.removeEventListener('abort', abort)
        resolve(port)
      }
      this.#bridge.requestPort()
    })
  }
}

function isPortMessage(data: unknown): boolean {
  return typeof data === 'object' && data !== null && 'type' in data && data.type === portMessageType
}
