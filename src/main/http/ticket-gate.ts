import { RmaError } from '../../shared/errors.ts'
import { openTicket } from '../../shared/membership/service-ticket.ts'
import type { PeerIdText } from '../../shared/schema/primitives.ts'
import type { Clock } from '../clock.ts'
import { UsedTickets } from './used-tickets.ts'

export interface TicketTaker {
  /** Who vouches for a request for `service`; a ticket counts once. Rejects with a code that begins with TICKET_, or BUSY. */
  take(ticket: string | undefined, service: string): Promise<PeerIdText>
}

export interface TicketGateComponents {
  /** The network's, which tickets are dated by. */
  clock: Pick<Clock, 'now'>
  /** Whether the node is a coordinator, as far as this worker can find out. */
  isCoordinator(peerId: PeerIdText): boolean | Promise<boolean>
}

/** Takes the tickets of those who ask this worker without a node of their own. */
export class TicketGate implements TicketTaker {
  readonly #parts: TicketGateComponents
  readonly #init: { networkId: string; selfId: PeerIdText }
  readonly #used = new UsedTickets()

  constructor(components: TicketGateComponents, init: { networkId: string; selfId: PeerIdText }) {
    this.#parts = components
    this.#init = init
  }

  async take(ticket: string | undefined, service: string): Promise<PeerIdText> {
    if (ticket === undefined) {
      throw new RmaError(
        'TICKET_MISSING',
        `expected the header Authorization: Bearer <ticket> with what a coordinator answers to POST /api/service/<type>/ticket`,
      )
    }
    const { clock, isCoordinator } = this.#parts
    const { networkId, selfId } = this.#init
    const now = clock.now()
    const opened = await openTicket(ticket, {
      networkId,
      worker: selfId,
      service,
      now,
      isCoordinator,
    })
    this.#used.use(opened, now)
    return opened.coordinator
  }
}
