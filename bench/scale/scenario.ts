import type { ServiceType } from '../../src/shared/schema/primitives.ts'
import { type Milliseconds, minute, second } from '../../src/shared/units.ts'

/** The service that nearly everybody offers, and whose key is therefore the busiest. */
export const hotService: ServiceType = 'ocr'

/** What the donor of that number offers. */
export function servicesOf(number: number): ServiceType[] {
  return number % 3 === 0 ? [hotService, 'ner-extraction'] : [hotService]
}

/** What a find has begun goes on after its answer, and is counted with it. */
export const afterFindMs: Milliseconds = 2 * second

/** In it each worker says its whole record anew, to the registrars it knows by then, and hears whether its keys have become full. */
export const renewedMs: Milliseconds = 2.5 * minute

/** A network to be simulated. */
export interface Scenario {
  /** Nodes that donate, coordinators not among them. */
  workers: number
  coordinators: number
  /** Of the donors, how many can be reached by others and serve the DHT. */
  serverShare: number
  /** Nodes that only ask. */
  requesters: number
  requestsPerSecond: number
  /** Of all nodes, how many send them. Default: 1. */
  senderShare?: number
  seed: number
  /** One way between any two peers. Default: places on a map. */
  oneWayMs?: Milliseconds
  /** Default: 100. */
  joinsPerSecond?: number
  /** Whether donors donate only once all have joined and come to rest, instead of each as it joins. */
  donateLater?: boolean
  /** What is measured, one after the other. Default: how it is once it has formed. */
  measured?: readonly Measured[]
}

/**
 * `formed`: how a network is that has formed, and a minute of requests in it. `heavy senders`: two nodes alone send very many
 * requests. `troubles`: donors die, then a third of the network is cut off.
 */
export type Measured = 'formed' | 'heavy senders' | 'troubles'

/** What a network is like once it has formed. Rates are for each second of its time. */
export type Figures = Record<string, number>
