import type { Milliseconds } from '../../shared/units.ts'

export interface Allowance {
  perSecond: number
  /** How many may come at once after a quiet time. */
  burst: number
}

/** A token bucket. */
export class TokenBucket {
  readonly #allowance: Allowance
  #tokens: number
  #filledAt: Milliseconds

  constructor(allowance: Allowance, now: Milliseconds) {
    this.#allowance = allowance
    this.#tokens = allowance.burst
    this.#filledAt = now
  }

  /** Whether one more may pass at `now`; if so it is counted. */
  take(now: Milliseconds): boolean {
    this.#tokens = this.#tokensAt(now)
    this.#filledAt = now
    if (this.#tokens < 1) return false
    this.#tokens--
    return true
  }

  /** Whether at `now` it is as if nobody had ever taken from it. */
  isFull(now: Milliseconds): boolean {
    return this.#tokensAt(now) === this.#allowance.burst
  }

  #tokensAt(now: Milliseconds): number {
    const { perSecond, burst } = this.#allowance
    const elapsedMs = Math.max(0, now - this.#filledAt)
    return Math.min(burst, this.#tokens + (elapsedMs / 1_000) * perSecond)
  }
}
