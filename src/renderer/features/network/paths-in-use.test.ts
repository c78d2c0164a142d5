import { describe, expect, it } from 'vitest'
import type { Topology, TopologyEdge } from '../../../shared/schema/topology.ts'
import { pathsInUse, peerPaths } from './paths-in-use.ts'

function topology(edges: TopologyEdge[]): Topology {
  const self = { peerId: 'self', self: true, connected: true, role: 'peer' as const, services: [], lastSeen: 1 }
  return { nodes: [self], edges, ring: [], counts: { connected: 0, known: 0, donating: 0 } }
}

describe('the paths in use', () => {
  it('count the peers on each, with the median of their round trips', () => {
    const edges: TopologyEdge[] = [
      { from: 'self', to: 'a', path: 'relay', rttMs: 90 },
      { from: 'b', to: 'self', path: 'direct', rttMs: 4 },
      { from: 'self', to: 'c', path: 'direct' },
      { from: 'd', to: 'self', path: 'direct', rttMs: 6 },
      { from: 'e', to: 'self', path: 'direct', rttMs: 300 },
    ]
    expect(pathsInUse(topology(edges))).toEqual([
      { path: 'direct', peers: 4, rttMs: 6 },
      { path: 'relay', peers: 1, rttMs: 90 },
    ])
  })

  it('are told by peer, the slowest first', () => {
    const edges: TopologyEdge[] = [
      { from: 'self', to: 'a', path: 'direct', rttMs: 4 },
      { from: 'b', to: 'self', path: 'relay', rttMs: 90 },
      { from: 'self', to: 'c', path: 'vpn' },
    ]
    expect(peerPaths(topology(edges)).map(({ peerId }) => peerId)).toEqual(['b', 'a', 'c'])
  })

  it('leave out what others have with each other, and count a peer once', () => {
    const edges: TopologyEdge[] = [
      { from: 'a', to: 'b', path: 'direct', rttMs: 1 },
      { from: 'self', to: 'a', path: 'vpn' },
      { from: 'a', to: 'self', path: 'vpn' },
    ]
    expect(pathsInUse(topology(edges))).toEqual([{ path: 'vpn', peers: 1, rttMs: undefined }])
  })
})
