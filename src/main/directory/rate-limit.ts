import type { Milliseconds } from '../../shared/units.ts'
import { type Allowance, TokenBucket } from './token-bucket.ts'

export interface RateLimitInit {
  allowance: Allowance
  /** Most sources remembered; beyond it the one that has been silent longest is forgotten. */
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
    const [oldest] = this.#buckets.keys()
    if (this.#buckets.size > this.#init.maxSources && oldest !== undefined) this.#buckets.delete(oldest)
    return bucket.take(now)
  }
}
