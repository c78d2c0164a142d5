import type { Stream } from '@libp2p/interface'

/** Leaves a stream unread for as long as anything speaks against reading it. */
export class Brake {
  readonly #stream: Pick<Stream, 'pause' | 'resume' | 'readStatus'>
  readonly #reasons = new Set<string>()

  constructor(stream: Pick<Stream, 'pause' | 'resume' | 'readStatus'>) {
    this.#stream = stream
  }

  hold(reason: string): void {
    this.#reasons.add(reason)
    if (this.#stream.readStatus === 'readable') this.#stream.pause()
  }

  release(reason: string): void {
    const wasLast = this.#reasons.delete(reason) && this.#reasons.size === 0
    if (wasLast && this.#stream.readStatus === 'paused') this.#stream.resume()
  }
}
