import { expect, it } from 'vitest'
import type { WorkerView } from '../../shared/schema/worker.ts'
import { minute, second } from '../../shared/units.ts'
import { buildTopology, forgetAfterMs, maxNodes, ringPosition, type TopologyFacts } from './topology.ts'

const now = 1_700_000_000_000

function worker(peerId: string, change: Partial<WorkerView> = {}): WorkerView {
  const queue = { running: 0, waiting: 0, slots: 1, bound: 4 }
  const capabilities = { workerType: 'headless', cpuThreads: 4, memoryMiB: 8_192, gpus: [] } as const
  const record = {
    seq: 1,
    issuedAt: now,
    expiresAt: now + minute,
    services: ['ocr'],
    capabilities: { ...capabilities, gpus: [] },
    load: 0,
    queue,
    state: 'donating' as const,
    addresses: [],
  }
  return { peerId, record, load: 0.5, queue, state: 'donating', updatedAt: now, expiresAt: now + minute, ...change }
}

const build = (facts: Partial<TopologyFacts>) =>
  buildTopology({ self: 'self', links: [], workers: [], lastSeen: new Map(), now, position: () => 0.5, ...facts })

const idsOf = (facts: Partial<TopologyFacts>) => build(facts).nodes.map(node => node.peerId)

it('shows this node first, also when it is alone', () => {
  const topology = build({})
  expect(topology.nodes).toMatchObject([{ peerId: 'self', self: true, connected: false, role: 'peer' }])
  expect(topology.counts).toEqual({ connected: 0, known: 0, donating: 0 })
})

it('draws an edge to each connected peer, with its path and round trip', () => {
  const { nodes, edges, counts } = build({
    links: [
      { peerId: 'a', path: 'direct', rttMs: 3 },
      { peerId: 'b', path: 'relay' },
    ],
    lastSeen: new Map([
      ['a', now],
      ['b', now - second],
    ]),
  })
  expect(nodes.map(node => [node.peerId, node.connected])).toEqual([
    ['self', false],
    ['a', true],
    ['b', true],
  ])
  expect(edges).toEqual([
    { from: 'self', to: 'a', path: 'direct', rttMs: 3 },
    { from: 'self', to: 'b', path: 'relay' },
  ])
  expect(counts).toEqual({ connected: 2, known: 2, donating: 0 })
})

it('shows what a worker announces, oneself included', () => {
  const { nodes, counts } = build({ workers: [worker('self'), worker('a')], lastSeen: new Map([['a', now]]) })
  expect(nodes[1]).toMatchObject({ peerId: 'a', role: 'worker', services: ['ocr'], load: 0.5, state: 'donating' })
  expect(counts.donating).toBe(2)
})

it('shows a coordinator as one, with its place', () => {
  const { record } = worker('a')
  const capabilities = { ...record.capabilities, workerType: 'coordinator' as const }
  const view = worker('a', { record: { ...record, capabilities, location: 'london' } })
  const { nodes } = build({ workers: [view], lastSeen: new Map([['a', now]]) })
  expect(nodes[1]).toMatchObject({ role: 'coordinator', location: 'london' })
})

it('shows a worker that has left as a mere peer', () => {
  const { nodes, counts } = build({ workers: [worker('a', { state: 'left' })], lastSeen: new Map([['a', now]]) })
  expect(nodes[1]).toMatchObject({ peerId: 'a', role: 'peer', services: [] })
  expect(counts.donating).toBe(0)
})

it('shows an expired worker as a mere peer', () => {
  const { nodes } = build({ workers: [worker('a', { expiresAt: now })], lastSeen: new Map([['a', now]]) })
  expect(nodes[1]).toMatchObject({ peerId: 'a', role: 'peer', services: [] })
})

it('forgets who has not been seen for five minutes, unless connected', () => {
  const lastSeen = new Map([
    ['gone', now - forgetAfterMs],
    ['quiet', now - forgetAfterMs],
    ['recent', now - forgetAfterMs + 1],
  ])
  expect(idsOf({ lastSeen, links: [{ peerId: 'quiet', path: 'direct' }] })).toEqual(['self', 'recent', 'quiet'])
})

it('shows at most 5,000 nodes, those seen last', () => {
  const lastSeen = new Map(Array.from({ length: maxNodes + 10 }, (_, age) => [`n${age}`, now - age]))
  const ids = idsOf({ lastSeen })
  expect(ids).toHaveLength(maxNodes)
  expect(ids.slice(0, 2)).toEqual(['self', 'n0'])
})

it('places positions on a ring from 0 up to 1', () => {
  expect(ringPosition(new Uint8Array(32))).toBe(0)
  expect(ringPosition(Uint8Array.from([0x80, ...new Uint8Array(31)]))).toBe(0.5)
  expect(ringPosition(new Uint8Array(32).fill(255))).toBeLessThan(1)
})
