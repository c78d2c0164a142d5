import { env } from 'node:process'
import { expect, it } from 'vitest'
import { hour, minute, second } from '../../src/shared/units.ts'
import { percentile } from '../support/floods/flooded-network.ts'
import { report } from '../support/long-report.ts'
import { slopeOf } from '../support/soak/slope.ts'
import { type Retained, SoakedNetwork } from '../support/soak/soaked-network.ts'

const forMs = Number(env.SOAK_MINUTES ?? 60) * minute
/** Until caches are full, answers that are kept for two minutes are let go of, and code is compiled. */
const warmUpMs = Math.min(10 * minute, forMs / 2)
const sampleMs = Math.min(30 * second, forMs / 40)
/** Of what a collection has left: what is held, and nothing that waits to be collected. */
const mostRetainedGrowthMiBAnHour = 6
const mostResidentGrowthMiBAnHour = 20
/** Over less the slope is of chance. */
const longEnoughMs = 20 * minute
const mostMore = 30

interface Sample extends Retained {
  atMs: number
}

it(
  `holds no more after ${forMs / minute} minutes of requests and of neighbours who come and go than it did before`,
  async () => {
    const network = await SoakedNetwork.start()
    const samples: Record<'requester' | 'donor', Sample[]> = { requester: [], donor: [] }
    const totals = { sent: 0, answered: 0, newcomers: 0, came: 0, failures: [] as string[], latencies: [] as number[] }
    try {
      const startedAt = performance.now()
      while (performance.now() - startedAt < forMs) {
        const { sent, answered, newcomers, came, failures, latencies } = await network.serve(sampleMs)
        totals.sent += sent
        totals.answered += answered
        totals.newcomers += newcomers
        totals.came += came
        totals.failures.push(...failures.slice(0, 10))
        totals.latencies = latencies
        const retained = await network.retained()
        const atMs = performance.now() - startedAt
        for (const name of ['requester', 'donor'] as const) samples[name].push({ atMs, ...retained[name] })
        const passed = `${(atMs / minute).toFixed(1)} of ${forMs / minute} min`
        console.log(
          `soak: ${passed}, ${totals.answered} of ${totals.sent}, ${totals.came} of ${totals.newcomers} newcomers; ` +
            `${said('requester', retained.requester)}; ${said('donor', retained.donor)}`,
        )
      }
    } finally {
      await network.stop()
    }
    const [requester, donor] = [judged(samples.requester), judged(samples.donor)]
    report({
      title: 'Soak',
      ranWith: { command: 'npm run test:long -- e2e/network/soak', minutes: forMs / minute },
      figures: {
        requests: `${totals.answered} of ${totals.sent} answered, p50 ${percentile(totals.latencies, 0.5).toFixed(0)} ms at the end`,
        'neighbours who came and went': `${totals.came} of ${totals.newcomers}`,
        'the requester': requester.said,
        'the donor': donor.said,
      },
      notes: [
        `Slopes are of what was seen after the first ${(warmUpMs / minute).toFixed(0)} minutes; retained is what a collection of garbage leaves of heap and buffers.`,
        ...(forMs < longEnoughMs ? ['Shorter than it is meant to be: a slope of so short a time proves little.'] : []),
      ],
    })
    expect(totals.answered / totals.sent, totals.failures[0]).toBeGreaterThanOrEqual(0.999)
    for (const { first, last, retainedSlope, residentSlope } of [requester, donor]) {
      expect(last.resources - first.resources).toBeLessThanOrEqual(mostMore)
      expect(last.fds - first.fds).toBeLessThanOrEqual(mostMore)
      if (forMs < longEnoughMs) continue
      expect(retainedSlope).toBeLessThanOrEqual(mostRetainedGrowthMiBAnHour)
      expect(residentSlope).toBeLessThanOrEqual(mostResidentGrowthMiBAnHour)
    }
  },
  forMs + 10 * minute,
)

function said(name: string, { rssMiB, retainedMiB, resources, fds }: Retained): string {
  return `${name} ${rssMiB.toFixed(0)} MiB, ${retainedMiB.toFixed(1)} retained, ${resources} resources, ${fds} fds`
}

function judged(samples: readonly Sample[]) {
  const warm = samples.filter(({ atMs }) => atMs > warmUpMs)
  const [first, last] = [warm[0], warm.at(-1)]
  if (first === undefined || last === undefined) throw new Error('expected samples')
  const retainedSlope = slopeOf(warm.map(({ atMs, retainedMiB }) => [atMs / hour, retainedMiB]))
  const residentSlope = slopeOf(warm.map(({ atMs, rssMiB }) => [atMs / hour, rssMiB]))
  const from = (read: (sample: Sample) => number, digits = 0) =>
    `${read(first).toFixed(digits)} to ${read(last).toFixed(digits)}`
  return {
    first,
    last,
    retainedSlope,
    residentSlope,
    said: [
      `${from(each => each.rssMiB)} MiB resident (${residentSlope.toFixed(1)} an hour)`,
      `${from(each => each.retainedMiB, 1)} MiB retained (${retainedSlope.toFixed(1)} an hour)`,
      `${from(each => each.resources)} handles and timers`,
      `${from(each => each.fds)} file descriptors`,
    ].join('; '),
  }
}
