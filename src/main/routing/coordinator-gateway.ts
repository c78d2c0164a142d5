import type { Forward, ForwardOutcome } from './forwarder.ts'

/** The last resort: a coordinator, which knows workers that this node cannot find or reach. */
export interface CoordinatorGateway {
  /** Sends a request to whoever the coordinator finds. Rejects only with what is no fault of the coordinator's. */
  forward(request: Omit<Forward, 'to'>): Promise<ForwardOutcome>
}
