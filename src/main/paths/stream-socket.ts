import { Duplex } from 'node:stream'
import type { Stream, StreamCloseEvent, StreamMessageEvent } from '@libp2p/interface'
import { Uint8ArrayList } from 'uint8arraylist'

type Done = (error?: Error | null) => void

/**
 * A libp2p stream as a socket for Node's HTTP. It reads no further ahead than its reader's buffer and takes no more to
 * send than the peer has room for, so that whoever is slow slows down everybody before him.
 *
 * `streamToSocket` of @libp2p/http-utils 2.0.6 does neither: it ignores what `push` returns, and waits by `onDrain`, whose
 * promise stays resolved after the first time.
 */
export class StreamSocket extends Duplex {
  readonly #stream: Stream
  /** Calls back once what was last written has left the stream's buffer. */
  #written: Done | undefined
  #resuming = false
  #full = false

  constructor(stream: Stream) {
    super({ allowHalfOpen: true, autoDestroy: true })
    this.#stream = stream
    stream.addEventListener('message', event => this.#receive(event))
    stream.addEventListener('end', () => this.#ended())
    // The stream says so while it still sends, and would let what is written at once lie until it sends again.
    stream.addEventListener('idle', () => queueMicrotask(() => this.#settleWrite()))
    stream.addEventListener('close', event => this.#closed(event))
    if (stream.readStatus === 'readable') stream.pause()
    if (stream.readableEnded) this.#ended()
  }

  override _read(): void {
    this.#full = false
    if (this.#stream.readStatus !== 'paused') return
    this.#resuming = true
    try {
      // Hands over at once what has come meanwhile, and tells the peer of the room there is.
      this.#stream.resume()
    } catch (error) {
      // A stream that ended in the meantime has handed over what it had, and has nobody to tell.
      if (this.#stream.status === 'open') this.destroy(error instanceof Error ? error : new Error(String(error)))
    } finally {
      this.#resuming = false
    }
    this.#pauseWhenFull()
  }

  override _write(chunk: Uint8Array, _encoding: BufferEncoding, done: Done): void {
    this.#send(chunk, done)
  }

  override _writev(entries: { chunk: Uint8Array }[], done: Done): void {
    this.#send(new Uint8ArrayList(...entries.map(({ chunk }) => chunk)), done)
  }

  override _final(done: Done): void {
    this.#stream.close().then(() => done(), done)
  }

  /** Ends a stream that is not at its end by a reset, so that the peer hears of it at once. */
  override _destroy(error: Error | null, done: Done): void {
    const { status } = this.#stream
    this.#written = undefined
    if (status === 'open' || status === 'closing') this.#stream.abort(error ?? new Error('closed before its end'))
    done(error)
  }

  #receive({ data }: StreamMessageEvent): void {
    const chunks = data instanceof Uint8Array ? [data] : [...data]
    for (const chunk of chunks) this.#full = !this.push(chunk)
    // Within `resume` a pause would be undone again.
    if (!this.#resuming) this.#pauseWhenFull()
  }

  #pauseWhenFull(): void {
    if (this.#full && this.#stream.readStatus === 'readable') this.#stream.pause()
  }

  #send(data: Uint8Array | Uint8ArrayList, done: Done): void {
    try {
      this.#stream.send(data)
    } catch (error) {
      done(error instanceof Error ? error : new Error(String(error)))
      return
    }
    if (this.#stream.writeBufferLength === 0) done()
    else this.#written = done
  }

  #settleWrite(error?: Error): void {
    if (error === undefined && this.#stream.writeBufferLength > 0) return
    const done = this.#written
    this.#written = undefined
    done?.(error)
  }

  /** An aborted stream says that it has ended, too, before it says why. */
  #ended(): void {
    const { status } = this.#stream
    if (status !== 'aborted' && status !== 'reset') this.push(null)
  }

  #closed({ error }: StreamCloseEvent): void {
    if (error !== undefined) this.destroy(error)
    else this.#settleWrite(new Error('the connection closed'))
  }
}
