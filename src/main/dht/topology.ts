import type { PeerIdText } from '../../shared/schema/primitives.ts'
import type { Topology, TopologyEdge, TopologyNode } from '../../shared/schema/topology.ts'
import type { WorkerView } from '../../shared/schema/worker.ts'
import { type Milliseconds, minute } from '../../shared/units.ts'
import type { ConnectionPath } from '../paths/path-kind.ts'

/** What has not been seen for this long leaves the view. */
export const forgetAfterMs = 5 * minute
/** Most nodes that are shown; those seen last stay. */
export const maxNodes = 5_000

/** An open connection of this node. */
export interface Link {
  peerId: PeerIdText
  path: ConnectionPath
  rttMs?: Milliseconds | undefined
}

export interface TopologyFacts {
  self: PeerIdText
  links: Link[]
  /** Workers the directory named, this node included where it donates. */
  workers: WorkerView[]
  /** When each peer was last connected or named, on this node's clock. */
  lastSeen: ReadonlyMap<PeerIdText, Milliseconds>
  now: Milliseconds
  /** A peer's place on the key-space ring, 0 up to 1. */
  position(peerId: PeerIdText): number
}

/** The network as this node sees it. Pure: same facts, same picture; this node first, then those seen last. */
export function buildTopology(facts: TopologyFacts): Topology {
  const { self, links, now, lastSeen } = facts
  const linked = new Set(links.map(link => link.peerId))
  const workers = new Map(facts.workers.filter(worker => worker.expiresAt > now).map(view => [view.peerId, view]))
  const seen = [...lastSeen]
    .filter(([peerId, at]) => peerId !== self && (linked.has(peerId) || at > now - forgetAfterMs))
    .sort(([, a], [, b]) => b - a)
    .slice(0, maxNodes - 1)
  const nodes = [[self, now] as const, ...seen].map(([peerId, at]) =>
    nodeOf(peerId, { worker: workers.get(peerId), self: peerId === self, connected: linked.has(peerId), lastSeen: at }),
  )
  const shown = new Set(nodes.map(node => node.peerId))
  return {
    nodes,
    edges: links.filter(link => shown.has(link.peerId)).map(link => edgeOf(self, link)),
    ring: nodes.map(({ peerId }) => ({ peerId, position: facts.position(peerId) })),
    counts: {
      connected: nodes.filter(node => node.connected).length,
      known: nodes.length - 1,
      donating: nodes.filter(node => node.state === 'donating').length,
    },
  }
}

interface NodeFacts {
  worker: WorkerView | undefined
  self: boolean
  connected: boolean
  lastSeen: Milliseconds
}

function nodeOf(peerId: PeerIdText, { worker, ...facts }: NodeFacts): TopologyNode {
  if (worker === undefined || worker.state === 'left') return { peerId, ...facts, role: 'peer', services: [] }
  const { services, capabilities, location } = worker.record
  return {
    peerId,
    ...facts,
    role: capabilities.workerType === 'coordinator' ? 'coordinator' : 'worker',
    state: worker.state,
    services,
    capabilities,
    load: worker.load,
    ...(location === undefined ? {} : { location }),
  }
}

function edgeOf(self: PeerIdText, { peerId, path, rttMs }: Link): TopologyEdge {
  return { from: self, to: peerId, path, ...(rttMs === undefined ? {} : { rttMs }) }
}

const ringDigits = 2 ** 48

/** Place on the ring, 0 up to 1, from a position in the key space: its first 48 bits as a share of the whole. */
export function ringPosition(position: Uint8Array): number {
  return Buffer.from(position.buffer, position.byteOffset, 6).readUIntBE(0, 6) / ringDigits
}
