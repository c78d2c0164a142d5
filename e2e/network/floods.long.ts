import { env } from 'node:process'
import { expect, it } from 'vitest'
import { second } from '../../src/shared/units.ts'
import type { Flood } from '../support/floods/flood-words.ts'
import { FloodedNetwork, percentile } from '../support/floods/flooded-network.ts'
import { report } from '../support/long-report.ts'

const forMs = Number(env.FLOOD_SECONDS ?? 30) * second
/** How many addresses each comes from. */
const attackers: [Flood, number][] = [
  ['connections', 16],
  ['slow-loris', 16],
  ['members', 8],
  ['streams', 1],
  ['announces', 1],
  ['finds', 1],
  ['requests', 1],
]
const wantedShare = 0.99
const mostGrowthMiB = 150
const recoversWithinMs = 5 * second

it(
  'serves others while it is flooded, one way after the other and in all ways at once, and lets newcomers in',
  async () => {
    const figures: Record<string, string> = {}
    const failures: string[] = []
    for (const flood of [...attackers.map(each => [each]), attackers]) {
      const name = flood.length === 1 ? (flood[0]?.[0] ?? '') : 'all at once'
      console.log(`floods: ${name}`)
      const { said, failed } = await tryFlood(flood)
      figures[name] = said
      failures.push(...failed.map(each => `${name}: ${each}`))
    }
    report({
      title: 'Floods',
      ranWith: { command: 'npm run test:long -- e2e/network/floods', 'seconds each': forMs / second },
      figures,
      notes: [
        'Attackers run at low priority on the same machine, so how much they send depends on what else it does.',
        'Beside other work on two processors the donor stands still for moments, in which its queue fills.',
      ],
    })
    expect(failures).toEqual([])
  },
  60 * 60 * second,
)

async function tryFlood(attack: [Flood, number][]): Promise<{ said: string; failed: string[] }> {
  const network = new FloodedNetwork()
  try {
    await network.start()
    const before = await network.honest(3 * second)
    const calm = await network.figures()
    const ends = await Promise.all(attack.map(([flood, addresses]) => network.attack(flood, addresses)))
    const honest = await network.honest(forMs)
    const flooded = await network.figures()
    const sums = await Promise.all(ends.map(end => end()))
    const after = await network.honest(recoversWithinMs)
    const share = honest.answered / honest.sent
    const growth = flooded.rssMiB - calm.rssMiB
    const attempts = sums.reduce((sum, each) => sum + each.attempts, 0)
    const [p50, p50Before] = [honest, before].map(({ latencies }) => percentile(latencies, 0.5).toFixed(0))
    return {
      said:
        `${honest.answered} of ${honest.sent} answered (p50 ${p50} ms, ${p50Before} before), ${honest.came} of ` +
        `${honest.newcomers} newcomers, memory ${growth.toFixed(0)} MiB more, ${attempts} attempts`,
      failed: [
        ...(share < wantedShare ? [`${honest.answered} of ${honest.sent}: ${honest.failures[0]}`] : []),
        ...(honest.newcomers - honest.came > Math.max(1, honest.newcomers * (1 - wantedShare))
          ? [`${honest.came} of ${honest.newcomers} newcomers`]
          : []),
        ...(growth > mostGrowthMiB ? [`memory grew by ${growth.toFixed(0)} MiB`] : []),
        ...(after.answered < after.sent
          ? [`${after.answered} of ${after.sent} answered afterwards: ${after.failures[0]}`]
          : []),
      ],
    }
  } finally {
    await network.stop()
  }
}
