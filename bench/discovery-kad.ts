import { generateKeyPair } from '@libp2p/crypto/keys'
import { identify } from '@libp2p/identify'
import type { Ed25519PrivateKey, Libp2p } from '@libp2p/interface'
import { type KadDHT, kadDHT } from '@libp2p/kad-dht'
import { noise } from '@libp2p/noise'
import { ping } from '@libp2p/ping'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { createLibp2p } from 'libp2p'
import { CID } from 'multiformats/cid'
import { sha256 } from 'multiformats/hashes/sha2'
import { fromString } from 'uint8arrays/from-string'
import { loopbackSwarmLimits } from '../src/main/dht/limits.ts'
import { openRecord, readRecord, sealRecord } from '../src/main/directory/record.ts'
import { testNetworkId, workerRecord } from '../src/main/directory/test-records.ts'
import { second } from '../src/shared/units.ts'
import { type DiscoveryNetwork, networkSize, workerCount } from './discovery-network.ts'
import { elapsed, settled } from './timing.ts'

const joinedAtOnce = 5
const publishedAtOnce = 5
const queryTimeoutMs = 10 * second
const settleLimitMs = 10 * second

interface KadNode {
  libp2p: Libp2p<{ dht: KadDHT }>
  privateKey: Ed25519PrivateKey
  seq: number
}

/**
 * kad-dht with its own settings: a worker provides the CID of the service's name and puts its signed record under its peer
 * id; a requester finds the providers and gets the record of each. Changed is only what loopback needs: private addresses
 * are kept, nodes are servers, and the limits for one address are lifted. Publishing goes five at a time, as stock nodes
 * time out when 50 do it in one process.
 */
export async function startKad(signal: AbortSignal): Promise<DiscoveryNetwork> {
  const first = await startNode()
  const nodes = [first]
  while (nodes.length < networkSize) {
    signal.throwIfAborted()
    const batch = await Promise.all(
      Array.from({ length: Math.min(joinedAtOnce, networkSize - nodes.length) }, startNode),
    )
    await Promise.all(batch.map(({ libp2p }) => libp2p.dial(first.libp2p.getMultiaddrs())))
    nodes.push(...batch)
  }
  await settled(settleLimitMs, signal)
  const service = await cidOf('ocr')
  const workers = nodes.slice(0, workerCount)
  const requesters = nodes.slice(workerCount)
  let announced = 0
  let round = 0
  return {
    publishAll: () => inBatches(workers, worker => publish(worker, service), signal),
    renewHalf() {
      const half = round++ % 2
      const renewing = workers.filter((_, index) => index % 2 === half)
      return inBatches(renewing, putRecord, signal)
    },
    find: async requester => ({ count: await find(nodeAt(requesters, requester), service) }),
    async announce() {
      const name = `bench-${announced}`
      await publish(nodeAt(requesters, announced++), await cidOf(name))
    },
    async joinAndFind() {
      let newcomer: KadNode | undefined
      try {
        return await elapsed(async () => {
          newcomer = await startNode()
          await newcomer.libp2p.dial(first.libp2p.getMultiaddrs())
          await find(newcomer, service)
        })
      } finally {
        await newcomer?.libp2p.stop()
      }
    },
    async stop() {
      await Promise.all(nodes.map(({ libp2p }) => libp2p.stop()))
    },
  }
}

async function startNode(): Promise<KadNode> {
  const privateKey = await generateKeyPair('Ed25519')
  const libp2p = await createLibp2p({
    privateKey,
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionManager: loopbackSwarmLimits,
    services: {
      identify: identify(),
      ping: ping(),
      dht: kadDHT({
        protocol: '/bench/kad/1.0.0',
        clientMode: false,
        peerInfoMapper: peer => peer,
        validators: { worker: async (_, value) => void openRecord(value, testNetworkId) },
        selectors: { worker: (_, records) => newest(records) },
      }),
    },
  })
  return { libp2p, privateKey, seq: 0 }
}

function newest(records: readonly Uint8Array[]): number {
  const seqs = records.map(bytes => readRecord(bytes).claims.record.seq)
  return seqs.indexOf(Math.max(...seqs))
}

async function publish(node: KadNode, cid: CID): Promise<void> {
  await Promise.all([drain(node.libp2p.services.dht.provide(cid, timeout())), putRecord(node)])
}

async function putRecord(node: KadNode): Promise<void> {
  node.seq++
  const record = await sealRecord(node.privateKey, testNetworkId, workerRecord({ seq: node.seq }))
  await drain(node.libp2p.services.dht.put(recordKey(node.libp2p.peerId.toString()), record, timeout()))
}

async function find({ libp2p }: KadNode, cid: CID): Promise<number> {
  const { dht } = libp2p.services
  const records = new Map<string, Promise<boolean>>()
  for await (const event of dht.findProviders(cid, timeout())) {
    if (event.name !== 'PROVIDER') continue
    for (const { id } of event.providers)
      if (!records.has(id.toString())) records.set(id.toString(), hasRecord(dht, id.toString()))
  }
  return (await Promise.all(records.values())).filter(Boolean).length
}

/** kad-dht's `get` ends in an error where a holder refuses the newest value, although it has found it. */
async function hasRecord(dht: KadDHT, peerId: string): Promise<boolean> {
  let found = false
  try {
    for await (const event of dht.get(recordKey(peerId), timeout())) found ||= event.name === 'VALUE'
  } catch (error) {
    if (!(error instanceof Error)) throw error
  }
  return found
}

const recordKey = (peerId: string) => fromString(`/worker/${peerId}`)
const timeout = () => ({ signal: AbortSignal.timeout(queryTimeoutMs) })

async function cidOf(name: string): Promise<CID> {
  return CID.createV1(0x55, await sha256.digest(new TextEncoder().encode(name)))
}

async function drain(events: AsyncIterable<{ name: string }>): Promise<void> {
  for await (const event of events) if (event.name === 'QUERY_ERROR') continue
}

async function inBatches(nodes: KadNode[], action: (node: KadNode) => Promise<void>, signal: AbortSignal) {
  for (let index = 0; index < nodes.length; index += publishedAtOnce) {
    signal.throwIfAborted()
    await Promise.all(nodes.slice(index, index + publishedAtOnce).map(action))
  }
}

function nodeAt(nodes: readonly KadNode[], index: number): KadNode {
  const node = nodes[index % nodes.length]
  if (node === undefined) throw new Error('expected a network with nodes that do not work')
  return node
}
