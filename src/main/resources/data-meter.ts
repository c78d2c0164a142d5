import type { Milliseconds } from '../../shared/units.ts'
import type { Clock } from '../clock.ts'
import { keepLatest } from '../keep-latest.ts'

/** What was used in a month by the machine's own calendar: 2026-06. */
export interface MonthBytes {
  month: string
  bytes: number
}

/** A clock that is wrong for a while counts in another month; that of the right one is kept meanwhile. */
const monthsKept = 3

/** Counts bytes by calendar month. What earlier runs of the node have used is told once it is known. */
export class DataMeter {
  readonly #clock: Clock
  /** The months counted in last, the latest at the end. */
  readonly #months = new Map<string, number>()
  #counted = 0

  constructor({ clock }: { clock: Clock }) {
    this.#clock = clock
  }

  /** Bytes in the present month. */
  get monthBytes(): number {
    return this.reading.bytes
  }

  get reading(): MonthBytes {
    const month = monthName(this.#clock.now())
    return { month, bytes: this.#months.get(month) ?? 0 }
  }

  /** Of each month that is kept. */
  get readings(): MonthBytes[] {
    return [...this.#months].map(([month, bytes]) => ({ month, bytes }))
  }

  /** Bytes that were added, in whatever month: as long as they are the same, nothing has passed. */
  get counted(): number {
    return this.#counted
  }

  add(bytes: number): void {
    const { month, bytes: before } = this.reading
    keepLatest(this.#months, month, before + bytes, monthsKept)
    this.#counted += bytes
  }

  /** Takes in what earlier runs have used; `from`: what the meter had of that month when it was asked for. */
  catchUp({ month, bytes }: MonthBytes, from: number = this.#months.get(month) ?? 0): void {
    const before = this.#months.get(month) ?? 0
    keepLatest(this.#months, month, before + Math.max(0, bytes - from), monthsKept)
  }

  async *count(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
    for await (const chunk of body) {
      this.add(chunk.byteLength)
      yield chunk
    }
  }
}

function monthName(at: Milliseconds): string {
  const date = new Date(at)
  return `${date.getFullYear()}-${String(date.getMonth() + 1).padStart(2, '0')}`
}
