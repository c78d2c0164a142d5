import { identify } from '@libp2p/identify'
import type { Libp2p } from '@libp2p/interface'
import { type KadDHT, kadDHT } from '@libp2p/kad-dht'
import { noise } from '@libp2p/noise'
import { ping } from '@libp2p/ping'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { createLibp2p } from 'libp2p'
import { CID } from 'multiformats/cid'
import { sha256 } from 'multiformats/hashes/sha2'
import { loopbackSwarmLimits } from '../src/main/dht/limits.ts'
import { second } from '../src/shared/units.ts'
import { type BenchmarkOptions, median } from './benchmark.ts'
import { elapsed } from './timing.ts'

const rounds = 3
const joinedAtOnce = 5
const queryTimeoutMs = 30 * second

type KadNode = Libp2p<{ dht: KadDHT }>

/** Median time to find the ids of 20 providers (kad-dht stops there), with kad-dht's own settings: ids only. */
export async function measureKad(size: number, workers: number, options: BenchmarkOptions): Promise<number> {
  const nodes: KadNode[] = [await startNode()]
  const [first] = nodes
  if (first === undefined) throw new Error('expected a node')
  try {
    while (nodes.length < size) {
      options.signal.throwIfAborted()
      const batch = await Promise.all(Array.from({ length: Math.min(joinedAtOnce, size - nodes.length) }, startNode))
      await Promise.all(batch.map(node => node.dial(first.getMultiaddrs())))
      nodes.push(...batch)
    }
    const cid = CID.createV1(0x55, await sha256.digest(new TextEncoder().encode('service:ocr')))
    for (let index = 1; index <= workers; index += joinedAtOnce)
      await Promise.all(nodes.slice(index, Math.min(index + joinedAtOnce, workers + 1)).map(node => provide(node, cid)))
    const asker = nodes.at(-1) ?? first
    const times: number[] = []
    for (let round = 0; round < rounds * options.repeats; round++) times.push(await elapsed(() => find(asker, cid)))
    return median(times)
  } finally {
    await Promise.all(nodes.map(node => node.stop()))
  }
}

/** Private addresses are kept and the node is a server: nothing would be found on loopback otherwise. */
function startNode(): Promise<KadNode> {
  return createLibp2p({
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionManager: loopbackSwarmLimits,
    services: {
      identify: identify(),
      ping: ping(),
      dht: kadDHT({ protocol: '/bench/kad/1.0.0', clientMode: false, peerInfoMapper: peer => peer }),
    },
  })
}

async function provide(node: KadNode, cid: CID): Promise<void> {
  for await (const event of node.services.dht.provide(cid, { signal: AbortSignal.timeout(queryTimeoutMs) })) {
    if (event.name === 'QUERY_ERROR') continue
  }
}

async function find(node: KadNode, cid: CID): Promise<number> {
  const found = new Set<string>()
  for await (const event of node.services.dht.findProviders(cid, { signal: AbortSignal.timeout(queryTimeoutMs) })) {
    if (event.name === 'PROVIDER') for (const { id } of event.providers) found.add(id.toString())
  }
  return found.size
}
