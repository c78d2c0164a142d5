import type { PathKind, PeerIdText } from '../../src/shared/schema/primitives.ts'

/** Jobs at once, and as many again may wait: more than are ever under way. */
export const slots = 64

/** Where a node of the benchmark can be reached, as its record would say it. */
export interface NodePlace {
  peerId: PeerIdText
  addresses: string[]
  vpnIp?: string
  tunnelUrl?: string
}

/** What a process of the `routing` benchmark is to be. */
export interface RoutingChildInit {
  answer: 'echo' | 'size'
  /** It serves nothing itself and sends requests there. */
  forwardTo?: NodePlace
  /** Address and port for other nodes. Default: a free port of 127.0.0.1. */
  listen?: { ip: string; port: number }
  /** Relays for those that cannot be reached. */
  relays?: boolean
  /** It cannot be reached but through this one. */
  behind?: NodePlace
}

export type RoutingOrder =
  /** Jobs that begin from now on end only when the process does. */
  | { kind: 'hold'; hold: boolean }
  /** Forgets the highest memory seen so far and says the present one. */
  | { kind: 'mark-rss' }
  | { kind: 'highest-rss' }
  /** Sends so many requests to that worker, one after the other. */
  | { kind: 'ask'; worker: NodePlace; requests: number }

export type RoutingWord =
  /** `url` is for programs on this machine, `doorUrl` for what comes through a tunnel. */
  | ({ kind: 'ready'; url: string; plainUrl: string; doorUrl: string } & NodePlace)
  /** A job has begun that will not end. */
  | { kind: 'begun' }
  | { kind: 'rss'; mib: number }
  /** How long each took, and the ways they went. */
  | { kind: 'asked'; times: number[]; paths: PathKind[] }
