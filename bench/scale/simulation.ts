import { randomFill } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { promisify } from 'node:util'
import { closestPeers, keyPosition, peerPosition, serviceKey } from '../../src/main/directory/keys.ts'
import { registrarsPerKey } from '../../src/main/directory/registrars.ts'
import { createLog, LogBuffer } from '../../src/main/log.ts'
import type { ServiceType } from '../../src/shared/schema/primitives.ts'
import { type Milliseconds, minute, second } from '../../src/shared/units.ts'
import { SimulatedClock } from '../simulation/simulated-clock.ts'
import { mean, sum } from '../statistics.ts'
import { percentile } from '../timing.ts'
import { SimulatedInternet } from './simulated-internet.ts'
import { SimulatedNode, type World } from './simulated-node.ts'

/** The service that nearly everybody offers, and whose key is therefore the busiest. */
export const hotService: ServiceType = 'ocr'

export interface Scenario {
  /** Nodes that donate, coordinators not among them. */
  workers: number
  coordinators: number
  /** Of the donors, how many can be reached by others and serve the DHT. */
  serverShare: number
  /** Nodes that only ask. */
  requesters: number
  requestsPerSecond: number
  seed: number
}

/** What a simulated network is like once it has formed. Rates are for each second of simulated time. */
export type Figures = Record<string, number>

const startAt = Date.UTC(2026, 0, 1)
const settleMs = 1 * minute
const measuredMs = 1 * minute
const joinsPerSecond = 100
const fillAside = promisify(randomFill)

export class Simulation {
  readonly clock = new SimulatedClock(startAt)
  readonly world: World
  readonly scenario: Scenario
  readonly nodes: SimulatedNode[] = []
  readonly #progress: (line: string) => void

  private constructor(scenario: Scenario, random: () => number, progress: (line: string) => void) {
    this.scenario = scenario
    this.#progress = progress
    const { clock } = this
    const internet = new SimulatedInternet({ clock })
    const log = createLog({ level: 'error', buffer: new LogBuffer() })
    this.world = { clock, internet, log, networkId: 'a'.repeat(16), random, nodes: new Map() }
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
    const { scenario, world, clock } = this
    const { workers, coordinators, serverShare, requesters } = scenario
    const seeds: string[] = []
    for (let number = 0; number < coordinators; number++) {
      const known = seeds.slice(0, 8)
      const node = await this.#add({ number, role: 'coordinator', services: [], seeds: known })
      seeds.push(`${node.peer.seenAt.toString()}/p2p/${node.peer.id}`)
      clock.after(number * 50, () => void node.start())
    }
    for (let index = 0; index < workers + requesters; index++) {
      const role = world.random() < serverShare ? ('server' as const) : ('client' as const)
      const services = index >= workers ? [] : index % 3 === 0 ? [hotService, 'ner-extraction'] : [hotService]
      const some = Array.from({ length: 4 }, () => seeds[Math.floor(world.random() * seeds.length)] ?? '')
      const node = await this.#add({ number: coordinators + index, role, services, seeds: [...new Set(some)] })
      clock.after(5 * second + (index * second) / joinsPerSecond, () => void node.start())
    }
    await this.run(5 * second + ((workers + requesters) * second) / joinsPerSecond, 'joining')
    await this.run(settleMs, 'settling')
  }

  async #add(init: Parameters<typeof SimulatedNode.make>[1]): Promise<SimulatedNode> {
    const node = await SimulatedNode.make(this.world, init)
    this.nodes.push(node)
    return node
  }

  /** Lets simulated time go on by so much, or until `done`. */
  async run(forMs: Milliseconds, what: string, done: () => boolean = () => false): Promise<void> {
    const end = this.clock.now() + forMs
    let nextWord = this.clock.now()
    while (!done()) {
      const due = this.clock.step(end)
      if (due === 'nothing') return
      // Promises go on before time does, and so do signatures that are checked aside: the pool has one thread, so whatever
      // was handed to it is done when this is.
      await nextTurn()
      if (this.world.internet.isChecking) await fillAside(new Uint8Array(1))
      if (this.clock.now() < nextWord) continue
      nextWord += 10 * second
      this.#progress(
        `${this.scenario.workers} workers: ${what}, ${Math.round((end - this.clock.now()) / second)} s left`,
      )
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
    const servers = this.nodes
      .filter(node => node.isUp && node.peer.isServer)
      .map(node => ({ node, position: peerPosition(node.peer.id) }))
    return closestPeers(servers, keyPosition(serviceKey(service)), registrarsPerKey).map(({ node }) => node)
  }

  /** Workers that the registrar with the most of them keeps. */
  get busiestRegistrar(): number {
    return Math.max(...this.nodes.map(({ directory }) => directory.registry.size.workers))
  }

  async measure(): Promise<Figures> {
    return { ...this.#standing(), ...(await this.#lookups()), ...(await this.#steady()) }
  }

  /** What is there without anything being done. */
  #standing(): Figures {
    const up = this.nodes.filter(node => node.isUp)
    const of = (role: string) => up.filter(node => node.role === role)
    const now = this.clock.now()
    const workers = up.filter(node => node.donates)
    const held = this.registrarsOf(hotService).map(
      node =>
        node.directory.registry.find(serviceKey(hotService), { limit: 1, now, random: Math.random }).total /
        workers.length,
    )
    const connections = (nodes: SimulatedNode[]) => nodes.map(({ peer }) => peer.connections)
    return {
      alone: up.filter(({ peer }) => peer.connections === 0).length,
      'connections.mean': mean(connections(up)),
      'connections.coordinator.mean': mean(connections(of('coordinator'))),
      'connections.server.mean': mean(connections(of('server'))),
      'connections.server.max': Math.max(0, ...connections(of('server'))),
      'connections.client.mean': mean(connections(of('client'))),
      turnedAway: sum(up.map(({ peer }) => peer.traffic.turnedAway)),
      failedDials: sum(up.map(({ peer }) => peer.traffic.failedDials)),
      dials: sum(up.map(({ peer }) => peer.traffic.dials)),
      'announced.mean': mean(workers.map(({ directory }) => directory.announcer.heldBy)),
      'announced.min': Math.min(...workers.map(({ directory }) => directory.announcer.heldBy)),
      'registrar.held.mean': mean(held),
      'registrar.held.min': Math.min(...held),
      'registrar.KiB.max': Math.max(...up.map(({ directory }) => directory.registry.size.bytes)) / 1024,
      'registrar.workers.max': Math.max(...up.map(({ directory }) => directory.registry.size.workers)),
    }
  }

  /** Finds by nodes that have not looked for the service before. */
  async #lookups(): Promise<Figures> {
    const askers = this.nodes.filter(node => node.isUp && !node.donates && node.role !== 'coordinator').slice(0, 30)
    const cold: Lookup[] = []
    const warm: Lookup[] = []
    for (const asker of askers) {
      cold.push(await this.#find(asker))
      await this.run(2 * second, 'looking')
      warm.push(await this.#find(asker))
    }
    return {
      'findCold.ms.p50': percentile(
        cold.map(({ tookMs }) => tookMs),
        0.5,
      ),
      'findCold.ms.p99': percentile(
        cold.map(({ tookMs }) => tookMs),
        0.99,
      ),
      'findCold.frames.mean': mean(cold.map(({ frames }) => frames)),
      'findCold.dials.mean': mean(cold.map(({ dials }) => dials)),
      'findCold.found.min': Math.min(...cold.map(({ found }) => found)),
      'findWarm.ms.p50': percentile(
        warm.map(({ tookMs }) => tookMs),
        0.5,
      ),
      'findWarm.ms.p99': percentile(
        warm.map(({ tookMs }) => tookMs),
        0.99,
      ),
      'findWarm.frames.mean': mean(warm.map(({ frames }) => frames)),
      'findWarm.bytes.mean': mean(warm.map(({ bytes }) => bytes)),
      'findWarm.found.min': Math.min(...warm.map(({ found }) => found)),
    }
  }

  async #find({ peer, directory }: SimulatedNode): Promise<Lookup> {
    const before = { ...peer.traffic, at: this.clock.now() }
    const found = await this.until(directory.finder.findService(hotService, { limit: 50 }), 'looking')
    const tookMs = this.clock.now() - before.at
    return {
      found: found.length,
      tookMs,
      frames: peer.traffic.framesOut - before.framesOut,
      bytes: peer.traffic.bytesIn - before.bytesIn,
      dials: peer.traffic.dials - before.dials,
    }
  }

  /** A minute of requests, and what it costs everybody. */
  async #steady(): Promise<Figures> {
    const { requestsPerSecond } = this.scenario
    const up = this.nodes.filter(node => node.isUp)
    const before = new Map(up.map(node => [node, { ...node.peer.traffic }]))
    const doneBefore = new Map(up.map(node => [node, node.jobs.done]))
    const took: number[] = []
    let asked = 0
    let failed = 0
    const request = () => {
      const asker = up[Math.floor(this.world.random() * up.length)]
      asked++
      asker?.request(hotService).then(
        ({ tookMs }) => took.push(tookMs),
        () => failed++,
      )
    }
    const stop = this.clock.every(second / requestsPerSecond, request)
    await this.run(measuredMs, 'working')
    stop()
    const rates = up.map(node => ({
      node,
      framesIn: (node.peer.traffic.framesIn - (before.get(node)?.framesIn ?? 0)) / (measuredMs / second),
      bytesIn: (node.peer.traffic.bytesIn - (before.get(node)?.bytesIn ?? 0)) / (measuredMs / second),
      bytesOut: (node.peer.traffic.bytesOut - (before.get(node)?.bytesOut ?? 0)) / (measuredMs / second),
    }))
    const done = up.filter(node => node.donates).map(node => node.jobs.done - (doneBefore.get(node) ?? 0))
    const clients = rates.filter(({ node }) => node.role === 'client')
    const servers = rates.filter(({ node }) => node.role === 'server')
    return {
      'requests.asked': asked,
      'requests.failed': failed,
      'requests.ms.p50': percentile(took, 0.5),
      'requests.ms.p99': percentile(took, 0.99),
      'share.max': Math.max(...done) / mean(done),
      'client.bytesOut': mean(clients.map(({ bytesOut }) => bytesOut)),
      'client.bytesIn': mean(clients.map(({ bytesIn }) => bytesIn)),
      'server.framesIn': mean(servers.map(({ framesIn }) => framesIn)),
      'server.framesIn.max': Math.max(0, ...servers.map(({ framesIn }) => framesIn)),
      'server.bytesIn.max': Math.max(0, ...servers.map(({ bytesIn }) => bytesIn)),
      frames: sum(rates.map(({ framesIn }) => framesIn)) / up.length,
    }
  }
}

interface Lookup {
  found: number
  tookMs: Milliseconds
  frames: number
  bytes: number
  dials: number
}
