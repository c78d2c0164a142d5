import type { Milliseconds } from '../../shared/units.ts'
import type { Clock } from '../clock.ts'
import { startOfMonth } from './policy/month.ts'

/** Counts bytes by calendar month. What earlier runs of the node have used is told once it is known. */
export class DataMeter {
  readonly #clock: Clock
  #month: Milliseconds
  #bytes = 0

  constructor({ clock }: { clock: Clock }) {
    this.#clock = clock
    this.#month = startOfMonth(clock.now())
  }

  /** Bytes in the present month. */
  get monthBytes(): number {
    this.#turnMonth()
    return this.#bytes
  }

  add(bytes: number): void {
    this.#turnMonth()
    this.#bytes += bytes
  }

  async *count(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
    for await (const chunk of body) {
      this.add(chunk.byteLength)
      yield chunk
    }
  }

  #turnMonth(): void {
    const month = startOfMonth(this.#clock.now())
    if (month === this.#month) return
    this.#month = month
    this.#bytes = 0
  }
}
