/**
 * What an attacker does, from an address of its own:
 * - `connections`: opens them as fast as it can, and says nothing;
 * - `slow-loris`: says one byte of the handshake a second;
 * - `members`: finishes the handshake again and again, each time as somebody else, and holds on to what it gets;
 * - `streams`: opens as many streams of each protocol as it can, and says nothing on them;
 * - `announces`: announces workers, each with its own key, faster than a peer may;
 * - `finds`: asks for more than it may, and does not wait for answers;
 * - `requests`: sends requests for a service, more at once than it may, and gives up half of them.
 */
export const floods = ['connections', 'slow-loris', 'members', 'streams', 'announces', 'finds', 'requests'] as const
export type Flood = (typeof floods)[number]

export const floodedService = 'letters'

export interface VictimInit {
  listen: string
}

export type VictimWord =
  | { kind: 'ready'; peerId: string; addresses: string[] }
  | { kind: 'figures'; rssMiB: number; connections: number; records: number; resources: number; fds: number }

export interface AttackInit {
  flood: Flood
  peerId: string
  /** Without the peer id. */
  address: { host: string; port: number }
  /** Loopback addresses that it speaks from. */
  from: string[]
}

export type AttackWord = { kind: 'begun' } | { kind: 'figures'; attempts: number; refused: number }
