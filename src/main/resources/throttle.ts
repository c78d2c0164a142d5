import { KiB, type Milliseconds, second } from '../../shared/units.ts'
import type { Clock } from '../clock.ts'

/** Larger pieces are cut, so that one document does not hold up every other. */
const pieceBytes = 64 * KiB

/** Bounds how many bytes a second pass through it, of all streams together. */
export class Throttle {
  readonly #clock: Clock
  readonly #bytesPerSecond: () => number | undefined
  /** When what has passed so far has used up its time. */
  #paidUntil: Milliseconds = 0
  #lastAt: Milliseconds = 0

  /** @param bytesPerSecond asked for each piece; undefined: no bound */
  constructor({ clock }: { clock: Clock }, init: { bytesPerSecond: () => number | undefined }) {
    this.#clock = clock
    this.#bytesPerSecond = init.bytesPerSecond
  }

  /** Whether there is a bound now. */
  get bounded(): boolean {
    return this.#bytesPerSecond() !== undefined
  }

  /** Passes a body on, no faster than the bound allows. Ends with the signal's reason when that aborts. */
  async *pace(body: AsyncIterable<Uint8Array>, signal: AbortSignal): AsyncGenerator<Uint8Array, void, void> {
    for await (const chunk of body) {
      if (this.#bytesPerSecond() === undefined) yield chunk
      else yield* this.#pieces(chunk, signal)
    }
  }

  async *#pieces(chunk: Uint8Array, signal: AbortSignal): AsyncGenerator<Uint8Array, void, void> {
    for (let start = 0; start < chunk.byteLength; start += pieceBytes) {
      const piece = chunk.subarray(start, start + pieceBytes)
      await this.#turn(piece.byteLength, signal)
      yield piece
    }
  }

  /** Books bytes that pass some other way, and says how long to wait before more of them do. */
  book(bytes: number): Milliseconds {
    this.#pay(bytes)
    return this.#bytesPerSecond() === undefined ? 0 : Math.max(0, this.#paidUntil - this.#clock.now())
  }

  async #turn(bytes: number, signal: AbortSignal): Promise<void> {
    await this.#wait(this.#pay(bytes), signal)
  }

  /** How long it takes until these bytes may pass. */
  #pay(bytes: number): Milliseconds {
    const rate = this.#bytesPerSecond()
    if (rate === undefined) return 0
    const now = this.#clock.now()
    const costMs = (bytes / rate) * second
    // A clock that was turned back must not hold up anybody.
    if (now < this.#lastAt) this.#paidUntil -= this.#lastAt - now
    this.#lastAt = now
    const begin = Math.max(now, this.#paidUntil)
    this.#paidUntil = begin + costMs
    return begin - now
  }

  #wait(delayMs: Milliseconds, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    if (delayMs <= 0) return Promise.resolve()
    return new Promise((resolve, reject) => {
      const done = () => {
        stopTimer()
        signal.removeEventListener('abort', done)
        if (signal.aborted) reject(signal.reason)
        else resolve()
      }
      const stopTimer = this.#clock.after(delayMs, done)
      signal.addEventListener('abort', done)
    })
  }
}
