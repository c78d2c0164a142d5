import { describe, expect, it } from 'vitest'
import { keptLoadPoints, type LoadPoint } from '../../shared/schema/load.ts'
import type { ServiceStatus } from '../../shared/schema/service.ts'
import { LiveValue } from '../live-value.ts'
import { known, nothingKnown } from './facts.ts'
import { LoadHistory } from './load-history.ts'
import type { MachineLoad } from './load-sampler.ts'

function setUp() {
  const load = new LiveValue<MachineLoad>({ at: 0, cpu: 0, memoryUsedMiB: 900, memoryTotalMiB: 4_096 })
  const facts = new LiveValue(nothingKnown)
  const services = new LiveValue<Pick<ServiceStatus, 'running' | 'waiting'>[]>([])
  const traffic = { bytesIn: 5_000, bytesOut: 0 }
  const history = new LoadHistory({ load, facts, services, traffic })
  history.start()
  const tick = (seconds = 1) => load.update(each => ({ ...each, at: each.at + seconds * 1_000 }))
  return { load, facts, services, traffic, history, tick }
}

async function next(reader: AsyncGenerator<LoadPoint[], void, void>): Promise<LoadPoint[]> {
  return (await reader.next()).value ?? []
}

describe('the load of the last minutes', () => {
  it('is there at once for who comes late, and goes on from there', async () => {
    const { history, tick } = setUp()
    for (let second = 0; second < 3; second++) tick()
    const reader = history.watch()
    expect((await next(reader)).map(point => point.at)).toEqual([1_000, 2_000, 3_000])
    tick()
    expect((await next(reader)).map(point => point.at)).toEqual([4_000])
    await reader.return()
  })

  it('says that there is none yet', async () => {
    const reader = setUp().history.watch()
    expect(await next(reader)).toEqual([])
    await reader.return()
  })

  it('forgets what is older than ten minutes, also for a reader that was slow', async () => {
    const { history, tick } = setUp()
    tick()
    const reader = history.watch()
    await next(reader)
    for (let second = 0; second < 2 * keptLoadPoints; second++) tick()
    const points = await next(reader)
    expect(points).toHaveLength(keptLoadPoints)
    expect(points.at(-1)?.at).toBe((2 * keptLoadPoints + 1) * 1_000)
    await reader.return()
  })

  it('leaves out what no sensor tells, rather than calling it nothing', async () => {
    const { history, facts, tick } = setUp()
    tick()
    facts.set({
      ...nothingKnown,
      cpuTemperature: known(61),
      cards: known([{ name: 'a' }, { name: 'b', busy: 0.5, freeMiB: 100, totalMiB: 400, celsius: 70 }]),
    })
    tick()
    const [before, after] = await next(history.watch())
    expect(before).toMatchObject({ cards: [] })
    expect(before).not.toHaveProperty('celsius')
    expect(after).toMatchObject({ celsius: 61, cards: [{}, { busy: 0.5, usedMiB: 300, celsius: 70 }] })
  })

  it('tells traffic by the second, whatever time has passed, and jobs of all services', async () => {
    const { history, services, traffic, tick } = setUp()
    tick()
    traffic.bytesIn += 3_000
    traffic.bytesOut += 600
    services.set([
      { running: 1, waiting: 0 },
      { running: 2, waiting: 4 },
    ])
    tick(2)
    tick()
    tick(-60)
    const points = await next(history.watch())
    expect(points.map(({ bytesIn, bytesOut }) => [bytesIn, bytesOut])).toEqual([
      [0, 0],
      [1_500, 300],
      [0, 0],
      [0, 0],
    ])
    expect(points.at(-1)).toMatchObject({ running: 3, waiting: 4 })
  })
})
