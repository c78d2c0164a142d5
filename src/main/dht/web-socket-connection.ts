import type { AbortOptions } from '@libp2p/interface'
import { AbstractMultiaddrConnection, type AbstractMultiaddrConnectionInit } from '@libp2p/utils'
import type { Uint8ArrayList } from 'uint8arraylist'
import type { WebSocket } from 'ws'
import { MiB } from '../../shared/units.ts'

/** What may wait to be sent before the sender is asked to wait. */
const highWaterBytes = MiB

export interface WebSocketConnectionInit extends AbstractMultiaddrConnectionInit {
  webSocket: WebSocket
}

/** A WebSocket of a server as libp2p has its connections. It reads no faster than it is read. */
export class WebSocketConnection extends AbstractMultiaddrConnection {
  readonly #webSocket: WebSocket

  constructor({ webSocket, ...init }: WebSocketConnectionInit) {
    super(init)
    this.#webSocket = webSocket
    webSocket.binaryType = 'nodebuffer'
    webSocket.on('message', (data: Buffer, isBinary) => {
      if (isBinary) this.onData(data)
      else this.abort(new Error('expected binary messages, got text'))
    })
    webSocket.once('close', code => {
      if (code === 1000 || code === 1005) this.onTransportClosed()
      else this.onRemoteReset()
    })
    webSocket.once('error', error => this.abort(error))
  }

  sendData(data: Uint8ArrayList): { sentBytes: number; canSendMore: boolean } {
    this.#webSocket.send(data.subarray(), () => {
      if (this.#webSocket.bufferedAmount === 0) this.safeDispatchEvent('drain')
    })
    return { sentBytes: data.byteLength, canSendMore: this.#webSocket.bufferedAmount < highWaterBytes }
  }

  sendReset(): void {
    this.#webSocket.terminate()
  }

  async sendClose(options?: AbortOptions): Promise<void> {
    this.#webSocket.close()
    options?.signal?.throwIfAborted()
  }

  sendPause(): void {
    this.#webSocket.pause()
  }

  sendResume(): void {
    this.#webSocket.resume()
  }
}
