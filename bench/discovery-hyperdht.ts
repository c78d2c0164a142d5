import { randomBytes } from 'node:crypto'
import HyperDHT from 'hyperdht'
import createTestnet from 'hyperdht/testnet.js'
import { type BenchmarkOptions, median } from './benchmark.ts'
import { elapsed } from './timing.ts'

const rounds = 20

/** Median time to find the ids of `workers` announcers of a topic: ids only, there are no records to check. */
export async function measureHyperdht(
  size: number,
  workers: number,
  { repeats, signal }: BenchmarkOptions,
): Promise<number> {
  const testnet = await createTestnet(size)
  try {
    const topic = randomBytes(32)
    for (const node of testnet.nodes.slice(0, workers)) {
      signal.throwIfAborted()
      await node.announce(topic, HyperDHT.keyPair()).finished()
    }
    const asker = testnet.nodes.at(-1) ?? testnet.nodes[0]
    const times: number[] = []
    for (let round = 0; round < rounds * repeats; round++) times.push(await elapsed(() => lookUp(asker, topic)))
    return median(times)
  } finally {
    await testnet.destroy()
  }
}

async function lookUp(asker: HyperDHT, topic: Buffer): Promise<number> {
  const found = new Set<string>()
  for await (const { peers } of asker.lookup(topic)) {
    for (const { publicKey } of peers) found.add(publicKey.toString('hex'))
  }
  return found.size
}
