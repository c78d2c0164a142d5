import { RmaError } from '../../shared/errors.ts'
import { type Milliseconds, second } from '../../shared/units.ts'

/** As many as a node knows of. */
const mostCoordinators = 64
/** What one issues for one worker in two minutes stays below. */
const mostOfCoordinator = 2_048

/**
 * Tickets that were used, each until it expires by itself. Nothing is forgotten to make room, for then it could be used
 * again: when a coordinator's share is full, those it vouches for have to come later, and nobody else.
 */
export class UsedTickets {
  readonly #most: number
  readonly #until = new Map<string, Map<string, Milliseconds>>()

  constructor(init: { mostOfCoordinator?: number } = {}) {
    this.#most = init.mostOfCoordinator ?? mostOfCoordinator
  }

  /** Throws TICKET_REPLAYED, or BUSY. */
  use(ticket: { coordinator: string; id: string; expiresAt: Milliseconds }, now: Milliseconds): void {
    const { coordinator, id, expiresAt } = ticket
    const used = this.#until.get(coordinator) ?? new Map<string, Milliseconds>()
    if (used.has(id)) throw new RmaError('TICKET_REPLAYED', 'this ticket was used before: ask for another')
    if (used.size >= this.#most) forgetExpired(used, now)
    if (used.size === 0) this.#forgetIdle(now)
    if (used.size >= this.#most || (used.size === 0 && this.#until.size >= mostCoordinators)) {
      throw new RmaError('BUSY', 'too many tickets were used within a minute', { retryAfterMs: second })
    }
    used.set(id, expiresAt)
    this.#until.set(coordinator, used)
  }

  #forgetIdle(now: Milliseconds): void {
    for (const [coordinator, used] of this.#until) {
      forgetExpired(used, now)
      if (used.size === 0) this.#until.delete(coordinator)
    }
  }
}

function forgetExpired(used: Map<string, Milliseconds>, now: Milliseconds): void {
  for (const [id, until] of used) if (until <= now) used.delete(id)
}
