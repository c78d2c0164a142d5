import { RmaError } from '../../shared/errors.ts'
import { type Milliseconds, second } from '../../shared/units.ts'

/** What coordinators issue for one worker in two minutes stays far below. */
const mostRemembered = 16_384

/**
 * Tickets that were used, each until it expires by itself. Nothing is forgotten to make room, for then it could be used
 * again: when it is full, those who come have to come later.
 */
export class UsedTickets {
  readonly #most: number
  readonly #until = new Map<string, Milliseconds>()

  constructor(init: { most?: number } = {}) {
    this.#most = init.most ?? mostRemembered
  }

  /** Throws TICKET_REPLAYED, or BUSY. */
  use(id: string, expiresAt: Milliseconds, now: Milliseconds): void {
    if (this.#until.has(id)) throw new RmaError('TICKET_REPLAYED', 'this ticket was used before: ask for another')
    if (this.#until.size >= this.#most) this.#forgetExpired(now)
    if (this.#until.size >= this.#most) {
      throw new RmaError('BUSY', 'too many tickets were used within a minute', { retryAfterMs: second })
    }
    this.#until.set(id, expiresAt)
  }

  #forgetExpired(now: Milliseconds): void {
    for (const [id, until] of this.#until) if (until <= now) this.#until.delete(id)
  }
}
