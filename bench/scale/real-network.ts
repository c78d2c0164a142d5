import { setTimeout as delay } from 'node:timers/promises'
import { serviceKey } from '../../src/main/directory/keys.ts'
import { ocrDraft, startTestNetwork, type TestNode } from '../../src/main/directory/test-network.ts'
import { second } from '../../src/shared/units.ts'
import { mean } from '../statistics.ts'
import { settled, until } from '../timing.ts'
import { hotService } from './simulation.ts'

const announceLimitMs = 60 * second
const settleLimitMs = 60 * second

/** What the simulator is held to: the same of as many real nodes, on loopback in this process. */
export interface RealFigures {
  /** Connections of a node. */
  connections: number
  /** Registrars that hold a worker's record. */
  announced: number
  /** Of all workers, those that a registrar of the service knows. */
  held: number
  /** Bytes a warm find brings. */
  findBytes: number
}

export interface RealInit {
  workers: number
  requesters: number
  signal: AbortSignal
}

export async function measureRealNetwork({ workers, requesters, signal }: RealInit): Promise<RealFigures> {
  const nodes = await startTestNetwork(1 + workers + requesters, { connectionCheckIntervalMs: 600 * second })
  try {
    const donors = nodes.slice(1, 1 + workers)
    const askers = nodes.slice(1 + workers)
    await settled(settleLimitMs, signal)
    for (const { directory } of donors) directory.announcer.update(ocrDraft())
    await until(() => donors.every(({ directory }) => directory.announcer.heldBy >= 8), announceLimitMs, signal)
    await settled(settleLimitMs, signal)
    const bytes: number[] = []
    for (const asker of askers) bytes.push(await warmFind(asker))
    const counts = nodes.map(({ directory }) => under(directory.registry)).filter(count => count > 0)
    return {
      connections: mean(nodes.map(({ host }) => host.libp2p.getConnections().length)),
      announced: mean(donors.map(({ directory }) => directory.announcer.heldBy)),
      held: mean(counts.toSorted((a, b) => b - a).slice(0, 8)) / workers,
      findBytes: mean(bytes),
    }
  } finally {
    await Promise.all(nodes.map(node => node.stop()))
  }
}

/** Bytes of the second of two finds. */
async function warmFind({ directory, host }: TestNode): Promise<number> {
  await directory.finder.findService(hotService, { limit: 50 })
  // What the first one began goes on after its answer, and is not to be counted.
  await delay(2 * second)
  const before = host.traffic.bytesIn
  await directory.finder.findService(hotService, { limit: 50 })
  return host.traffic.bytesIn - before
}

function under(registry: TestNode['directory']['registry']): number {
  return registry.find(serviceKey(hotService), { limit: 1, now: Date.now(), random: Math.random }).total
}
