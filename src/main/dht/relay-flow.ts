import type { Stream, StreamMessageEvent } from '@libp2p/interface'
import { KiB } from '../../shared/units.ts'
import type { Brake } from './brake.ts'

/** What may wait in a relay for who reads slower than the other sends: two windows. */
const mostWaitingBytes = 512 * KiB

type Piece = StreamMessageEvent['data']

/**
 * Reads no further from one end of a relayed connection than the other takes it. libp2p's relay reads all that comes, and keeps
 * what cannot be sent yet: two who work together, one that sends and one that never reads, would fill this machine's memory.
 * Pieces are handed on as they came, which tells what has left.
 */
export class RelayFlow {
  /** Called with the size of a piece when it leaves. */
  readonly #leaves = new WeakMap<object, (bytes: number) => void>()

  /** Both for what comes in on the stream, and for what goes out on it. */
  watch(stream: Stream, brake: Brake): void {
    let waiting = 0
    const leaves = (bytes: number) => {
      waiting -= bytes
      if (waiting <= mostWaitingBytes) brake.release('unread')
    }
    stream.addEventListener('message', ({ data }) => {
      waiting += data.byteLength
      this.#leaves.set(data, leaves)
      if (waiting > mostWaitingBytes) brake.hold('unread')
    })
    const send = stream.send.bind(stream)
    stream.send = (data: Piece) => {
      const { byteLength } = data
      const canSendMore = send(data)
      this.#leaves.get(data)?.(byteLength)
      return canSendMore
    }
  }
}
