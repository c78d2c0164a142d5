import { env } from 'node:process'
import { expect, it } from 'vitest'
import { hour, minute, second } from '../../src/shared/units.ts'
import { FloodedNetwork, percentile } from '../support/floods/flooded-network.ts'
import { report } from '../support/long-report.ts'

const forMs = Number(env.SOAK_MINUTES ?? 60) * minute
/** Caches and compiled code fill up first. */
const warmUpMs = Math.min(5 * minute, forMs / 4)
const sampleMs = Math.min(30 * second, forMs / 20)
const mostGrowthMiBAnHour = 20
const mostMore = 30

interface Sample {
  atMs: number
  rssMiB: number
  resources: number
  fds: number
}

it(
  `holds no more after ${forMs / minute} minutes of requests and of neighbours who come and go than it did before`,
  async () => {
    const network = new FloodedNetwork()
    const samples: Sample[] = []
    const totals = { sent: 0, answered: 0, newcomers: 0, came: 0, latencies: [] as number[] }
    try {
      await network.start()
      const startedAt = performance.now()
      while (performance.now() - startedAt < forMs) {
        const { sent, answered, newcomers, came, latencies } = await network.honest(sampleMs)
        totals.sent += sent
        totals.answered += answered
        totals.newcomers += newcomers
        totals.came += came
        totals.latencies = latencies
        const { rssMiB, resources, fds } = await network.figures()
        const atMs = performance.now() - startedAt
        if (atMs > warmUpMs) samples.push({ atMs, rssMiB, resources, fds })
        const passed = `${(atMs / minute).toFixed(1)} of ${forMs / minute} min`
        console.log(
          `soak: ${passed}, ${totals.answered} of ${totals.sent}, ${rssMiB.toFixed(0)} MiB, ${resources} resources, ${fds} fds`,
        )
      }
    } finally {
      await network.stop()
    }
    const [first, last] = [samples[0], samples.at(-1)]
    if (first === undefined || last === undefined) throw new Error('expected samples')
    const slope = slopeOf(samples.map(({ atMs, rssMiB }) => [atMs / hour, rssMiB]))
    report({
      title: 'Soak',
      ranWith: { command: 'npm run test:long -- e2e/network/soak', minutes: forMs / minute },
      figures: {
        requests: `${totals.answered} of ${totals.sent} answered, p50 ${percentile(totals.latencies, 0.5).toFixed(0)} ms at the end`,
        'neighbours who came and went': `${totals.came} of ${totals.newcomers}`,
        'memory of the donor': `${first.rssMiB.toFixed(0)} MiB after ${(warmUpMs / minute).toFixed(1)} min, ${last.rssMiB.toFixed(0)} MiB at the end`,
        'slope of its memory': `${slope.toFixed(1)} MiB an hour`,
        'handles and timers': `${first.resources}, ${last.resources} at the end`,
        'file descriptors': `${first.fds}, ${last.fds} at the end`,
      },
      ...(forMs < hour
        ? { notes: ['Shorter than the hour it is meant for: a slope of so short a time proves little.'] }
        : {}),
    })
    expect(totals.answered / totals.sent).toBeGreaterThanOrEqual(0.999)
    expect(last.resources - first.resources).toBeLessThanOrEqual(mostMore)
    expect(last.fds - first.fds).toBeLessThanOrEqual(mostMore)
    // Over a few minutes the collector's rhythm is all there is to see.
    if (forMs >= hour) expect(slope).toBeLessThanOrEqual(mostGrowthMiBAnHour)
  },
  forMs + 10 * minute,
)

/** Of the line that fits best. */
function slopeOf(points: readonly (readonly [number, number])[]): number {
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
  const [x, y] = [mean(points.map(each => each[0])), mean(points.map(each => each[1]))]
  const spread = points.reduce((sum, each) => sum + (each[0] - x) ** 2, 0)
  return spread === 0 ? 0 : points.reduce((sum, each) => sum + (each[0] - x) * (each[1] - y), 0) / spread
}
