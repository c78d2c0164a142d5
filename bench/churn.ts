import { availableParallelism } from 'node:os'
import { env } from 'node:process'
import { setTimeout as delay } from 'node:timers/promises'
import { minute, second } from '../src/shared/units.ts'
import type { Benchmark } from './benchmark.ts'
import { ChurningNetwork, type LookupOutcome, type RequestOutcome } from './churn/churning-network.ts'
import { wilsonInterval } from './churn/interval.ts'
import { percentile } from './timing.ts'

/** A newcomer takes 2 s of its processor until it is known to all, and as much of theirs. */
const nodesOfProcessor = 10
const nodes = Number(env.CHURN_NODES ?? Math.min(60, nodesOfProcessor * availableParallelism()))
const forMs = Number(env.CHURN_SECONDS ?? 480) * second
/** Each node is replaced once in this time. */
const replacedWithinMs = 1 * minute
const eachPerSecond = 10
/** A start is mostly processor time. */
const startedAtOnce = 3

interface Outcomes {
  lookups: LookupOutcome[]
  requests: RequestOutcome[]
}

/** A network in which nobody lives for longer than a minute, the nodes that newcomers join by included. */
export const churn: Benchmark = {
  name: 'churn',
  summary: 'lookups and requests in a network of processes of which each minute all are killed and replaced',
  targets: { lookupSuccess: { atLeast: 0.999 }, requestSuccess: { atLeast: 0.999 } },
  async run({ progress, signal }) {
    const network = await ChurningNetwork.make()
    const outcomes: Outcomes = { lookups: [], requests: [] }
    try {
      await network.grow(nodes, signal, size => progress(`${size} of ${nodes} nodes`))
      const endAt = Date.now() + forMs
      const goesOn = () => Date.now() < endAt && !signal.aborted
      const replacing = replace(network, goesOn)
      await ask(network, outcomes, goesOn, progress)
      await replacing
    } finally {
      await network.stop()
    }
    const { lookups, requests } = outcomes
    const found = lookups.filter(({ ok }) => ok).length
    const answered = requests.filter(({ how }) => how === 'answered').length
    const [foundShare, answeredShare] = [
      wilsonInterval(found, lookups.length),
      wilsonInterval(answered, requests.length),
    ]
    const lookupMs = lookups.map(({ tookMs }) => tookMs)
    const requestMs = requests.map(({ tookMs }) => tookMs)
    return {
      settings: { nodes, seconds: forMs / second, lookups: lookups.length, requests: requests.length },
      metrics: {
        lookupSuccess: found / lookups.length,
        'lookupSuccess.low95': foundShare.low,
        'lookupSuccess.high95': foundShare.high,
        requestSuccess: answered / requests.length,
        'requestSuccess.low95': answeredShare.low,
        'requestSuccess.high95': answeredShare.high,
        'share.p1': percentile(
          lookups.map(({ share }) => share),
          0.01,
        ),
        'lookup.p50': percentile(lookupMs, 0.5),
        'lookup.p99': percentile(lookupMs, 0.99),
        'request.p50': percentile(requestMs, 0.5),
        'request.p99': percentile(requestMs, 0.99),
        // Behind its plan where the machine is too slow to start as many processes.
        replacedEachMinute: (network.replaced * minute) / forMs / nodes,
        newcomersThatFoundNobody: network.failedStarts,
      },
    }
  },
}

async function replace(network: ChurningNetwork, goesOn: () => boolean): Promise<void> {
  const startedAt = Date.now()
  const starting = new Set<Promise<void>>()
  for (let round = 0; goesOn(); round++) {
    await delay(Math.max(0, startedAt + (round * replacedWithinMs) / nodes - Date.now()))
    if (starting.size >= startedAtOnce) await Promise.race(starting)
    const replaced = network.replaceOldest().finally(() => starting.delete(replaced))
    starting.add(replaced)
  }
  await Promise.all(starting)
}

/** So often a second each, whether or not those before have ended. */
async function ask(
  network: ChurningNetwork,
  { lookups, requests }: Outcomes,
  goesOn: () => boolean,
  progress: (line: string) => void,
): Promise<void> {
  const running = new Set<Promise<unknown>>()
  const add = <T>(outcome: Promise<T | undefined>, to: T[]) => {
    const done = outcome
      .then(each => {
        if (each !== undefined) to.push(each)
      })
      .finally(() => running.delete(done))
    running.add(done)
  }
  for (let round = 0; goesOn(); round++) {
    add(network.lookUp(), lookups)
    add(network.request(), requests)
    if (round % eachPerSecond === 0) {
      const failed = lookups.filter(({ ok }) => !ok).length
      const codes = [...new Set(requests.map(({ how }) => how))].map(
        code => `${requests.filter(({ how }) => how === code).length} ${code}`,
      )
      progress(
        `${lookups.length} lookups, ${failed} failed; requests: ${codes.join(', ')}; ${network.replaced} replaced`,
      )
    }
    await delay(second / eachPerSecond)
  }
  await Promise.all(running)
}
