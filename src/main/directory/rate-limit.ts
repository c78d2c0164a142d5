import type { Milliseconds } from '../../shared/units.ts'
import { type Allowance, TokenBucket } from './token-bucket.ts'

export interface RateLimitInit {
  allowance: Allowance
  /** Most sources remembered; beyond it the one that has been silent longest is forgotten before it has its allowance again. */
  maxSources: number
}

/** One token bucket for each source. */
export class RateLimit {
  readonly #init: RateLimitInit
  readonly #buckets = new Map<string, TokenBucket>()

  constructor(init: RateLimitInit) {
    this.#init = init
  }

  /** Sources remembered. */
  get size(): number {
    return this.#buckets.size
  }

  /** Whether one more from `source` may pass at `now`; if so it is counted. */
  take(source: string, now: Milliseconds): boolean {
    const bucket = this.#buckets.get(source) ?? new TokenBucket(this.#init.allowance, now)
    this.#buckets.delete(source)
    this.#buckets.set(source, bucket)
    const passes = bucket.take(now)
    this.#forget(now)
    return passes
  }

  /** Those silent longest, as far as they have their whole allowance again or are too many. */
  #forget(now: Milliseconds): void {
    for (const [source, bucket] of this.#buckets) {
      if (this.#buckets.size <= this.#init.maxSources && !bucket.isFull(now)) return
      this.#buckets.delete(source)
    }
  }
}
