import { describe, expect, it } from 'vitest'
import type { Topology, TopologyNode } from '../../../shared/schema/topology.ts'
import { toScreen, toWorld, zoomAt } from './geometry.ts'
import { applyPicture, createNetworkGraph, type NetworkGraph } from './graph-model.ts'
import { pictureOf } from './grouping.ts'
import { LayoutSimulation } from './layout-simulation.ts'
import { foundIn, openFilter, servicesIn } from './node-filter.ts'
import { nodeRows, sortRows } from './node-row.ts'
import { type Pins, pinLimit, readPins, withPin } from './pins.ts'
import { placeNodes } from './placement.ts'

function node(peerId: string, extra: Partial<TopologyNode> = {}): TopologyNode {
  return { peerId, self: peerId === 'self', connected: true, role: 'peer', services: [], lastSeen: 1, ...extra }
}

function topology(nodes: TopologyNode[], edges: Topology['edges']): Topology {
  return { nodes, edges, ring: [], counts: { connected: 0, known: 0, donating: 0 } }
}

const apply = (graph: NetworkGraph, shown: Topology) => applyPicture(graph, pictureOf(shown, [], new Set()))

describe('the graph of the network', () => {
  it('reports who came and went, and nothing when only values changed', () => {
    const graph = createNetworkGraph()
    const edges: Topology['edges'] = [{ from: 'self', to: 'a', path: 'direct', rttMs: 4 }]
    expect(apply(graph, topology([node('self'), node('a')], edges)).structural).toBe(true)
    expect(apply(graph, topology([node('self'), node('a', { load: 0.5 })], edges)).structural).toBe(false)
    expect(apply(graph, topology([node('self'), node('b')], []))).toEqual({
      added: ['b'],
      removed: ['a'],
      structural: true,
    })
  })

  it('keeps one edge of two reports, the faster one, and none to unknown nodes', () => {
    const graph = createNetworkGraph()
    apply(
      graph,
      topology(
        [node('self'), node('a')],
        [
          { from: 'self', to: 'a', path: 'relay', rttMs: 40 },
          { from: 'a', to: 'self', path: 'direct', rttMs: 4 },
          { from: 'self', to: 'stranger', path: 'direct' },
        ],
      ),
    )
    expect(graph.mapEdges((_key, edge) => edge)).toEqual([{ path: 'direct', rttMs: 4, count: 1 }])
  })
})

describe('places of nodes', () => {
  it('stay for those that are known, whatever comes', () => {
    const known = new Map([['a', { x: 100, y: 50 }]])
    const places = placeNodes({ ids: ['self', 'a', 'b'], links: [[1, 2]], ties: [], held: [], self: 'self' }, known)
    expect(places[0]).toEqual({ x: 0, y: 0 })
    expect(places[1]).toEqual({ x: 100, y: 50 })
    expect(Math.hypot((places[2]?.x ?? 0) - 100, (places[2]?.y ?? 0) - 50)).toBeCloseTo(26)
  })

  it('move little when one node joins a settled layout', () => {
    const ids = ['self', ...Array.from({ length: 12 }, (_, index) => `peer-${index}`)]
    const links = ids.slice(1).map((_, index): [number, number] => [0, index + 1])
    const simulation = new LayoutSimulation()
    simulation.load({ version: 1, ids, links, ties: [], held: [], self: 'self', radii: ids.map(() => 8) })
    while (!simulation.step());
    const before = simulation.positions()
    const grown = [...ids, 'newcomer']
    simulation.load({
      version: 2,
      ids: grown,
      links: [...links, [0, 13]],
      ties: [],
      held: [],
      self: 'self',
      radii: grown.map(() => 8),
    })
    while (!simulation.step());
    const after = simulation.positions()
    expect([after[0], after[1]]).toEqual([0, 0])
    const moves = ids.map((_, index) =>
      Math.hypot(
        (after[2 * index] ?? 0) - (before[2 * index] ?? 0),
        (after[2 * index + 1] ?? 0) - (before[2 * index + 1] ?? 0),
      ),
    )
    expect(Math.max(...moves)).toBeLessThan(60)
  })
})

describe('the camera', () => {
  const size = { width: 800, height: 600 }

  it('keeps what is under the pointer there while it zooms', () => {
    const anchor = { x: 120, y: 400 }
    const camera = { x: 10, y: -20, scale: 0.8 }
    const world = toWorld(anchor, camera, size)
    const place = toScreen(world, zoomAt(camera, 1.7, anchor, size), size)
    expect(place.x).toBeCloseTo(anchor.x)
    expect(place.y).toBeCloseTo(anchor.y)
  })
})

describe('the table of nodes', () => {
  const rows = nodeRows(
    topology(
      [node('self'), node('a', { load: 0.9 }), node('b', { load: 0.1 }), node('c')],
      [
        { from: 'self', to: 'a', path: 'relay', rttMs: 40 },
        { from: 'b', to: 'self', path: 'direct', rttMs: 4 },
      ],
    ),
  )
  const order = (column: 'latency' | 'load', direction: 'ascending' | 'descending') =>
    sortRows(rows, { column, direction }).map(row => row.node.peerId)

  it('sorts both ways and puts unknown values last each time', () => {
    expect(order('latency', 'ascending').slice(1, 3)).toEqual(['b', 'a'])
    expect(order('load', 'descending')).toEqual(['self', 'a', 'b', 'c'])
  })

  it('keeps this machine, then pinned nodes before all others', () => {
    const sorted = sortRows(rows, { column: 'load', direction: 'descending' }, id => id === 'c')
    expect(sorted.map(row => row.node.peerId)).toEqual(['self', 'c', 'a', 'b'])
  })
})

describe('the filter of nodes', () => {
  const network = topology(
    [
      node('self'),
      node('a', { role: 'worker', state: 'donating', services: ['ocr'], location: 'leeds' }),
      node('b', { role: 'worker', state: 'paused', services: ['ocr', 'chat'], connected: false }),
      node('c', { role: 'coordinator' }),
    ],
    [
      { from: 'self', to: 'a', path: 'relay', rttMs: 40 },
      { from: 'self', to: 'c', path: 'direct', rttMs: 4 },
    ],
  )
  const found = (filter: Partial<typeof openFilter>) => [...(foundIn(network, { ...openFilter, ...filter }) ?? [])]

  it('finds a node by every word of a search, and everybody without one', () => {
    expect(found({ search: 'LEEDS ocr' })).toEqual(['a'])
    expect(found({ search: 'leeds chat' })).toEqual([])
    expect(found({ search: 'read documents' })).toEqual(['a', 'b'])
    expect(foundIn(network, { ...openFilter, search: ' ' })).toBeUndefined()
  })

  it('takes any of the choices of a kind, and all kinds together', () => {
    expect(found({ roles: ['worker', 'coordinator'] })).toEqual(['a', 'b', 'c'])
    expect(found({ roles: ['worker'], states: ['paused'] })).toEqual(['b'])
    expect(found({ states: ['none'] })).toEqual(['self', 'c'])
    expect(found({ paths: ['relay', 'none'] })).toEqual(['a', 'b'])
    expect(found({ services: ['chat', 'ocr'] })).toEqual(['a', 'b'])
  })

  it('offers the services of most nodes first', () => {
    expect(servicesIn(network)).toEqual(['ocr', 'chat'])
  })
})

describe('an open group', () => {
  it('stands beside this machine, its members closer to its mark than to anything else', () => {
    const members = Array.from({ length: 125 }, (_, index) => index + 3)
    const simulation = new LayoutSimulation()
    simulation.load({
      version: 1,
      ids: ['self', 'bubble', 'mark', ...members.map(index => `member-${index}`)],
      links: [
        [0, 1],
        ...members.flatMap((member): [number, number][] => [
          [0, member],
          [1, member],
        ]),
      ],
      ties: members.map((member): [number, number] => [2, member]),
      held: [],
      self: 'self',
      radii: [11, 60, 8, ...members.map(() => 6)],
    })
    while (!simulation.step());
    const positions = simulation.positions()
    const place = (index: number) => ({ x: positions[2 * index] ?? 0, y: positions[2 * index + 1] ?? 0 })
    const distance = (a: number, b: number) => Math.hypot(place(a).x - place(b).x, place(a).y - place(b).y)
    const closer = members.filter(member => distance(member, 2) < distance(member, 1))
    const beside = members.filter(member => distance(member, 2) < distance(0, 2))
    expect([closer.length, beside.length].every(count => count > 0.9 * members.length)).toBe(true)
  })
})

describe('pinned nodes', () => {
  it('stay where they were put, whatever pulls at them', () => {
    const simulation = new LayoutSimulation()
    simulation.load({
      version: 1,
      ids: ['self', 'a', 'b'],
      links: [
        [0, 1],
        [0, 2],
      ],
      ties: [],
      held: [[1, { x: 400, y: -300 }]],
      self: 'self',
      radii: [8, 8, 8],
    })
    while (!simulation.step());
    expect([...simulation.positions().slice(2, 4)]).toEqual([400, -300])
  })

  it('are few, and forgotten where the browser holds something else', () => {
    let pins: Pins = new Map()
    for (let index = 0; index <= pinLimit; index++) pins = withPin(pins, `peer-${index}`, { x: index, y: 0 })
    expect([pins.size, pins.has('peer-0')]).toEqual([pinLimit, false])
    expect(withPin(pins, 'peer-7', undefined).has('peer-7')).toBe(false)
    for (const kept of ['nonsense', '[["a", "b", 1]]', null]) expect(readPins({ getItem: () => kept }).size).toBe(0)
    expect(readPins({ getItem: () => '[["a",1,2]]' })).toEqual(new Map([['a', { x: 1, y: 2 }]]))
  })
})
