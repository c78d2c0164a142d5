import { createORPCClient } from '@orpc/client'
import { RPCLink } from '@orpc/client/websocket'
import { pageKeyProtocol, rpcProtocol } from '../../shared/rpc-protocol.ts'
import type { Line, NodeClient, Transport } from './node-client.ts'

/** Address of the node that served this page; the session cookie travels with it, and the page's key is shown. */
export function rpcUrl(location: { protocol: string; host: string }): string {
  return `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/rpc`
}

/** Reaches the node over a WebSocket: the dashboard in a browser. */
export class WebSocketTransport implements Transport {
  readonly #url: string
  readonly #key: string

  constructor(url: string, key: string) {
    this.#url = url
    this.#key = key
  }

  /** Rejects when the node refuses the connection or is not there. */
  async open(signal: AbortSignal): Promise<Line> {
    signal.throwIfAborted()
    const websocket = new WebSocket(this.#url, [rpcProtocol, pageKeyProtocol(this.#key)])
    const closed = new Promise<void>(resolve => websocket.addEventListener('close', () => resolve(), { once: true }))
    const abort = () => websocket.close()
    signal.addEventListener('abort', abort, { once: true })
    closed.then(() => signal.removeEventListener('abort', abort))
    await new Promise<void>((resolve, reject) => {
      websocket.addEventListener('open', () => resolve(), { once: true })
      websocket.addEventListener('close', () => reject(new Error(`expected a WebSocket at ${this.#url}, got none`)), {
        once: true,
      })
    })
    const client: NodeClient = createORPCClient(new RPCLink({ websocket }))
    return { client, closed, close: () => websocket.close() }
  }
}
