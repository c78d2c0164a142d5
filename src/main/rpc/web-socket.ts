import type { RawData, WebSocket } from 'ws'
import { MiB, type Milliseconds, second } from '../../shared/units.ts'
import type { Clock } from '../clock.ts'
import type { Logger } from '../log.ts'
import type { RpcHandler } from './handler.ts'
import { RpcSession } from './session.ts'

const invalidPayload = 1007

export interface ServeWebSocketInit {
  /** A client that has not answered the last ping by the next one is dropped. Default: 20 s. */
  pingIntervalMs?: Milliseconds
  /** A client that leaves more than this unread is dropped. Default: 8 MiB. */
  maxBufferedBytes?: number
}

/** Serves the RPC on a WebSocket until it closes. Slow readers skip snapshots; dead and stuck ones are dropped. */
export function serveWebSocket(
  socket: WebSocket,
  { handler, clock, log }: { handler: RpcHandler; clock: Clock; log: Logger },
  { pingIntervalMs = 20 * second, maxBufferedBytes = 8 * MiB }: ServeWebSocketInit = {},
): void {
  const session = new RpcSession({
    handler,
    log,
    channel: {
      send: message => {
        if (socket.bufferedAmount > maxBufferedBytes) {
          log.warn({ bufferedBytes: socket.bufferedAmount }, 'dropped an RPC client that does not read')
          socket.terminate()
        }
        return new Promise((resolve, reject) => socket.send(message, error => (error ? reject(error) : resolve())))
      },
      // The reason may not exceed 123 bytes of a close frame; the log has it whole.
      hangUp: reason => socket.close(invalidPayload, reason.slice(0, 40)),
    },
  })

  let alive = true
  const stopPinging = clock.every(pingIntervalMs, () => {
    if (!alive) return socket.terminate()
    alive = false
    socket.ping()
  })
  socket.on('pong', () => {
    alive = true
  })
  socket.on('message', (data, isBinary) => void session.receive(isBinary ? toBytes(data) : toBytes(data).toString()))
  // A protocol violation, an oversized message among them; ws closes the socket itself.
  socket.on('error', error => log.warn({ reason: error.message }, 'an RPC client broke the WebSocket protocol'))
  socket.on('close', () => {
    stopPinging()
    session.end()
  })
}

function toBytes(data: RawData): Buffer {
  if (Buffer.isBuffer(data)) return data
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data)
}
