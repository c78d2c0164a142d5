import type { Milliseconds } from '../../shared/units.ts'

const kept = 128
/** Quantiles are worked out anew after this many answers: a request must not wait for sorting. */
const sortEvery = 16

/** The last 128 latencies of something. */
export class LatencyWindow {
  readonly #latest: Milliseconds[] = []
  #next = 0
  #sorted: Milliseconds[] = []
  #unsorted = 0

  get size(): number {
    return this.#latest.length
  }

  add(latencyMs: Milliseconds): void {
    this.#latest[this.#next] = latencyMs
    this.#next = (this.#next + 1) % kept
    this.#unsorted++
  }

  /** The latency that `share` of them do not exceed, as of at most 16 answers ago; 0 without any. */
  quantile(share: number): Milliseconds {
    if (this.#unsorted >= sortEvery || this.#sorted.length === 0) {
      this.#sorted = this.#latest.toSorted((a, b) => a - b)
      this.#unsorted = 0
    }
    return this.#sorted[Math.max(0, Math.ceil(this.#sorted.length * share) - 1)] ?? 0
  }
}
