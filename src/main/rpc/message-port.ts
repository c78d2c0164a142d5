import type { Logger } from '../log.ts'
import type { RpcHandler } from './handler.ts'
import { type EncodedMessage, RpcSession } from './session.ts'

/** What Electron's MessagePortMain and Node's MessagePort have in common, as far as it is used here. */
export interface RpcPort {
  postMessage(message: unknown): void
  on(event: 'message', listener: (message: unknown) => void): unknown
  on(event: 'close', listener: () => void): unknown
  start(): void
  close(): void
}

/** Serves the RPC on a port until either side closes it. */
export function serveMessagePort(port: RpcPort, handler: RpcHandler, log: Logger): void {
  const session = new RpcSession({
    channel: { send: message => port.postMessage(message), hangUp: () => port.close() },
    handler,
    log,
  })
  port.on('message', message => {
    const data = messageData(message)
    if (isEncoded(data)) void session.receive(data)
    else {
      log.warn({ type: typeof data }, 'hung up on an RPC port: expected text or bytes')
      session.end()
      port.close()
    }
  })
  port.on('close', () => session.end())
  port.start()
}

/** Electron hands over an event with the message as its `data`, Node the message itself. */
function messageData(message: unknown): unknown {
  return typeof message === 'object' && message !== null && 'data' in message ? message.data : message
}

function isEncoded(data: unknown): data is EncodedMessage {
  return typeof data === 'string' || data instanceof Uint8Array || data instanceof ArrayBuffer
}
