import type { PeerIdText } from '../../src/shared/schema/primitives.ts'
import type { Milliseconds } from '../../src/shared/units.ts'
import type { CountedLookup } from './counted-lookup.ts'

/** What a process with real nodes is to hold. */
export interface RealChildInit {
  nodes: number
  /** Of which so many can be reached by others; the rest are clients. */
  serverShare: number
  /** Multiaddrs, with the peer id, of a node to join by. */
  seeds: string[]
}

export type RealOrder =
  | { kind: 'announce'; withinMs: Milliseconds }
  | { kind: 'standing' }
  | { kind: 'find'; node: number; restMs: Milliseconds }
  | { kind: 'look-up'; node: number }

/** One node as it stands. */
export interface RealStanding {
  peerId: PeerIdText
  isServer: boolean
  connections: number
  /** Registrars that hold its record. */
  heldBy: number
  /** Workers that it keeps under the key of the service. */
  keeps: number
}

export interface RealFind {
  found: number
  tookMs: Milliseconds
  /** Frames that were sent for it, and bytes of their answers, also in the time after its own answer. */
  questions: number
  answerBytes: number
}

export type RealWord =
  | { kind: 'ready'; seeds: string[] }
  | { kind: 'done' }
  | { kind: 'standing'; nodes: RealStanding[]; rssMiB: number }
  | ({ kind: 'found' } & RealFind)
  | ({ kind: 'looked-up' } & CountedLookup)
