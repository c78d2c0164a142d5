import type { PeerIdText } from '../../src/shared/schema/primitives.ts'

/** Jobs at once, and as many again may wait: more than are ever under way. */
export const slots = 64

export interface NodePlace {
  peerId: PeerIdText
  addresses: string[]
}

/** What a process of the `routing` benchmark is to be. */
export interface RoutingChildInit {
  answer: 'echo' | 'size'
  /** It serves nothing itself and sends requests there. */
  forwardTo?: NodePlace
}

export type RoutingOrder =
  /** Jobs that begin from now on end only when the process does. */
  | { kind: 'hold'; hold: boolean }
  /** Forgets the highest memory seen so far and says the present one. */
  | { kind: 'mark-rss' }
  | { kind: 'highest-rss' }

export type RoutingWord =
  | ({ kind: 'ready'; url: string; plainUrl: string } & NodePlace)
  /** A job has begun that will not end. */
  | { kind: 'begun' }
  | { kind: 'rss'; mib: number }
