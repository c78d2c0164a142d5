import { isDeepStrictEqual } from 'node:util'
import type { PeerIdText } from '../../shared/schema/primitives.ts'
import type { WorkerRecord } from '../../shared/schema/worker.ts'
import { type Milliseconds, second } from '../../shared/units.ts'
import type { KeyText } from './keys.ts'
import type { RecordHash } from './record.ts'

/** What a worker wants known of itself. */
export type RecordDraft = Omit<WorkerRecord, 'seq' | 'issuedAt' | 'expiresAt' | 'addresses'>

/** A move of the load at least this large is announced at once. */
const loadMove = 0.2
/** But not more often than this. */
const minLoadIntervalMs = 5 * second

export interface Timing {
  heartbeatIntervalMs: Milliseconds
  /** How long a record lives. */
  workerTtlMs: Milliseconds
}

/** The last thing this node has signed. */
export interface Said {
  record: WorkerRecord
  /** Where this node could be reached then: the record names as many of these as it has room for. */
  addresses: readonly string[]
  recordHash: RecordHash
  recordBytes: Uint8Array
  /** The newest of the record's and its renewals'. */
  seq: number
  load: number
  state: WorkerRecord['state']
  renewalBytes?: Uint8Array
  saidAt: Milliseconds
}

/** What a registrar has accepted. */
export interface Holding {
  recordHash: RecordHash
  seq: number
  keys: readonly KeyText[]
  /** When it forgets the record unless it hears another. */
  expiresAt: Milliseconds
  /** It declined all of the keys: it knows servers that are closer to them. It is asked again with the next record. */
  declined?: boolean
}

/** The clock is corrected when others' clocks become known: what was dated later than this from now was dated wrongly. */
const clockStepMs = 5 * second

/** Whole records are repeated at half their life, so that one that gets lost does not end it. */
const recordInterval = ({ workerTtlMs }: Timing) => workerTtlMs / 2

/**
 * What there is to say now: a whole record when anything but load, queue and state changed, when half its life is over,
 * or when the clock by which it was dated has been set back.
 */
export function dueStatement(
  draft: RecordDraft,
  addresses: readonly string[],
  said: Said | undefined,
  now: Milliseconds,
  timing: Timing,
): 'record' | 'renewal' | 'nothing' {
  if (said === undefined || !isDeepStrictEqual(lasting(draft, addresses), lasting(said.record, said.addresses)))
    return 'record'
  if (hasLeft(draft, said)) return 'nothing'
  if (now >= said.record.issuedAt + recordInterval(timing)) return 'record'
  if (now < said.saidAt - clockStepMs) return 'record'
  // Neither leaving nor coming back can be said by a renewal.
  if (draft.state !== said.state) return draft.state === 'left' || said.state === 'left' ? 'record' : 'renewal'
  if (now >= said.saidAt + timing.heartbeatIntervalMs) return 'renewal'
  const moved = Math.abs(draft.load - said.load) >= loadMove
  return moved && now >= said.saidAt + minLoadIntervalMs ? 'renewal' : 'nothing'
}

/** Leaving is a worker's last word: it is repeated to whoever did not hear it, but not renewed. */
const hasLeft = (draft: RecordDraft, said: Said) => draft.state === 'left' && said.state === 'left'

/** When there may be something to say although nobody calls. */
export function nextStatementAt(draft: RecordDraft, said: Said, timing: Timing): Milliseconds {
  if (hasLeft(draft, said)) return said.record.expiresAt
  const moved = Math.abs(draft.load - said.load) >= loadMove
  return Math.min(
    said.saidAt + (moved ? minLoadIntervalMs : timing.heartbeatIntervalMs),
    said.record.issuedAt + recordInterval(timing),
  )
}

/** What a registrar still has to hear. */
export function duePost(
  holding: Holding | undefined,
  said: Said,
  keys: readonly KeyText[],
): 'announce' | 'renew' | 'nothing' {
  if (holding?.recordHash !== said.recordHash || !keys.every(key => holding.keys.includes(key))) return 'announce'
  return holding.seq < said.seq && holding.declined !== true ? 'renew' : 'nothing'
}

/**
 * Who has to hear of the record, with the keys each is to keep it under: the registrars of each key, and whoever keeps
 * it under a key it has lost.
 */
export function audience(
  registrars: ReadonlyMap<KeyText, readonly PeerIdText[]>,
  holdings: ReadonlyMap<PeerIdText, Holding>,
): Map<PeerIdText, KeyText[]> {
  const audience = new Map<PeerIdText, KeyText[]>()
  for (const [key, peers] of registrars) {
    for (const peer of peers) {
      const keys = audience.get(peer)
      if (keys === undefined) audience.set(peer, [key])
      else keys.push(key)
    }
  }
  for (const [peer, holding] of holdings) {
    if (!audience.has(peer) && holding.keys.some(key => !registrars.has(key))) audience.set(peer, [])
  }
  return audience
}

/** The part of a record that renewals cannot change. */
function lasting(record: RecordDraft, addresses: readonly string[]) {
  const { services, choices, capabilities, vpnIp, tunnelUrl, location, relays } = record
  return { services, choices, capabilities, vpnIp, tunnelUrl, location, relays, addresses }
}
