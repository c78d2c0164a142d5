import { MemoryDatastore } from 'datastore-core'
import { afterEach, expect, it, vi } from 'vitest'
import { createTestNode, type TestNode, type TestNodeInit } from '../directory/test-network.ts'
import { contactAt } from './contacts.ts'

let nodes: TestNode[] = []

async function start(init: TestNodeInit = {}): Promise<TestNode> {
  const node = await createTestNode(init)
  nodes.push(node)
  await node.start()
  return node
}

afterEach(async () => {
  await Promise.all(nodes.map(node => node.stop()))
  nodes = []
})

const peersOf = (node: TestNode) => node.bootstrap.state.get().peers

it('joins by a configured seed', async () => {
  const seed = await start()
  const node = await start({ seeds: seed.seeds() })
  await vi.waitFor(() => expect(peersOf(node)).toBe(1))
  await vi.waitFor(() =>
    expect(node.bootstrap.state.get().tried).toEqual([
      { source: 'known peers', offered: 0, reached: 0 },
      { source: 'configured seeds', offered: 1, reached: 1 },
    ]),
  )
})

it('says when it tries again while it is alone', async () => {
  const node = await start({ seeds: ['/ip4/127.0.0.1/tcp/1'] })
  await vi.waitFor(() => expect(node.bootstrap.state.get().nextTryAt).toBeGreaterThan(Date.now()))
  expect(node.bootstrap.state.get()).toMatchObject({
    peers: 0,
    tried: [{ offered: 0 }, { offered: 1, reached: 0 }, { offered: 0 }],
  })
})

it('is not stopped by seeds that are no addresses', async () => {
  const seed = await start()
  const node = await start({ seeds: ['/not/an/address', ...seed.seeds()] })
  await vi.waitFor(() => expect(peersOf(node)).toBe(1))
})

it('joins by the peers it knew last time, without any seed', async () => {
  const datastore = new MemoryDatastore()
  const other = await start()
  const node = await createTestNode({ seeds: other.seeds(), datastore })
  await node.start()
  const known = new Promise(resolve => node.host.libp2p.addEventListener('peer:identify', resolve))
  await known
  await node.stop()
  const again = await start({ datastore })
  await vi.waitFor(() => expect(peersOf(again)).toBe(1))
})

it('joins by peers that somebody has named who is gone', async () => {
  const other = await start()
  const addresses = other.host.libp2p.getMultiaddrs().map(address => address.decapsulate('/p2p'))
  const node = await start()
  node.directory.contacts.hear(
    addresses.map(address => contactAt(other.host.peerId.toString(), address, addresses.map(String), false)),
  )
  await vi.waitFor(() => expect(peersOf(node)).toBe(1))
})

it('joins again by itself when all its peers are gone and one comes back', async () => {
  const seed = await start()
  const node = await start({ seeds: seed.seeds() })
  await vi.waitFor(() => expect(peersOf(node)).toBe(1))
  const { port } = seed.host
  await seed.stop()
  await vi.waitFor(() => expect(node.bootstrap.state.get().nextTryAt).toBeDefined())
  // Another identity at the same address: the seed's machine was set up anew. The multiaddr names the old one.
  await start({ port, seeds: node.seeds() })
  await vi.waitFor(() => expect(peersOf(node)).toBe(1))
})

it('fills its table by itself: newcomers get to know each other through one seed', async () => {
  const seed = await start()
  const others = await Promise.all([1, 2, 3, 4].map(() => start({ seeds: seed.seeds() })))
  for (const node of others) await vi.waitFor(() => expect(peersOf(node)).toBe(4))
})
