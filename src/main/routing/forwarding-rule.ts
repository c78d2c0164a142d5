import { mostHops } from './headers.ts'

export interface Arrival {
  /** A program that shows this node's token, another node, or a web page with a ticket for this node. */
  from: 'program' | 'peer' | 'page'
  /** How many nodes have passed the request on. */
  hops: number
  /** Whether this node is there to pass on what other nodes ask: a coordinator. */
  forwardsForPeers: boolean
}

/**
 * Whether a request may be sent on to another node; else it is run here or refused. Each node that sends one on counts
 * itself in, so that a request ends after two of them, whatever coordinators think of each other.
 */
export function mayForward({ from, hops, forwardsForPeers }: Arrival): boolean {
  return hops < mostHops && (from === 'program' || (from === 'peer' && forwardsForPeers))
}
