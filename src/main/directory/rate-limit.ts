import type { Milliseconds } from '../../shared/units.ts'
import { type Allowance, TokenBucket } from './token-bucket.ts'

export interface RateLimitInit extends Allowance {
  /** Most sources remembered; the one heard of longest ago is forgotten first. */
  maxSources: number
}

/** Bounds how often each of many sources may do something: a token bucket for each. */
export class RateLimit {
  readonly #init: RateLimitInit
  readonly #buckets = new Map<string, TokenBucket>()

  constructor(init: RateLimitInit) {
    this.#init = init
  }

  /** Whether `source` may do it once more at `now`; if so it is counted. */
  take(source: string, now: Milliseconds): boolean {
    const bucket = this.#buckets.get(source) ?? new TokenBucket(this.#init, now)
    this.#buckets.delete(source)
    this.#buckets.set(source, bucket)
    for (const oldest of this.#buckets.keys()) {
      if (this.#buckets.size <= this.#init.maxSources) break
      this.#buckets.delete(oldest)
    }
    return bucket.take(now)
  }
}
