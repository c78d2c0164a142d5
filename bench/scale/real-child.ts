import { setTimeout as delay } from 'node:timers/promises'
import { pino } from 'pino'
import { systemClock } from '../../src/main/clock.ts'
import { serviceKey } from '../../src/main/directory/keys.ts'
import { createTestNode, ocrDraft, startAll, type TestNode } from '../../src/main/directory/test-network.ts'
import { MiB, type Milliseconds, second } from '../../src/shared/units.ts'
import { countedLookup } from './counted-lookup.ts'
import type { RealChildInit, RealFind, RealOrder, RealWord } from './real-words.ts'
import { hotService, servicesOf } from './scenario.ts'

/** Real nodes, many in one process. It ends with its channel. */

const announceLimitMs = 20 * second
const lookAgainMs = 20
/** Not all of the 8 closest take a record: one may know others that are closer. */
const enoughRegistrars = 4

const init = JSON.parse(process.argv[2] ?? '{}') as RealChildInit
const log = pino({ level: 'silent' })
/** What each node has sent on streams of the directory that it has opened, and what came back. */
const asked = new Map<TestNode, { questions: number; answerBytes: number }>()

// Connections are not checked: among so many nodes a check that is late for lack of processor time closes them.
const nodes = await Promise.all(
  Array.from({ length: init.nodes }, (_, index) =>
    createTestNode({
      network: 'scale',
      seeds: init.seeds,
      mode: isServer(index) ? 'server' : 'client',
      connectionCheckIntervalMs: 600 * second,
    }),
  ),
)
for (const node of nodes) asked.set(node, countAsked(node))
if (init.seeds.length > 0) await startAll(nodes)
else await Promise.all(nodes.map(node => node.start()))

/** Evenly among the others, the first one in any case. */
function isServer(index: number): boolean {
  return Math.ceil((index + 1) * init.serverShare) > Math.ceil(index * init.serverShare)
}

/** Frames that a node sends on streams of the directory which it has opened, and bytes that come back on them, from now on. */
function countAsked({ host }: TestNode) {
  const { libp2p, protocols } = host
  const counted = { questions: 0, answerBytes: 0 }
  const dialProtocol = libp2p.dialProtocol.bind(libp2p)
  libp2p.dialProtocol = async (peer, protocol, options) => {
    const stream = await dialProtocol(peer, protocol, options)
    if (protocol !== protocols.directory) return stream
    const send = stream.send.bind(stream)
    stream.send = data => {
      counted.questions++
      return send(data)
    }
    stream.addEventListener('message', ({ data }) => {
      counted.answerBytes += data.byteLength
    })
    return stream
  }
  return counted
}

/** One after the other over a time, as the donors of a real network come at all times: what each renews later comes when it came first. */
async function announce(withinMs: Milliseconds): Promise<void> {
  const startedAt = performance.now()
  for (const [index, { directory }] of nodes.entries()) {
    await delay(Math.max(0, startedAt + (withinMs * index) / nodes.length - performance.now()))
    directory.announcer.update(ocrDraft({ services: servicesOf(index) }))
  }
  const areHeld = () =>
    nodes.every(({ directory: { announcer } }) => announcer.settled && announcer.heldBy >= enoughRegistrars)
  const limitAt = performance.now() + announceLimitMs
  while (!areHeld() && performance.now() < limitAt) await delay(lookAgainMs)
}

async function find(node: TestNode, restMs: Milliseconds): Promise<RealFind> {
  const { directory } = node
  const counted = () => ({ questions: 0, answerBytes: 0, ...asked.get(node) })
  const before = counted()
  const startedAt = performance.now()
  const { workers, check } = await directory.finder.findServiceClaims(hotService, { limit: 50 })
  const tookMs = performance.now() - startedAt
  await check()
  await delay(restMs)
  const { questions, answerBytes } = counted()
  return {
    found: workers.length,
    tookMs,
    questions: questions - before.questions,
    answerBytes: answerBytes - before.answerBytes,
  }
}

function standing(): RealWord {
  const described = nodes.map(({ host, directory }) => ({
    peerId: host.peerId.toString(),
    isServer: host.isServer,
    connections: host.libp2p.getConnections().length,
    heldBy: directory.announcer.heldBy,
    keeps: directory.registry.find(serviceKey(hotService), { limit: 1, now: Date.now(), random: Math.random }).total,
  }))
  return { kind: 'standing', nodes: described, rssMiB: process.memoryUsage().rss / MiB }
}

function nodeAt(index: number): TestNode {
  const node = nodes[index]
  if (node === undefined) throw new Error(`expected one of ${nodes.length} nodes, got ${index}`)
  return node
}

async function answer(order: RealOrder): Promise<RealWord> {
  switch (order.kind) {
    case 'announce':
      await announce(order.withinMs)
      return { kind: 'done' }
    case 'standing':
      return standing()
    case 'find':
      return { kind: 'found', ...(await find(nodeAt(order.node), order.restMs)) }
    case 'look-up': {
      const { host, directory } = nodeAt(order.node)
      return { kind: 'looked-up', ...(await countedLookup({ host, directory, clock: systemClock, log })) }
    }
  }
}

const say = (word: RealWord) => process.send?.(word)
process.on('message', (order: RealOrder) => void answer(order).then(say))
process.on('disconnect', () => process.exit())
say({ kind: 'ready', seeds: nodes.flatMap(node => node.seeds()).slice(0, 4) })
