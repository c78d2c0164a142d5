import { day, KiB, minute, second } from '../../shared/units.ts'
import type { InboundLimitsInit } from './inbound-limits.ts'
import type { ConnectionBudget } from './surplus.ts'

/** How much of this machine strangers may take up through libp2p. */
export interface HostLimits {
  maxConnections: number
  /** New connections a second from one IP address. */
  inboundConnectionThreshold: number
  /** Handshakes under way, of everybody. */
  maxIncomingPendingConnections: number
  /** Of one address: what it may take of the two above. */
  ofAddress: InboundLimitsInit
  maxParallelDials: number
  /** When it hangs up on those that nobody needs. */
  budget: ConnectionBudget
  /** Peers whose addresses and protocols are remembered when they are gone, some 600 bytes each. */
  mostPeersRemembered: number
}

/** Twice what the table of a network of 1,000 holds. Others hold connections to this node too, so it cannot be few. */
const donorBudget: ConnectionBudget = { most: 128, wanted: 96, idleMs: 2 * minute }

/** Of a full key 256 workers stay connected, of the table some 50; the rest is for those who ask. */
export const donorLimits: HostLimits = {
  maxConnections: 400,
  inboundConnectionThreshold: 5,
  maxIncomingPendingConnections: 200,
  ofAddress: { pendingOfAddress: 8, ofAddress: 32 },
  maxParallelDials: 50,
  budget: donorBudget,
  mostPeersRemembered: 2_000,
}

/** Many donors may stand behind one address of a provider, and all that comes through a tunnel of its own has one. */
export const coordinatorLimits: HostLimits = {
  maxConnections: 5_000,
  inboundConnectionThreshold: 20,
  maxIncomingPendingConnections: 1_000,
  ofAddress: { pendingOfAddress: 40, ofAddress: 500 },
  maxParallelDials: 50,
  // Where donors hang up on who has nothing to ask, and none of it goes to and fro.
  budget: { most: 1_024, wanted: 768, idleMs: 2 * minute },
  mostPeersRemembered: 20_000,
}

/** For many nodes on one loopback address, which the per-address limits would take for a flood. Tests and benches only. */
export const loopbackSwarmLimits: HostLimits = {
  maxConnections: 5_000,
  inboundConnectionThreshold: 10_000,
  maxIncomingPendingConnections: 5_000,
  ofAddress: { pendingOfAddress: 5_000, ofAddress: 5_000 },
  maxParallelDials: 500,
  budget: donorBudget,
  mostPeersRemembered: 20_000,
}

/** Of its connections; at the limit they come and go. */
const crowdedShare = 15 / 16

/** Whether a node takes hardly any more connections. */
export function isCrowded(connections: number, { maxConnections }: Pick<HostLimits, 'maxConnections'>): boolean {
  return connections >= crowdedShare * maxConnections
}

export const connectionTimeouts = {
  dialTimeout: 5 * second,
  /** One dead address must not use up the time of the others. */
  addressDialTimeout: 2.5 * second,
  inboundUpgradeTimeout: 5 * second,
  inboundStreamProtocolNegotiationTimeout: 5 * second,
  outboundStreamProtocolNegotiationTimeout: 5 * second,
}

export const maxPeerAddrsToDial = 8

/** What a peer may send on a stream before this end has read it. */
const streamWindowBytes = 256 * KiB

/**
 * libp2p's defaults allow 1,000 streams of 4 MiB on each of 300 connections. The window must not grow beyond the buffer:
 * a stream that is not read for a while would be reset.
 */
export const muxerLimits = {
  maxInboundStreams: 64,
  maxOutboundStreams: 64,
  /**
   * Streams that come before this end has finished its part of the handshake: with libp2p's 10, somebody who opens a
   * connection for a burst of requests loses it.
   */
  maxEarlyStreams: 64,
  streamOptions: {
    initialStreamWindowSize: streamWindowBytes,
    maxStreamWindowSize: streamWindowBytes,
    maxReadBufferLength: streamWindowBytes,
  },
}

/** How often an open connection is checked; one that does not answer is closed. */
export const connectionCheckIntervalMs = 2 * minute

/**
 * How long it may take to answer the check. All connections are checked in one moment: a coordinator with thousands has a few seconds of
 * work with that, and libp2p's five would cut off those whose answer waits for it.
 */
export const connectionCheckTimeoutMs = 15 * second

/**
 * Streams for pings on a connection, each way. By itself libp2p takes one, and then its own check of a connection, which needs one, fails
 * while this node measures the connection, and cuts it off with all that is on it.
 */
export const pingStreams = { maxInboundStreams: 8, maxOutboundStreams: 8 }

/**
 * How long addresses are remembered that a peer has told, when it is gone. libp2p's hour counts from when they were told first, so that of a
 * peer that was connected for longer none would be left. How many peers are remembered is bounded.
 */
export const addressesRememberedMs = 1 * day

/** kad-dht's options: buckets of 8, as for our own lookups. The rest is for lookups of its own, which it does not make. */
export const kadOptions = { kBucketSize: 8, allowQueryWithZeroPeers: true }
