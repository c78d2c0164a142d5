import { closestPeers, keyPosition, peerPosition, registrarsPerKey, serviceKey } from '../src/main/directory/keys.ts'
import { createTestNode, ocrDraft, startTestNetwork, type TestNode } from '../src/main/directory/test-network.ts'
import { second } from '../src/shared/units.ts'
import { type DiscoveryNetwork, type Found, networkSize, workerCount } from './discovery-network.ts'
import { elapsed, settled, until } from './timing.ts'

const publishLimitMs = 30 * second
const renewLimitMs = 10 * second
const joinLimitMs = 30 * second
const announceLimitMs = 10 * second
const settleLimitMs = 30 * second
const service = 'ocr'

/** Our own network, with a result cache that is bypassed where finding is measured. */
export interface OurNetwork extends DiscoveryNetwork {
  readonly nodes: readonly TestNode[]
  /** Nodes that are not workers, nor registrars of the service. */
  readonly requesters: readonly TestNode[]
}

/**
 * Starts the nodes and waits until they have found their places. Connections are not checked while the network lives: in
 * one process a hundred nodes would do little else, and a check that is late for lack of processor time closes them.
 */
export async function startOurs(signal: AbortSignal): Promise<OurNetwork> {
  const nodes = await startTestNetwork(networkSize, { connectionCheckIntervalMs: 600 * second })
  await settled(settleLimitMs, signal)
  const keepers = closestNodes(nodes, service)
  const workers = nodes.slice(0, workerCount)
  const requesters = nodes.slice(workerCount).filter(node => !keepers.includes(node))
  let round = 0
  let announced = 0
  let joined = 0
  return {
    nodes,
    requesters,
    async publishAll() {
      for (const worker of workers) worker.directory.announcer.update(ocrDraft())
      await until(() => workers.every(worker => isKept(worker, service, keepers)), publishLimitMs, signal)
    },
    async renewHalf() {
      const renewing = workers.filter((_, index) => index % 2 === round % 2)
      const state = Math.floor(round++ / 2) % 2 === 0 ? 'draining' : 'donating'
      for (const worker of renewing) worker.directory.announcer.update(ocrDraft({ state }))
      await until(() => renewing.every(({ directory }) => directory.announcer.settled), renewLimitMs, signal)
    },
    find: requester => find(requesters[requester % requesters.length]),
    async announce() {
      const worker = requesters[announced % requesters.length]
      const name = `bench-${announced++}`
      worker?.directory.announcer.update(ocrDraft({ services: [name] }))
      const registrars = closestNodes(nodes, name)
      await until(() => worker !== undefined && isKept(worker, name, registrars), announceLimitMs, signal)
    },
    joinAndFind: () => joinAndFind(nodes[joined++ % nodes.length], signal),
    async stop() {
      await Promise.all(nodes.map(node => node.stop()))
    },
  }
}

/** The nodes that are to keep the records of a service: those closest to its key among all there are. */
function closestNodes(nodes: readonly TestNode[], name: string): TestNode[] {
  const placed = nodes.map(node => ({ node, position: peerPosition(node.host.peerId.toString()) }))
  return closestPeers(placed, keyPosition(serviceKey(name)), registrarsPerKey).map(({ node }) => node)
}

function isKept({ host }: TestNode, name: string, keepers: readonly TestNode[]): boolean {
  const peerId = host.peerId.toString()
  return keepers.every(({ directory }) => directory.registry.stored(peerId)?.keys.includes(serviceKey(name)))
}

/** As the result cache asks: a request does not wait for the signatures of renewals, which are checked right after. */
async function find(node: TestNode | undefined): Promise<Found> {
  const found = await node?.directory.finder.findClaims(serviceKey(service), { limit: workerCount })
  return found === undefined ? { count: 0 } : { count: found.workers.length, check: found.check }
}

async function joinAndFind(seed: TestNode | undefined, signal: AbortSignal): Promise<number> {
  const newcomer = await createTestNode({ seeds: seed?.seeds() ?? [] })
  try {
    return await elapsed(async () => {
      await newcomer.start()
      await until(async () => (await find(newcomer)).count > 0, joinLimitMs, signal)
    })
  } finally {
    await newcomer.stop()
  }
}
