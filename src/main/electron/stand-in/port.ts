import { EventEmitter } from 'node:events'
import { MessageChannel, type MessagePort } from 'node:worker_threads'
import type { ElectronPort } from '../electron-api.ts'

/** Electron's end of a message channel over a real one of Node. */
export class StandInPort extends EventEmitter implements ElectronPort {
  readonly #port: MessagePort
  isClosed = false

  constructor(port: MessagePort) {
    super()
    this.#port = port
    port.on('message', data => this.emit('message', { data, ports: [] }))
    port.on('close', () => {
      this.isClosed = true
      this.emit('close')
    })
  }

  /** What the page holds after the port was transferred. */
  get transferred(): MessagePort {
    return this.#port
  }

  postMessage(message: unknown): void {
    this.#port.postMessage(message)
  }

  start(): void {
    this.#port.start()
  }

  close(): void {
    this.#port.close()
  }
}

/** A channel whose second end is given away to a page, so nothing listens to it here. */
export class StandInMessageChannel {
  readonly port1: StandInPort
  readonly port2: StandInTransferredPort

  constructor() {
    const { port1, port2 } = new MessageChannel()
    this.port1 = new StandInPort(port1)
    this.port2 = new StandInTransferredPort(port2)
  }
}

/** An end that is on its way to a page: it can be given away, and that is all. */
export class StandInTransferredPort implements ElectronPort {
  readonly transferred: MessagePort

  constructor(port: MessagePort) {
    this.transferred = port
  }

  postMessage(): never {
    throw new Error('expected a port that is still here, but it belongs to a page')
  }

  on(): void {
    throw new Error('expected a port that is still here, but it belongs to a page')
  }

  start(): void {
    this.transferred.start()
  }

  close(): void {
    this.transferred.close()
  }
}
