import { afterEach, describe, expect, it, vi } from 'vitest'
import { createTestNode, ocrDraft, startAll, startTestNetwork, type TestNode } from './test-network.ts'

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
    for (const node of [a, b, c]) await vi.waitFor(async () => expect(await found(node)).toEqual([idOf(b)]), 5_000)
  })

  it('no longer finds a worker once it has left', async () => {
    const [a, b, c] = (await network(3)) as [TestNode, TestNode, TestNode]
    b.directory.announcer.update(ocrDraft())
    await vi.waitFor(async () => expect(await found(a)).toEqual([idOf(b)]), 5_000)
    await vi.waitFor(async () => expect(await found(c)).toEqual([idOf(b)]), 5_000)
    await b.directory.announcer.leave()
    for (const node of [a, b, c]) expect(await found(node)).toEqual([])
  })

  it('hears of a new load and state', async () => {
    const [a, b] = (await network(3)) as [TestNode, TestNode, TestNode]
    b.directory.announcer.update(ocrDraft())
    await vi.waitFor(async () => expect(await found(a)).toEqual([idOf(b)]), 5_000)
    b.directory.announcer.update(ocrDraft({ state: 'paused', load: 0.7 }))
    await vi.waitFor(async () => {
      const [worker] = await a.directory.finder.findService('ocr')
      expect(worker).toMatchObject({ state: 'paused', load: 0.7 })
    }, 5_000)
  })

  it('tells a node that joins later', async () => {
    const [a, b] = (await network(2)) as [TestNode, TestNode]
    b.directory.announcer.update(ocrDraft())
    await vi.waitFor(async () => expect(await found(a)).toEqual([idOf(b)]), 5_000)
    const late = await createTestNode({ seeds: a.seeds() })
    nodes.push(late)
    await late.start()
    await vi.waitFor(async () => expect(await found(late)).toEqual([idOf(b)]), 5_000)
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
    await vi.waitFor(async () => expect(await found(node)).toEqual(expected), 20_000)
  }
}, 60_000)

it('keeps two networks apart on the same machine', async () => {
  const [a] = (await network(1)) as [TestNode]
  const stranger = await createTestNode({ network: 'another', seeds: a.seeds() })
  nodes.push(stranger)
  await stranger.start()
  a.directory.announcer.update(ocrDraft())
  await vi.waitFor(() => expect(stranger.bootstrap.state.get().nextTryAt).toBeDefined(), 5_000)
  expect(stranger.bootstrap.state.get()).toMatchObject({ peers: 0 })
  expect(await found(stranger)).toEqual([])
})
