import './shared-signatures.ts'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { EnvelopeCache } from '../../src/main/directory/envelope-cache.ts'
import { closestPeers, keyPosition, peerPosition, registrarsPerKey, serviceKey } from '../../src/main/directory/keys.ts'
import { createLog, LogBuffer } from '../../src/main/log.ts'
import type { ServiceType } from '../../src/shared/schema/primitives.ts'
import { MiB, type Milliseconds, minute, second } from '../../src/shared/units.ts'
import { SimulatedClock } from '../simulation/simulated-clock.ts'
import { renewedMs, type Scenario, servicesOf } from './scenario.ts'
import { SimulatedInternet } from './simulated-internet.ts'
import { type NodeInit, SimulatedNode, type World } from './simulated-node.ts'

const startAt = Date.UTC(2026, 0, 1)
const settleMs = 1 * minute
const defaultJoinsPerSecond = 100
/** Enough for all that 10,000 workers say before it ends. */
const sharedEnvelopes = { maxCount: 50_000, maxBytes: 64 * MiB, maxRenewals: 100_000 }
/** Coordinators that a newcomer has been told of. */
const seedsOfNewcomer = 4

/** Nodes, a clock that is turned for them, and the internet between them. */
export class Simulation {
  readonly clock = new SimulatedClock(startAt)
  readonly world: World
  readonly scenario: Scenario
  readonly nodes: SimulatedNode[] = []
  readonly #seeds: string[] = []
  readonly #progress: (line: string) => void

  private constructor(scenario: Scenario, random: () => number, progress: (line: string) => void) {
    this.scenario = scenario
    this.#progress = progress
    const { clock } = this
    const { oneWayMs } = scenario
    const internet = new SimulatedInternet({ clock }, oneWayMs === undefined ? {} : { oneWayMs: () => oneWayMs })
    const log = createLog({ level: 'error', buffer: new LogBuffer() })
    const networkId = 'a'.repeat(16)
    const envelopes = new EnvelopeCache({ networkId, ...sharedEnvelopes })
    this.world = { clock, internet, log, networkId, random, envelopes, nodes: new Map() }
  }

  /** `random` must be what Math.random is in this process, for the nodes' own code draws from that. */
  static async form(
    scenario: Scenario,
    random: () => number,
    progress: (line: string) => void = () => undefined,
  ): Promise<Simulation> {
    const simulation = new Simulation(scenario, random, progress)
    await simulation.#form()
    return simulation
  }

  async #form(): Promise<void> {
    const { scenario, clock } = this
    const { workers, coordinators, requesters, joinsPerSecond = defaultJoinsPerSecond, donateLater } = scenario
    for (let number = 0; number < coordinators; number++) {
      const node = await this.#add({
        number,
        role: 'coordinator',
        services: [],
        seeds: this.#seeds.slice(0, 8),
        donatesLater: false,
      })
      this.#seeds.push(`${node.peer.seenAt.toString()}/p2p/${node.peer.id}`)
      clock.after(number * 50, () => void node.start())
    }
    for (let index = 0; index < workers + requesters; index++) {
      const node = await this.addNode({ donates: index < workers })
      clock.after(5 * second + (index * second) / joinsPerSecond, () => void node.start())
    }
    await this.run(5 * second + ((workers + requesters) * second) / joinsPerSecond, 'joining')
    await this.run(settleMs, 'settling')
    if (donateLater !== true) return
    for (const [index, node] of this.nodes.entries())
      clock.after((index * second) / joinsPerSecond, () => node.donate())
    // Real ones are looked at after finds, which take about as long again.
    await this.run((this.nodes.length * second) / joinsPerSecond + 2 * renewedMs, 'announcing')
  }

  /** One node more, which is not started yet. */
  async addNode({ donates }: { donates: boolean }): Promise<SimulatedNode> {
    const { random } = this.world
    const number = this.nodes.length
    const role = random() < this.scenario.serverShare ? 'server' : 'client'
    const services = donates ? servicesOf(number) : []
    const some = Array.from({ length: seedsOfNewcomer }, () => this.#seeds[Math.floor(random() * this.#seeds.length)])
    const seeds = [...new Set(some)].filter(seed => seed !== undefined)
    return this.#add({ number, role, services, seeds, donatesLater: this.scenario.donateLater === true })
  }

  async #add(init: NodeInit): Promise<SimulatedNode> {
    const node = await SimulatedNode.make(this.world, init)
    this.nodes.push(node)
    return node
  }

  /** Those that run. */
  up(): SimulatedNode[] {
    return this.nodes.filter(node => node.isUp)
  }

  /** Any of `nodes`, each with the same chance. */
  pick(nodes: readonly SimulatedNode[]): SimulatedNode | undefined {
    return nodes[Math.floor(this.world.random() * nodes.length)]
  }

  /** Lets simulated time go on by so much, or until `done`. */
  async run(forMs: Milliseconds, what: string, done: () => boolean = () => false): Promise<void> {
    const end = this.clock.now() + forMs
    let nextWord = this.clock.now() + 10 * second
    while (!done() && this.clock.stepMoment(end)) {
      // Promises go on before time does.
      await nextTurn()
      if (this.clock.now() < nextWord) continue
      nextWord += 10 * second
      const leftSeconds = Math.round((end - this.clock.now()) / second)
      this.#progress(`${this.scenario.workers} workers: ${what}, ${leftSeconds} s left`)
    }
  }

  /** Waits for something that takes simulated time. */
  async until<T>(promise: Promise<T>, what: string): Promise<T> {
    let over = false
    const settled = promise.finally(() => {
      over = true
    })
    settled.catch(() => undefined)
    await this.run(10 * minute, what, () => over)
    return settled
  }

  /** The servers that are truly closest to a service's key. */
  registrarsOf(service: ServiceType): SimulatedNode[] {
    const servers = this.up()
      .filter(node => node.peer.isServer)
      .map(node => ({ node, position: peerPosition(node.peer.id) }))
    return closestPeers(servers, keyPosition(serviceKey(service)), registrarsPerKey).map(({ node }) => node)
  }
}
