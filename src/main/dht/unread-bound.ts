import { type MessageStream, StreamBufferError } from '@libp2p/interface'
import { MiB } from '../../shared/units.ts'

/**
 * What may wait for a peer that does not read: the windows of sixteen requests each way, and half as much again. Streams stop of
 * themselves once the connection is full, those that open then after a window: more is what the peer makes this end say.
 */
export const mostUnreadBytes = 12 * MiB
/** A piece of a few bytes takes this much of memory besides. */
const pieceBytes = 256

/**
 * Ends a connection on which too much waits to be sent. libp2p answers each ping and each new stream whether or not there is
 * room, and keeps the answers: a peer that goes on asking and never reads would fill this machine's memory.
 */
export function boundUnread(connection: MessageStream): void {
  const send = connection.send.bind(connection)
  let waiting = 0
  connection.send = data => {
    const canSendMore = send(data)
    if (!connection.writableNeedsDrain) return canSendMore
    waiting += data.byteLength + pieceBytes
    if (waiting > mostUnreadBytes)
      connection.abort(new StreamBufferError(`expected a peer that reads, ${waiting} bytes wait for it`))
    return canSendMore
  }
  connection.addEventListener('drain', () => {
    waiting = 0
  })
}
