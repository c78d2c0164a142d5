import type { Connection } from '@libp2p/interface'
import type { Milliseconds } from '../../shared/units.ts'
import { type ConnectionPath, pathKindOf } from './path-kind.ts'

/** Ways of one tier are as good as each other but for how quick they are; those of the next pass through somebody else. */
const tiers: Record<ConnectionPath, number> = { direct: 0, vpn: 0, tunnel: 1, relay: 2 }

export type Usable = Pick<Connection, 'status' | 'remoteAddr' | 'rtt'>

export function tierOf(kind: ConnectionPath): number {
  return tiers[kind]
}

/** The open connection that requests go over: of the best tier the quickest, and the first of those that are as quick. Pure. */
export function bestConnection<C extends Usable>(connections: readonly C[]): C | undefined {
  let best: { connection: C; tier: number; rttMs: Milliseconds } | undefined
  for (const connection of connections) {
    if (connection.status !== 'open') continue
    const tier = tierOf(pathKindOf(connection.remoteAddr))
    const rttMs = connection.rtt ?? Number.POSITIVE_INFINITY
    if (best === undefined || tier < best.tier || (tier === best.tier && rttMs < best.rttMs))
      best = { connection, tier, rttMs }
  }
  return best?.connection
}
