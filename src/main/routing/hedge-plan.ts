import type { Milliseconds } from '../../shared/units.ts'

/** Fewer answers than this tell nothing of how long a service takes. */
const fewestSamples = 20
/** Extra requests for each request. */
const share = 0.05
/** Unused allowance that is kept, in requests: a bad moment may use up what a good hour has saved. */
const mostSaved = 10

export interface HedgeFacts {
  enabled: boolean
  /** The service may be asked twice. */
  idempotent: boolean
  /** The body is held, so that it can be sent twice. */
  replayable: boolean
  /** Answers of the service that `p95Ms` is taken from. */
  samples: number
  p95Ms: Milliseconds
  /** Time left until the deadline. */
  leftMs: Milliseconds
}

/**
 * How long to wait for a worker before another is asked as well: as long as 19 of 20 answers of the service take;
 * undefined when nobody else is to be asked.
 */
export function hedgeAfterMs({ enabled, idempotent, replayable, samples, p95Ms, leftMs }: HedgeFacts) {
  if (!enabled || !idempotent || !replayable || samples < fewestSamples) return undefined
  return p95Ms < leftMs ? p95Ms : undefined
}

/** Keeps the extra requests below a twentieth of all. */
export class HedgeBudget {
  #saved = 0

  /** A request was sent for the first time. */
  earn(): void {
    this.#saved = Math.min(mostSaved, this.#saved + share)
  }

  /** Whether an extra request may be sent now; if so it is paid for. */
  take(): boolean {
    if (this.#saved < 1) return false
    this.#saved -= 1
    return true
  }
}
