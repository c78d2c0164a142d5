import { type Milliseconds, minute, second } from '../../src/shared/units.ts'
import { mean } from '../statistics.ts'
import { percentile } from '../timing.ts'
import { type Figures, hotService } from './scenario.ts'
import { placeOf } from './simulated-internet.ts'
import type { SimulatedNode } from './simulated-node.ts'
import type { Simulation } from './simulation.ts'

/** How long donors die, and how long a part is cut off. To simulate a minute of the largest networks takes many. */
const lastsMs = (workers: number): Milliseconds => (workers > 2_000 ? 2 : 10) * minute
/** One donor dies so long after another, and a new one comes in its place: a tenth of them within ten minutes. */
const betweenDeathsMs = (workers: number): Milliseconds => (100 * minute) / workers
/** The part of the map that is cut off, from its left edge. */
const lostShare = 1 / 3
const recoveryLimitMs = 10 * minute
/** Answers of so long are put together to tell how mixed they are. */
const windowMs = 10 * second
/** Both sides name so much of their former share of the others again: then it is over. */
const recoveredShare = 0.8
const lookupsPerSecond = 2
const requestsPerSecond = (workers: number) => Math.max(2, workers / 50)

/** What becomes of finding and asking while donors die and while a third of the network is cut off. */
export async function measureTroubles(simulation: Simulation): Promise<Figures> {
  return { ...(await measureChurn(simulation)), ...(await measureOutage(simulation)) }
}

/** Donors die without a word, each second one with its machine; others take their places. */
async function measureChurn(simulation: Simulation): Promise<Figures> {
  const { clock, scenario } = simulation
  const probe = new Probe(simulation, () => true)
  let deaths = 0
  const stop = clock.every(betweenDeathsMs(scenario.workers), () => {
    const victim = simulation.pick(simulation.up().filter(node => node.donates))
    void (deaths++ % 2 === 0 ? victim?.kill() : victim?.vanish())
    void simulation.addNode({ donates: true }).then(node => node.start())
  })
  await simulation.run(lastsMs(scenario.workers), 'dying')
  stop()
  return { 'churn.deaths': deaths, ...(await probe.end('churn')) }
}

/** A third of the map is cut off, some of the coordinators with it, and comes back. */
async function measureOutage(simulation: Simulation): Promise<Figures> {
  const { clock, world, scenario } = simulation
  const isLost = (node: SimulatedNode) => placeOf(node.peer)[0] < lostShare
  const before = await mixture(simulation, isLost)
  world.internet.part(peer => placeOf(peer)[0] < lostShare)
  const outside = new Probe(simulation, node => !isLost(node))
  const inside = new Probe(simulation, isLost)
  await simulation.run(lastsMs(scenario.workers), 'cut off')
  const during = { ...(await outside.end('outage')), ...(await inside.end('outage.inside')) }
  world.internet.heal()
  const healedAt = clock.now()
  const after = new Probe(simulation, () => true)
  let mixed = { outside: 0, inside: 0 }
  const isOver = () => Math.min(mixed.outside / before.outside, mixed.inside / before.inside) >= recoveredShare
  while (!isOver() && clock.now() - healedAt < recoveryLimitMs) mixed = await mixture(simulation, isLost)
  const recoveredMs = clock.now() - healedAt
  return {
    ...during,
    ...(await after.end('healed')),
    'healed.recovered': isOver() ? 1 : 0,
    'healed.recovered.s': recoveredMs / second,
    'healed.alone': simulation.up().filter(({ peer }) => peer.connections === 0).length,
  }
}

/** What share of those whom lookups name is on the other side of the line, seen from both. */
async function mixture(simulation: Simulation, isLost: (node: SimulatedNode) => boolean) {
  const seen = { outside: [] as number[], inside: [] as number[] }
  const look = async (side: keyof typeof seen) => {
    const asker = simulation.pick(simulation.up().filter(node => isLost(node) === (side === 'inside')))
    const found = (await asker?.directory.finder.findService(hotService, { limit: 50 }).catch(() => [])) ?? []
    const named = found.flatMap(({ peerId }) => simulation.world.nodes.get(peerId) ?? [])
    if (named.length > 0) seen[side].push(mean(named.map(node => (isLost(node) === (side === 'inside') ? 0 : 1))))
  }
  const stop = simulation.clock.every(second / lookupsPerSecond, () => {
    void look('outside')
    void look('inside')
  })
  await simulation.run(windowMs, 'looking across')
  stop()
  return { outside: mean(seen.outside), inside: mean(seen.inside) }
}

/** Looks workers up and sends requests from some of the nodes, all the time. */
class Probe {
  readonly #simulation: Simulation
  readonly #stopTimers: (() => void)[]
  readonly #since: { at: Milliseconds; frames: number }
  /** Of each lookup, the share of those named that lived and could be reached. */
  readonly #live: number[] = []
  readonly #took: Milliseconds[] = []
  #lookups = 0
  #requests = 0

  constructor(simulation: Simulation, isAsker: (node: SimulatedNode) => boolean) {
    const { clock, world, scenario } = simulation
    this.#simulation = simulation
    this.#since = { at: clock.now(), frames: world.internet.frames }
    const asker = () => simulation.pick(simulation.up().filter(isAsker))
    this.#stopTimers = [
      clock.every(second / lookupsPerSecond, () => void this.#lookUp(asker())),
      clock.every(second / requestsPerSecond(scenario.workers), () => void this.#request(asker())),
    ]
  }

  async end(name: string): Promise<Figures> {
    const { clock, world } = this.#simulation
    for (const stop of this.#stopTimers) stop()
    const frames = world.internet.frames - this.#since.frames
    const seconds = (clock.now() - this.#since.at) / second
    // What was asked last may take its whole deadline.
    await this.#simulation.run(0.5 * minute, 'waiting for answers')
    return {
      [`${name}.lookups`]: this.#lookups,
      [`${name}.lookupSuccess`]: this.#live.filter(share => share > 0).length / this.#lookups,
      [`${name}.lookupLive`]: mean(this.#live),
      [`${name}.requests`]: this.#requests,
      [`${name}.requestSuccess`]: this.#took.length / this.#requests,
      [`${name}.requests.ms.p50`]: percentile(this.#took, 0.5),
      [`${name}.requests.ms.p99`]: percentile(this.#took, 0.99),
      [`${name}.frames`]: frames / seconds / this.#simulation.up().length,
    }
  }

  async #lookUp(asker: SimulatedNode | undefined): Promise<void> {
    if (asker === undefined) return
    const { nodes, internet } = this.#simulation.world
    const found = await asker.directory.finder.findService(hotService, { limit: 50 }).catch(() => [])
    // Who has died meanwhile can expect nothing.
    if (!asker.isUp) return
    this.#lookups++
    const live = found.filter(({ peerId }) => {
      const worker = nodes.get(peerId)
      return worker?.isUp && internet.reaches(asker.peer, worker.peer)
    })
    this.#live.push(live.length / Math.max(1, found.length))
  }

  async #request(asker: SimulatedNode | undefined): Promise<void> {
    if (asker === undefined) return
    const tookMs = await asker.request(hotService).then(
      answer => answer.tookMs,
      () => undefined,
    )
    if (!asker.isUp) return
    this.#requests++
    if (tookMs !== undefined) this.#took.push(tookMs)
  }
}
