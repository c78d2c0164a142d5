import { setInterval } from 'node:timers/promises'
import { type Milliseconds, second } from '../../src/shared/units.ts'

/**
 * Begins `each` so many times a second for so long, whatever has become of those before, as people do who do not know of each
 * other. Resolves when all that it began has ended.
 */
export async function atRate(
  { perSecond, forMs }: { perSecond: number; forMs: Milliseconds },
  each: (round: number) => readonly Promise<unknown>[],
): Promise<void> {
  const endAt = performance.now() + forMs
  const running = [...each(0)]
  let round = 1
  for await (const _ of setInterval(second / perSecond)) {
    if (performance.now() >= endAt) break
    running.push(...each(round++))
  }
  await Promise.all(running)
}
