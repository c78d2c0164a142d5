import './shared-signatures.ts'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { seededRandom } from '../../e2e/support/scripted-node.ts'
import { minute, second } from '../../src/shared/units.ts'
import { hotService, type Scenario } from './scenario.ts'
import type { SimulatedPeer } from './simulated-peer.ts'
import { Simulation } from './simulation.ts'
import { simulate } from './simulation-process.ts'

const scenario: Scenario = {
  workers: 10,
  coordinators: 2,
  serverShare: 0.4,
  requesters: 2,
  requestsPerSecond: 2,
  seed: 7,
}

/** Simulated nodes draw from Math.random, as real ones do. */
async function form(): Promise<Simulation> {
  const random = seededRandom(scenario.seed)
  vi.spyOn(Math, 'random').mockImplementation(random)
  return Simulation.form(scenario, random)
}

afterEach(() => vi.restoreAllMocks())

describe('a simulated network', () => {
  it('finds every worker, serves every request, and comes out the same each time', async () => {
    const options = { progress: () => undefined, signal: new AbortController().signal }
    const busy: Scenario = { ...scenario, measured: ['formed', 'heavy senders'] }
    const [first, again] = await Promise.all([simulate(busy, options), simulate(busy, options)])
    expect(first).toMatchObject({ alone: 0, 'registrar.held.min': 1, 'requests.failed': 0, 'findWarm.found.min': 10 })
    expect(first).toMatchObject({ 'heavy.then.requests': 180, 'heavy.then.failed': 0 })
    expect(first['requests.asked']).toBeGreaterThan(100)
    expect(again).toEqual(first)
  })

  it('is brought into trouble by itself, and gets over it', async () => {
    const options = { progress: () => undefined, signal: new AbortController().signal }
    const figures = await simulate({ ...scenario, measured: ['troubles'] }, options)
    expect(figures).toMatchObject({ 'churn.deaths': 1, 'healed.recovered': 1, 'healed.alone': 0 })
    expect(figures).not.toHaveProperty(['requests.asked'])
  })

  it('loses a worker that is killed as soon as its record has ended, and no other', async () => {
    const simulation = await form()
    const [victim] = simulation.nodes.filter(node => node.donates)
    const asker = simulation.nodes.find(node => !node.donates && node.role === 'client')
    if (victim === undefined || asker === undefined) throw new Error('expected a worker and a requester')
    await victim.kill()
    await simulation.run(330 * second, 'expiring')
    const found = await simulation.until(asker.directory.finder.findService(hotService), 'looking')
    expect(found.map(({ peerId }) => peerId)).not.toContain(victim.peer.id)
    expect(found).toHaveLength(scenario.workers - 1)
  })

  it('loses those that are cut off until the cut has healed', async () => {
    const simulation = await form()
    const isLost = (peer: SimulatedPeer) => peer.number % 3 === 0
    const asker = simulation.nodes.find(node => !node.donates && node.role === 'client' && !isLost(node.peer))
    if (asker === undefined) throw new Error('expected a requester on the larger side')
    const find = async () => {
      const found = await simulation.until(asker.directory.finder.findService(hotService), 'looking')
      return found.map(({ peerId }) => peerId).sort()
    }
    const all = simulation.nodes.filter(node => node.donates).map(({ peer }) => peer)
    simulation.world.internet.part(isLost)
    await simulation.run(6 * minute, 'cut off')
    expect(await find()).toEqual(
      all
        .filter(peer => !isLost(peer))
        .map(({ id }) => id)
        .sort(),
    )
    simulation.world.internet.heal()
    await simulation.run(5 * minute, 'healed')
    expect(await find()).toEqual(all.map(({ id }) => id).sort())
  })
})
