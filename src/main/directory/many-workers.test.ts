import { afterEach, describe, expect, it, vi } from 'vitest'
import { peerPosition, serviceKey, shardOf } from './keys.ts'
import { ocrDraft, startTestNetwork, type TestNode } from './test-network.ts'

const workersPerKey = 2
let nodes: TestNode[] = []

afterEach(async () => {
  await Promise.all(nodes.map(node => node.stop()))
  nodes = []
})

/** Asks for each shard once; three of its registrars answer, and each of them may know others. */
async function look({ directory }: TestNode, shards: Iterable<string>, seen: Set<string>): Promise<void> {
  const found = await Promise.all([...shards].map(shard => directory.finder.find(serviceKey('ocr', shard))))
  for (const { peerId } of found.flat()) seen.add(peerId)
}

describe('a service with more workers than one key has room for', () => {
  it('spreads them over shards, and every one of them is found', async () => {
    nodes = await startTestNetwork(7, { workersPerKey })
    for (const { directory } of nodes) directory.announcer.update(ocrDraft())
    const [asker] = nodes as [TestNode]
    const all = nodes.map(({ host }) => host.peerId.toString()).sort()
    const shards = new Set(all.flatMap(peerId => [0, 1, 2].map(digits => shardOf(peerPosition(peerId), digits))))
    const seen = new Set<string>()
    await vi.waitFor(async () => {
      await look(asker, shards, seen)
      expect([...seen].sort()).toEqual(all)
    })
    for (const { directory } of nodes) expect(directory.registry.size.workers).toBeLessThanOrEqual(all.length)
    const under = (key: string) =>
      asker.directory.registry.find(key, { limit: 50, now: Date.now(), random: Math.random })
    expect(under(serviceKey('ocr'))).toMatchObject({ total: workersPerKey, full: true })

    // Whoever asks for the service is named some of them, and others by looking elsewhere.
    expect((await asker.directory.finder.findService('ocr')).length).toBeGreaterThan(0)
    const named = new Set<string>()
    await vi.waitFor(async () => {
      for (const { peerId } of await asker.directory.finder.findService('ocr', { elsewhere: true })) named.add(peerId)
      expect([...named].sort()).toEqual(all)
    })
  })
})
