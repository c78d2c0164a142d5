import type { Milliseconds } from '../../shared/units.ts'
import type { Clock } from '../clock.ts'
import { startOfMonth } from './policy/month.ts'

/** What was used in a month by the machine's own calendar: 2026-06. */
export interface MonthBytes {
  month: string
  bytes: number
}

/** Counts bytes by calendar month. What earlier runs of the node have used is told once it is known. */
export class DataMeter {
  readonly #clock: Clock
  #month: Milliseconds
  #bytes = 0
  #counted = 0

  constructor({ clock }: { clock: Clock }) {
    this.#clock = clock
    this.#month = startOfMonth(clock.now())
  }

  /** Bytes in the present month. */
  get monthBytes(): number {
    this.#turnMonth()
    return this.#bytes
  }

  get reading(): MonthBytes {
    const bytes = this.monthBytes
    return { month: monthName(this.#month), bytes }
  }

  /** Bytes that were added, in whatever month: as long as they are the same, nothing has passed. */
  get counted(): number {
    return this.#counted
  }

  add(bytes: number): void {
    this.#turnMonth()
    this.#bytes += bytes
    this.#counted += bytes
  }

  /** Takes in what earlier runs have used; `from`: what the meter had of that month when it was asked for. */
  catchUp({ month, bytes }: MonthBytes, from: number = this.monthBytes): void {
    if (month === this.reading.month) this.#bytes += Math.max(0, bytes - from)
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

function monthName(at: Milliseconds): string {
  const date = new Date(at)
  return `${date.getFullYear()}-${String(date.getMonth() + 1).padStart(2, '0')}`
}
