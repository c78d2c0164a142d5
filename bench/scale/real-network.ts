import { setTimeout as delay } from 'node:timers/promises'
import { closestPeers, keyPosition, peerPosition, registrarsPerKey, serviceKey } from '../../src/main/directory/keys.ts'
import { minute, second } from '../../src/shared/units.ts'
import { mean, sum } from '../statistics.ts'
import { percentile } from '../timing.ts'
import { RealProcess } from './real-process.ts'
import type { RealFind } from './real-words.ts'
import { afterFindMs, hotService, renewedMs } from './scenario.ts'

const nodesInAProcess = 50
/** Rounds in which each requester finds once, and the time between them: a sixth of the workers is renewed in it. */
const rounds = 6
const betweenRoundsMs = 5 * second
/** At rest connections and places at registrars have grown by less in this time. */
const restMs = 15 * second
const restGrowth = 0.01
const restLimitMs = 5 * minute

export interface RealInit {
  workers: number
  requesters: number
  /** Of all nodes, those that others can reach. */
  serverShare: number
  signal: AbortSignal
  progress(line: string): void
}

/** The same figures as of a simulated network, of real nodes: TCP on loopback, several processes. */
export async function measureRealNetwork({
  workers,
  requesters,
  serverShare,
  signal,
  progress,
}: RealInit): Promise<Record<string, number>> {
  const processes: RealProcess[] = []
  const start = async (nodes: number) => {
    signal.throwIfAborted()
    const started = await RealProcess.start({ nodes, serverShare, seeds: processes[0]?.seeds ?? [] })
    processes.push(started)
    return started
  }
  try {
    await start(1)
    const donating: RealProcess[] = []
    for (let first = 0; first < workers; first += nodesInAProcess) {
      progress(`${first} of ${workers} real workers`)
      donating.push(await start(Math.min(nodesInAProcess, workers - first)))
      await comeToRest(processes, signal)
    }
    // Those that join last know fewest: the simulated ones do, too.
    const asking = await start(requesters)
    await comeToRest(processes, signal)
    for (const [index, each] of donating.entries()) {
      progress(`${index * nodesInAProcess} of ${workers} announced`)
      await each.ask({ kind: 'announce', withinMs: renewedMs / donating.length }, 'done')
    }
    progress('waiting until all have announced themselves again')
    await delay(renewedMs, undefined, { signal })
    if (!(await comeToRest(processes, signal))) progress('they have not come to rest')
    progress('finding')
    const finds = await measureFinds(asking, requesters, signal)
    const lookups = []
    for (let node = 0; node < requesters; node++) lookups.push(await asking.ask({ kind: 'look-up', node }, 'looked-up'))
    const standing = await Promise.all(processes.map(each => each.ask({ kind: 'standing' }, 'standing')))
    const nodes = standing.flatMap(each => each.nodes)
    const announcers = standing
      .filter((_, index) => donating.some(each => each === processes[index]))
      .flatMap(each => each.nodes)
    const placed = nodes.map(node => ({ ...node, position: peerPosition(node.peerId) }))
    const servers = placed.filter(node => node.isServer)
    const registrars = closestPeers(servers, keyPosition(serviceKey(hotService)), registrarsPerKey)
    return {
      nodes: nodes.length,
      nodeMiB: sum(standing.map(({ rssMiB }) => rssMiB)) / nodes.length,
      'connections.mean': mean(nodes.map(({ connections }) => connections)),
      'announced.mean': mean(announcers.map(({ heldBy }) => heldBy)),
      'registrar.held.mean': mean(registrars.map(({ keeps }) => keeps)) / workers,
      ...finds,
      'lookup.questions.mean': mean(lookups.map(({ questions }) => questions)),
      'lookup.hops.mean': mean(lookups.map(({ hops }) => hops)),
    }
  } finally {
    await Promise.all(processes.map(each => each.stop()))
  }
}

/** So many nodes on one machine are busy for a while when they have met. Resolves with false where they still are after five minutes. */
async function comeToRest(processes: readonly RealProcess[], signal: AbortSignal): Promise<boolean> {
  let before = await grown(processes)
  for (let waitedMs = 0; waitedMs < restLimitMs; waitedMs += restMs) {
    await delay(restMs, undefined, { signal })
    const now = await grown(processes)
    if (now < (1 + restGrowth) * before) return true
    before = now
  }
  return false
}

/** Connections and places at registrars, of all nodes together. */
async function grown(processes: readonly RealProcess[]): Promise<number> {
  const standing = await Promise.all(processes.map(each => each.ask({ kind: 'standing' }, 'standing')))
  return sum(standing.flatMap(({ nodes }) => nodes.map(({ connections, heldBy }) => connections + heldBy)))
}

async function measureFinds(
  asking: RealProcess,
  requesters: number,
  signal: AbortSignal,
): Promise<Record<string, number>> {
  const cold: RealFind[] = []
  const again: RealFind[] = []
  const warm: RealFind[] = []
  for (let node = 0; node < requesters; node++) {
    cold.push(await asking.ask({ kind: 'find', node, restMs: afterFindMs }, 'found'))
    again.push(await asking.ask({ kind: 'find', node, restMs: afterFindMs }, 'found'))
  }
  for (let round = 0; round < rounds; round++) {
    await delay(betweenRoundsMs, undefined, { signal })
    for (let node = 0; node < requesters; node++)
      warm.push(await asking.ask({ kind: 'find', node, restMs: 0 }, 'found'))
  }
  const took = warm.map(({ tookMs }) => tookMs)
  return {
    'findCold.questions.mean': mean(cold.map(({ questions }) => questions)),
    'findCold.found.min': Math.min(...cold.map(({ found }) => found)),
    'findWarm.questions.p50': percentile(
      again.map(({ questions }) => questions),
      0.5,
    ),
    'findWarm.answerBytes.p50': percentile(
      again.map(({ answerBytes }) => answerBytes),
      0.5,
    ),
    'findWarm.found.min': Math.min(...again.map(({ found }) => found)),
    'findWarm50.p50': percentile(took, 0.5),
    'findWarm50.p99': percentile(took, 0.99),
  }
}
