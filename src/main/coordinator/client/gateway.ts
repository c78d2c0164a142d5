import { RmaError } from '../../../shared/errors.ts'
import type { PeerPlaces } from '../../paths/candidates.ts'
import type { CoordinatorGateway } from '../../routing/coordinator-gateway.ts'
import type { Forward, Forwarder, ForwardOutcome } from '../../routing/forwarder.ts'

/** Coordinators asked for one request. */
const mostAsked = 2

export interface GatewayComponents {
  forwarder: Pick<Forwarder, 'send'>
  /** Coordinators that are known, best first. */
  coordinators(): PeerPlaces[]
}

/** Hands requests that found no worker to a coordinator, over a connection between the two nodes. */
export class Gateway implements CoordinatorGateway {
  readonly #parts: GatewayComponents

  constructor(components: GatewayComponents) {
    this.#parts = components
  }

  /** The next coordinator is asked only where the first was not reached at all. */
  async forward(request: Omit<Forward, 'to'>): Promise<ForwardOutcome> {
    let outcome: ForwardOutcome = { kind: 'refused', error: new RmaError('NO_WORKER', 'no coordinator is known') }
    for (const to of this.#parts.coordinators().slice(0, mostAsked)) {
      outcome = await this.#parts.forwarder.send({ ...request, to })
      const untouched = outcome.kind === 'lost' && outcome.error.details.sent === false && request.body.replayable
      const draining = outcome.kind === 'refused' && outcome.error.code === 'DRAINING' && request.body.replayable
      if (!untouched && !draining) return outcome
    }
    return outcome
  }
}
