import type { HealthAnswer } from '../../shared/schema/coordinator-api.ts'
import type { JoinState } from '../dht/join-state.ts'

export interface HealthFacts {
  nodeId: string
  label: string | undefined
  version: string
  /** TCP port of the peer-to-peer listener; 0 while it is closed. */
  dhtPort: number
  join: JoinState
  /** Whether anybody is configured whom this coordinator should find. */
  hasSomebodyToJoin: boolean
  datastoreWritable: boolean
  draining: boolean
}

/** Whether this coordinator can do its work. Pure. */
export function healthAnswer(facts: HealthFacts): HealthAnswer {
  const { nodeId, label, version, dhtPort, join, draining } = facts
  const dht = join.peers > 0 ? 'joined' : facts.hasSomebodyToJoin ? 'alone' : 'first'
  const checks = { listening: dhtPort !== 0, dht, datastore: facts.datastoreWritable, draining } as const
  const able = checks.listening && checks.datastore && dht !== 'alone'
  return {
    status: draining ? 'draining' : able ? 'ok' : 'unavailable',
    node_id: nodeId,
    coordinator_id: label ?? null,
    version,
    checks,
  }
}
