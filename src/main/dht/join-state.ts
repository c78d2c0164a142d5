import type { SourceTry } from '../../shared/schema/diagnosis.ts'
import type { Milliseconds } from '../../shared/units.ts'

/** Whether this node has anybody to talk to; what "No network: 0 peers, next try in 20 s" is made from. */
export interface JoinState {
  /** Peers with an open connection. */
  peers: number
  /** When joining is tried again, on this node's clock; missing while there are peers or a try is under way. */
  nextTryAt?: Milliseconds
  /** What the last try did, source by source. */
  tried: SourceTry[]
}

export const notJoined: JoinState = { peers: 0, tried: [] }
