import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Hearsay, maxHeardEdges, maxHeardNodes, withHearsay } from './hearsay.ts'
import type { Neighbour } from './neighbours-frames.ts'
import { buildTopology, forgetAfterMs } from './topology.ts'

const now = 1_700_000_000_000
const position = () => 0.5
const context = { self: 'self', now, position }

/** This node, connected with `peers`. */
const seen = (...peers: string[]) =>
  buildTopology({
    self: 'self',
    links: peers.map(peerId => ({ peerId, path: 'direct', rttMs: 1 })),
    workers: [],
    lastSeen: new Map(peers.map(peerId => [peerId, now])),
    now,
    position,
  })

const neighbour = (peer: string): Neighbour => ({ peer, path: 'direct', rttMs: 7 })
const said = (from: string, peers: string[], heardAt = now): Hearsay => ({
  from,
  neighbours: peers.map(neighbour),
  heardAt,
})

describe('what others say of their connections', () => {
  it('adds the nodes and edges that this node does not see itself', () => {
    const topology = withHearsay(seen('a'), [said('a', ['b'], now - 1)], context)
    expect(topology.nodes.map(node => [node.peerId, node.connected, node.lastSeen])).toEqual([
      ['self', false, now],
      ['a', true, now],
      ['b', false, now - 1],
    ])
    expect(topology.edges).toEqual([
      { from: 'self', to: 'a', path: 'direct', rttMs: 1 },
      { from: 'a', to: 'b', path: 'direct', rttMs: 7 },
    ])
    expect(topology.ring.map(({ peerId }) => peerId)).toEqual(['self', 'a', 'b'])
    expect(topology.counts).toEqual({ connected: 1, known: 2, donating: 0 })
  })

  it('says nothing of this node’s own connections, and nothing of a peer with itself', () => {
    const topology = withHearsay(seen('a'), [said('a', ['self', 'a'])], context)
    expect(topology).toEqual(seen('a'))
  })

  it('changes nothing that this node sees itself', () => {
    const own = seen('a', 'b')
    const { nodes, edges } = withHearsay(own, [said('a', ['b', 'c']), said('b', ['a'])], context)
    expect(nodes.slice(0, own.nodes.length)).toEqual(own.nodes)
    expect(edges.slice(0, own.edges.length)).toEqual(own.edges)
  })

  it('draws one edge for a connection that both ends tell of, as it was told last', () => {
    const newest = { from: 'b', neighbours: [{ peer: 'a', path: 'relay' as const }], heardAt: now }
    const { edges } = withHearsay(seen('a', 'b'), [said('a', ['b'], now - 5), newest], context)
    expect(edges.slice(2)).toEqual([{ from: 'b', to: 'a', path: 'relay' }])
  })

  it('is forgotten after five minutes, and when its speaker is', () => {
    expect(withHearsay(seen('a'), [said('a', ['b'], now - forgetAfterMs)], context)).toEqual(seen('a'))
    expect(withHearsay(seen('a'), [said('gone', ['b'])], context)).toEqual(seen('a'))
  })

  it('is bounded, whatever is made up', () => {
    const speakers = Array.from({ length: 64 }, (_, index) => `p${index}`)
    const made = speakers.map(from =>
      said(
        from,
        Array.from({ length: 256 }, (_, index) => `${from}-${index}`),
      ),
    )
    const invented = withHearsay(seen(...speakers), made, context)
    expect(invented.nodes).toHaveLength(1 + speakers.length + maxHeardNodes)
    const everybody = invented.nodes.map(node => node.peerId).slice(65, 65 + 256)
    const dense = withHearsay(
      seen(...speakers),
      speakers.map(from => said(from, everybody)),
      context,
    )
    expect(dense.edges).toHaveLength(speakers.length + maxHeardEdges)
  })

  it('never makes two nodes of one peer, two edges of one pair, or an edge to nobody', () => {
    const ids = fc.constantFrom('self', 'a', 'b', 'c', 'd', 'e')
    const hearsay = fc.record({ from: ids, neighbours: fc.array(ids.map(neighbour)), heardAt: fc.constant(now) })
    fc.assert(
      fc.property(fc.array(hearsay), all => {
        const { nodes, edges, ring, counts } = withHearsay(seen('a', 'b'), all, context)
        const peers = nodes.map(node => node.peerId)
        expect(new Set(peers).size).toBe(peers.length)
        expect(ring.map(each => each.peerId)).toEqual(peers)
        expect(counts.known).toBe(peers.length - 1)
        expect(new Set(edges.map(({ from, to }) => [from, to].sort().join())).size).toBe(edges.length)
        for (const { from, to } of edges) expect(peers).toEqual(expect.arrayContaining([from, to]))
      }),
    )
  })
})
