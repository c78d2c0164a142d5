import { RmaError } from '../../../shared/errors.ts'
import { enrolmentWindowMs } from '../../../shared/membership/enrolment.ts'
import type { Milliseconds } from '../../../shared/units.ts'

const maxRemembered = 50_000

/**
 * Takes each request once while its date is accepted. It forgets when the coordinator restarts, and then a replay renews
 * what only the peer's own key can use, and counts no invite twice.
 */
export class ReplayGuard {
  readonly #taken = new Map<string, Milliseconds>()

  /** Throws ENROLMENT_REPLAYED. */
  take(request: string, now: Milliseconds): void {
    for (const [oldest, forgetAt] of this.#taken) {
      if (forgetAt > now && this.#taken.size < maxRemembered) break
      this.#taken.delete(oldest)
    }
    if (this.#taken.has(request)) throw new RmaError('ENROLMENT_REPLAYED', 'this request was answered before')
    this.#taken.set(request, now + 2 * enrolmentWindowMs)
  }
}
