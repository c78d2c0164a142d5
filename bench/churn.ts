import { env } from 'node:process'
import { setTimeout as delay } from 'node:timers/promises'
import { minute, second } from '../src/shared/units.ts'
import type { Benchmark } from './benchmark.ts'
import { ChurningNetwork, type LookupOutcome } from './churn/churning-network.ts'
import { wilsonInterval } from './churn/interval.ts'
import { percentile } from './timing.ts'

const nodes = Number(env.CHURN_NODES ?? 60)
const forMs = Number(env.CHURN_SECONDS ?? 180) * second
/** Each node is replaced once in this time. */
const replacedWithinMs = 1 * minute
const lookupsPerSecond = 20

/** A network in which nobody lives for longer than a minute, the nodes that newcomers join by included. */
export const churn: Benchmark = {
  name: 'churn',
  summary: 'lookups in a network of processes of which each minute all are killed and replaced',
  targets: { lookupSuccess: { atLeast: 0.999 }, requestSuccess: { atLeast: 0.999 } },
  async run({ progress, signal }) {
    const network = new ChurningNetwork()
    const outcomes: LookupOutcome[] = []
    try {
      await network.grow(nodes, signal, size => progress(`${size} of ${nodes} nodes`))
      const endAt = Date.now() + forMs
      const goesOn = () => Date.now() < endAt && !signal.aborted
      const replacing = (async () => {
        const startedAt = Date.now()
        for (let round = 0; goesOn(); round++) {
          await delay(Math.max(0, startedAt + (round * replacedWithinMs) / nodes - Date.now()))
          await network.replaceOldest()
        }
      })()
      while (goesOn()) {
        const outcome = await network.lookUp()
        if (outcome !== undefined) outcomes.push(outcome)
        if (outcomes.length % lookupsPerSecond === 0)
          progress(`${outcomes.length} lookups, ${failures(outcomes)} failed; ${network.replaced} nodes replaced`)
        await delay(second / lookupsPerSecond)
      }
      await replacing
    } finally {
      await network.stop()
    }
    const good = outcomes.length - failures(outcomes)
    const { low, high } = wilsonInterval(good, outcomes.length)
    const times = outcomes.map(({ tookMs }) => tookMs)
    return {
      settings: { nodes, seconds: forMs / second, lookups: outcomes.length },
      metrics: {
        lookupSuccess: good / outcomes.length,
        'lookupSuccess.low95': low,
        'lookupSuccess.high95': high,
        'share.p1': percentile(
          outcomes.map(({ share }) => share),
          0.01,
        ),
        'lookup.p50': percentile(times, 0.5),
        'lookup.p99': percentile(times, 0.99),
        // Behind its plan where the machine is too slow to start as many processes.
        replacedEachMinute: (network.replaced * minute) / forMs / nodes,
        newcomersThatFoundNobody: network.failedStarts,
      },
    }
  },
}

function failures(outcomes: readonly LookupOutcome[]): number {
  return outcomes.filter(({ ok }) => !ok).length
}
