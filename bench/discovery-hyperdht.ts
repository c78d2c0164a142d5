import { randomBytes } from 'node:crypto'
import { decode, encode } from '@ipld/dag-cbor'
import HyperDHT from 'hyperdht'
import createTestnet from 'hyperdht/testnet.js'
import { workerRecord } from '../src/main/directory/test-records.ts'
import { workerRecordSchema } from '../src/shared/schema/worker.ts'
import { type DiscoveryNetwork, networkSize, workerCount } from './discovery-network.ts'
import { elapsed } from './timing.ts'

/** Records a requester gets at the same time. Measured: 8 is fastest; with all 50 packets get lost, and a find takes 4 s. */
const recordsAtOnce = 8

interface Worker {
  node: HyperDHT
  keyPair: ReturnType<typeof HyperDHT.keyPair>
  seq: number
}

/**
 * hyperdht, used as its documentation says: a worker announces its key under the service's topic and puts its record as a
 * mutable value, which hyperdht signs; a requester looks the topic up and gets the newest record of each key it is told.
 */
export async function startHyperdht(): Promise<DiscoveryNetwork> {
  const testnet = await createTestnet(networkSize)
  const topic = randomBytes(32)
  const workers = testnet.nodes.slice(0, workerCount).map(workerOn)
  const requesters = testnet.nodes.slice(workerCount)
  const next = counter()
  const nextRound = counter()
  return {
    async publishAll() {
      await Promise.all(workers.map(worker => publish(worker, topic)))
    },
    async renewHalf() {
      const half = nextRound() % 2
      await Promise.all(workers.filter((_, index) => index % 2 === half).map(putRecord))
    },
    find: async requester => ({ count: await find(nodeAt(requesters, requester), topic) }),
    announce: () => publish(workerOn(nodeAt(requesters, next())), randomBytes(32)),
    async joinAndFind() {
      const newcomer = new HyperDHT({ bootstrap: testnet.bootstrap, host: '127.0.0.1', ephemeral: true })
      try {
        return await elapsed(async () => {
          await newcomer.fullyBootstrapped()
          await find(newcomer, topic)
        })
      } finally {
        await newcomer.destroy()
      }
    },
    stop: () => testnet.destroy(),
  }
}

function workerOn(node: HyperDHT): Worker {
  return { node, keyPair: HyperDHT.keyPair(), seq: 0 }
}

async function publish(worker: Worker, topic: Buffer): Promise<void> {
  await Promise.all([worker.node.announce(topic, worker.keyPair).finished(), putRecord(worker)])
}

async function putRecord(worker: Worker): Promise<void> {
  worker.seq++
  await worker.node.mutablePut(worker.keyPair, encode(workerRecord({ seq: worker.seq })), { seq: worker.seq })
}

async function find(node: HyperDHT, topic: Buffer): Promise<number> {
  const keys = new Map<string, Buffer>()
  for await (const { peers } of node.lookup(topic))
    for (const { publicKey } of peers) keys.set(publicKey.toString('hex'), publicKey)
  const left = keys.values()
  let found = 0
  const getNext = async () => {
    for (const publicKey of left) if (await hasRecord(node, publicKey)) found++
  }
  await Promise.all(Array.from({ length: recordsAtOnce }, getNext))
  return found
}

async function hasRecord(node: HyperDHT, publicKey: Buffer): Promise<boolean> {
  const found = await node.mutableGet(publicKey)
  return found !== null && workerRecordSchema.safeParse(decode(found.value)).success
}

function nodeAt(nodes: readonly HyperDHT[], index: number): HyperDHT {
  const node = nodes[index % nodes.length]
  if (node === undefined) throw new Error('expected a network with nodes that do not work')
  return node
}

function counter(): () => number {
  let count = 0
  return () => count++
}
