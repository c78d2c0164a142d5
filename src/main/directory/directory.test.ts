import { afterEach, describe, expect, it, vi } from 'vitest'
import { minute } from '../../shared/units.ts'
import { TurnedClock } from '../clock.ts'
import { coordinatorsKey, relaysKey, serviceKey } from './keys.ts'
import { createTestNode, ocrDraft, startAll, startTestNetwork, type TestNode } from './test-network.ts'
import { testWorker } from './test-records.ts'

let nodes: TestNode[] = []

async function network(count: number, init = {}): Promise<TestNode[]> {
  const started = await startTestNetwork(count, init)
  nodes.push(...started)
  return started
}

afterEach(async () => {
  await Promise.all(nodes.map(node => node.stop()))
  nodes = []
})

async function found(node: TestNode, service = 'ocr'): Promise<string[]> {
  return (await node.directory.finder.findService(service)).map(worker => worker.peerId).sort()
}

const idOf = (node: TestNode) => node.host.peerId.toString()

describe('a network of three nodes', () => {
  it('finds a worker that has announced itself, from every node', async () => {
    const [a, b, c] = (await network(3)) as [TestNode, TestNode, TestNode]
    b.directory.announcer.update(ocrDraft())
    for (const node of [a, b, c]) await vi.waitFor(async () => expect(await found(node)).toEqual([idOf(b)]))
  })

  it('no longer finds a worker once it has left', async () => {
    const [a, b, c] = (await network(3)) as [TestNode, TestNode, TestNode]
    b.directory.announcer.update(ocrDraft())
    await vi.waitFor(async () => expect(await found(a)).toEqual([idOf(b)]))
    await vi.waitFor(async () => expect(await found(c)).toEqual([idOf(b)]))
    await b.directory.announcer.leave()
    for (const node of [a, b, c]) expect(await found(node)).toEqual([])
  })

  it('finds a donor that relays as one, and no longer when it does not', async () => {
    const [a, b, c] = (await network(3)) as [TestNode, TestNode, TestNode]
    const relays = async (node: TestNode) => (await node.directory.finder.find(relaysKey)).map(({ peerId }) => peerId)
    b.directory.announcer.update(ocrDraft({ relays: true }))
    c.directory.announcer.update(ocrDraft())
    await vi.waitFor(async () => expect(await relays(a)).toEqual([idOf(b)]))
    b.directory.announcer.update(ocrDraft())
    await vi.waitFor(async () => expect(await relays(a)).toEqual([]))
  })

  it('hears of a new load and state', async () => {
    const [a, b] = (await network(3)) as [TestNode, TestNode, TestNode]
    b.directory.announcer.update(ocrDraft())
    await vi.waitFor(async () => expect(await found(a)).toEqual([idOf(b)]))
    b.directory.announcer.update(ocrDraft({ state: 'paused', load: 0.7 }))
    await vi.waitFor(async () => {
      const [worker] = await a.directory.finder.findService('ocr')
      expect(worker).toMatchObject({ state: 'paused', load: 0.7 })
    })
  })

  it('tells a node that joins later', async () => {
    const [a, b] = (await network(2)) as [TestNode, TestNode]
    b.directory.announcer.update(ocrDraft())
    await vi.waitFor(async () => expect(await found(a)).toEqual([idOf(b)]))
    const late = await createTestNode({ seeds: a.seeds() })
    nodes.push(late)
    await late.start()
    await vi.waitFor(async () => expect(await found(late)).toEqual([idOf(b)]))
  })
})

it('keeps every one of 50 workers that announce themselves at once', async () => {
  // As many as one asker asks.
  const servers = await network(3)
  const workers = await Promise.all(
    Array.from({ length: 50 }, () => createTestNode({ mode: 'client', seeds: servers.flatMap(node => node.seeds()) })),
  )
  nodes.push(...workers)
  await startAll(workers)
  for (const node of workers) node.directory.announcer.update(ocrDraft())
  const expected = workers.map(idOf).sort()
  for (const node of [...servers, ...workers.slice(0, 5)]) {
    await vi.waitFor(async () => expect(await found(node)).toEqual(expected))
  }
})

it('serves from the moment it becomes a server until it is none any more', async () => {
  const [first] = (await network(1)) as [TestNode]
  const node = await createTestNode({ mode: 'client', seeds: first.seeds() })
  nodes.push(node)
  await startAll([node])
  const self = { peerId: idOf(node) }
  const own = () => node.directory.registrars.of(serviceKey('ocr'))
  const serves = () => node.host.libp2p.getProtocols().includes(node.host.protocols.directory)
  expect(own()).not.toContainEqual(expect.objectContaining(self))
  expect(serves()).toBe(false)
  await node.host.setMode('server')
  expect(own()).toContainEqual(expect.objectContaining(self))
  await vi.waitFor(() => expect(serves()).toBe(true))
  const late = await createTestNode({ mode: 'client', seeds: node.seeds() })
  nodes.push(late)
  await startAll([late])
  late.directory.announcer.update(ocrDraft())
  await vi.waitFor(() => expect(node.directory.registry.size.workers).toBe(1))
  await node.host.setMode('client')
  expect(own()).not.toContainEqual(expect.objectContaining(self))
  await vi.waitFor(() => expect(serves()).toBe(false))
})

it('takes whoever says so for a coordinator in an open network', async () => {
  const [node] = (await network(1)) as [TestNode]
  const worker = await testWorker(1, node.host.networkId)
  const now = Date.now()
  const keys = [coordinatorsKey(), serviceKey('ocr')]
  const announced = { keys, from: worker.peerId, now }
  expect(node.directory.registry.announce(await worker.record({ issuedAt: now }), announced)).toEqual({
    kind: 'ok',
    declined: [],
    full: [],
  })
})

it('forgets expired records by itself', async () => {
  const clock = new TurnedClock()
  const node = await createTestNode({ clock })
  nodes.push(node)
  await node.start()
  const worker = await testWorker(1, node.host.networkId)
  const { registry } = node.directory
  const record = await worker.record({ issuedAt: clock.now(), expiresAt: clock.now() + minute })
  registry.announce(record, { keys: [serviceKey('ocr')], from: worker.peerId, now: clock.now() })
  clock.turn(0.5 * minute)
  expect(registry.size.workers).toBe(1)
  // Until then it could be replayed by somebody whose clock is a minute slow.
  clock.turn(1.5 * minute)
  expect(registry.size).toEqual({ workers: 0, keys: 0, bytes: 0 })
})

it('hands the certificates of workers to who asks for them, in a network with a CA', async () => {
  const learnt: string[] = []
  const certificates = {
    of: (peerId: string) => `certificate of ${peerId}`,
    learn: async (tokens: readonly string[]) => void learnt.push(...tokens),
  }
  const [registrar, asker] = (await network(2, { membership: { certificates } })) as [TestNode, TestNode]
  registrar.directory.announcer.update(ocrDraft())
  await vi.waitFor(async () => expect(await found(asker)).toEqual([idOf(registrar)]))
  expect(learnt).toContain(`certificate of ${idOf(registrar)}`)
})

it('keeps two networks apart on the same machine', async () => {
  const [a] = (await network(1)) as [TestNode]
  const stranger = await createTestNode({ network: 'another', seeds: a.seeds() })
  nodes.push(stranger)
  await stranger.start()
  a.directory.announcer.update(ocrDraft())
  await vi.waitFor(() => expect(stranger.bootstrap.state.get().nextTryAt).toBeDefined())
  expect(stranger.bootstrap.state.get()).toMatchObject({ peers: 0 })
  expect(await found(stranger)).toEqual([])
})
