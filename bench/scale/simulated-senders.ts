import { type Milliseconds, second } from '../../src/shared/units.ts'
import { mean } from '../statistics.ts'
import { percentile } from '../timing.ts'
import { type Figures, hotService } from './scenario.ts'
import type { Simulation } from './simulation.ts'

const senderCount = 2
/** All workers together could take some six times as much. */
const requestsPerSecond = (workers: number) => 0.3 * workers
/** Counted twice: while the senders get to know workers, and after that. */
const windowMs = 30 * second

/** What becomes of requests that come from two nodes alone, many more than the first workers they are named can take. */
export async function measureHeavySenders(simulation: Simulation): Promise<Figures> {
  const { clock, scenario } = simulation
  const senders = simulation
    .up()
    .filter(node => !node.donates && node.role !== 'coordinator')
    .slice(0, senderCount)
  let counted = { asked: 0, failed: 0, took: [] as Milliseconds[] }
  const stops = senders.map(sender =>
    clock.every(second / requestsPerSecond(scenario.workers), () => {
      const into = counted
      into.asked++
      sender.request(hotService).then(
        ({ tookMs }) => into.took.push(tookMs),
        () => into.failed++,
      )
    }),
  )
  const figures: Figures = {}
  for (const name of ['first', 'then']) {
    counted = { asked: 0, failed: 0, took: [] }
    await simulation.run(windowMs, 'working for two')
    figures[`heavy.${name}.requests`] = counted.asked
    figures[`heavy.${name}.failed`] = counted.failed / counted.asked
    figures[`heavy.${name}.ms.p50`] = percentile(counted.took, 0.5)
  }
  for (const stop of stops) stop()
  return { ...figures, 'heavy.workers': mean(senders.map(({ directory }) => directory.cache.statistics.size)) }
}
