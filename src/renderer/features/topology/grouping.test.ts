import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Topology, TopologyEdge, TopologyNode } from '../../../shared/schema/topology.ts'
import { groupsOf, maxGroups, pictureOf, suggestedGrouping, ungroupedUpTo } from './grouping.ts'

function node(peerId: string, extra: Partial<TopologyNode> = {}): TopologyNode {
  return { peerId, self: peerId === 'self', connected: true, role: 'peer', services: [], lastSeen: 1, ...extra }
}

function topology(nodes: TopologyNode[], edges: TopologyEdge[] = []): Topology {
  return { nodes, edges, ring: [], counts: { connected: 0, known: 0, donating: 0 } }
}

const at = (location: string, ...peers: string[]) => peers.map(peer => node(peer, { location }))
const many = (count: number, extra: (index: number) => Partial<TopologyNode>) =>
  Array.from({ length: count }, (_, index) => node(`peer-${index}`, extra(index)))

describe('how a network is grouped', () => {
  it('is not while it is small, by place where most say theirs, else by services', () => {
    const grouping = (count: number, located: number) =>
      suggestedGrouping(topology([node('self'), ...many(count, i => (i < located ? { location: 'leeds' } : {}))]))
    expect(grouping(ungroupedUpTo, ungroupedUpTo)).toBe('none')
    expect(grouping(ungroupedUpTo + 1, ungroupedUpTo)).toBe('place')
    expect(grouping(ungroupedUpTo + 1, 3)).toBe('services')
  })

  it('puts the same services together, in whatever order they are named', () => {
    const nodes = [node('a', { services: ['ocr', 'x-ray'] }), node('b', { services: ['x-ray', 'ocr'] }), node('c')]
    expect(groupsOf(topology(nodes), 'services').map(group => group.members.map(each => each.peerId))).toEqual([
      ['a', 'b'],
    ])
  })

  it('gives every node one place in the picture, and draws nothing to what is not there', () => {
    const nodes = fc.uniqueArray(fc.record({ id: fc.nat(300), place: fc.option(fc.nat(60), { nil: undefined }) }), {
      selector: ({ id }) => id,
    })
    fc.assert(
      fc.property(nodes, fc.array(fc.tuple(fc.nat(300), fc.nat(300))), fc.func(fc.boolean()), (some, pairs, isOpen) => {
        const all = [node('self')]
        for (const { id, place } of some) {
          all.push(node(`peer-${id}`, place === undefined ? {} : { location: `place-${place}` }))
        }
        const edges = pairs.map(([a, b]): TopologyEdge => ({ from: `peer-${a}`, to: `peer-${b}`, path: 'direct' }))
        const groups = groupsOf(topology(all, edges), 'place')
        const open = new Set(groups.map(({ id }) => id).filter(id => isOpen(id)))
        const picture = pictureOf(topology(all, edges), groups, open)
        expect(groups.length).toBeLessThanOrEqual(maxGroups)
        const drawn = picture.items.flatMap(item => {
          if (item.kind === 'node') return item.id
          return item.open ? [] : item.group.members.map(member => member.peerId)
        })
        expect(drawn.sort()).toEqual(all.map(({ peerId }) => peerId).sort())
        const ids = new Set(picture.items.map(({ id }) => id))
        for (const id of picture.shownAs.values()) expect(ids).toContain(id)
        for (const { from, to } of picture.edges) {
          expect(ids).toContain(from)
          expect(ids).toContain(to)
          expect(from < to).toBe(true)
        }
        expect(picture.ties.every(([group, member]) => open.has(group) && ids.has(member))).toBe(true)
      }),
    )
  })
})

describe('edges of a group', () => {
  const nodes = [node('self'), ...at('leeds', 'a', 'b'), ...at('york', 'c', 'd')]
  const edges: TopologyEdge[] = [
    { from: 'self', to: 'a', path: 'relay', rttMs: 40 },
    { from: 'b', to: 'self', path: 'direct', rttMs: 4 },
    { from: 'self', to: 'b', path: 'direct', rttMs: 6 },
    { from: 'a', to: 'b', path: 'direct' },
    { from: 'a', to: 'c', path: 'vpn' },
  ]
  const groups = groupsOf(topology(nodes, edges), 'place')

  it('stand for all its connections to one other, with the kind and time of the fastest', () => {
    const picture = pictureOf(topology(nodes, edges), groups, new Set())
    expect(picture.edges).toEqual([
      { key: 'place:leeds self', from: 'place:leeds', to: 'self', path: 'direct', rttMs: 4, count: 2 },
      { key: 'place:leeds place:york', from: 'place:leeds', to: 'place:york', path: 'vpn', count: 1 },
    ])
  })

  it('are those of its members while it is open', () => {
    const picture = pictureOf(topology(nodes, edges), groups, new Set(['place:leeds']))
    expect(picture.edges.map(({ from, to }) => `${from} ${to}`).sort()).toEqual([
      'a b',
      'a place:york',
      'a self',
      'b self',
    ])
    expect(picture.ties).toEqual([
      ['place:leeds', 'a'],
      ['place:leeds', 'b'],
    ])
  })
})
