import { RmaError } from '../../shared/errors.ts'
import { MiB } from '../../shared/units.ts'

/** How far one reader may be ahead of another once the beginning is no longer held. */
const mostAheadBytes = MiB

export interface ReplayEvents {
  /** More of the answer is held. */
  onBytes(bytes: number): void
  /** The answer is there to its end, or broke. */
  onEnd(failure?: unknown): void
}

interface Reader {
  /** Number of the chunk it reads next, counted from the first of all. */
  next: number
  onLeft: () => void
}

/**
 * An answer as it comes, for all who asked for it: each reads it from its beginning. It is drawn no faster than the
 * fastest of them reads. Once `release`d it holds no more than readers still need, and takes no new ones.
 */
export class Replay {
  readonly #source: AsyncIterator<Uint8Array>
  readonly #events: ReplayEvents
  readonly #readers = new Set<Reader>()
  #chunks: Uint8Array[] = []
  /** Chunks that were let go. */
  #gone = 0
  #drawing: Promise<void> | undefined
  #end: { failure?: unknown } | undefined
  #released = false
  /** Wakes those who wait for slower readers. */
  #moved = Promise.withResolvers<void>()

  constructor(source: AsyncIterable<Uint8Array>, events: ReplayEvents) {
    this.#source = source[Symbol.asyncIterator]()
    this.#events = events
  }

  /** Whether a new reader can still have it from its beginning. */
  get isWhole(): boolean {
    return !this.#released
  }

  /** A place at its beginning, kept from now on until it is read to its end or returned from; then `onLeft` is called. */
  read(onLeft: () => void = () => undefined): AsyncIterableIterator<Uint8Array, void, void> {
    if (this.#released) throw new RmaError('INTERNAL', 'expected an answer that is still held from its beginning')
    const reader = { next: 0, onLeft }
    this.#readers.add(reader)
    const chunks = this.#readAs(reader)
    // A generator that never began would not hear of its end.
    const leave = async () => {
      this.#leave(reader)
      return { done: true as const, value: undefined }
    }
    return {
      next: () => chunks.next(),
      return: leave,
      [Symbol.asyncIterator]() {
        return this
      },
    }
  }

  /** Lets go of what nobody needs who reads now. */
  release(): void {
    this.#released = true
    this.#trim()
  }

  /** Ends it before its end: whoever still reads fails with `failure`. */
  stop(failure: unknown): void {
    this.#finish({ failure })
    // What the source says of being given up no longer matters.
    this.#source.return?.()?.catch(() => undefined)
  }

  async *#readAs(reader: Reader): AsyncGenerator<Uint8Array, void, void> {
    try {
      for (;;) {
        const chunk = this.#chunks[reader.next - this.#gone]
        if (chunk !== undefined) {
          reader.next++
          this.#trim()
          yield chunk
        } else if (this.#end !== undefined) {
          if ('failure' in this.#end) throw this.#end.failure
          return
        } else if (this.#isTooFarAhead()) await this.#moved.promise
        else {
          this.#drawing ??= this.#draw()
          await this.#drawing
        }
      }
    } finally {
      this.#leave(reader)
    }
  }

  #leave(reader: Reader): void {
    if (!this.#readers.delete(reader)) return
    this.#trim()
    reader.onLeft()
  }

  async #draw(): Promise<void> {
    try {
      const { done, value } = await this.#source.next()
      if (done) this.#finish({})
      else if (this.#end === undefined) {
        this.#chunks.push(value)
        this.#events.onBytes(value.byteLength)
      }
    } catch (failure) {
      this.#finish({ failure })
    } finally {
      this.#drawing = undefined
    }
  }

  #finish(end: { failure?: unknown }): void {
    if (this.#end !== undefined) return
    this.#end = end
    this.#events.onEnd(end.failure)
  }

  #isTooFarAhead(): boolean {
    if (!this.#released || this.#readers.size < 2) return false
    return this.#chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0) > mostAheadBytes
  }

  #trim(): void {
    if (!this.#released) return
    const needed = Math.min(...[...this.#readers].map(({ next }) => next), this.#gone + this.#chunks.length)
    this.#chunks.splice(0, needed - this.#gone)
    this.#gone = needed
    this.#moved.resolve()
    this.#moved = Promise.withResolvers()
  }
}
