import { serviceKey } from '../../src/main/directory/keys.ts'
import { type Milliseconds, minute, second } from '../../src/shared/units.ts'
import { mean, sum } from '../statistics.ts'
import { percentile } from '../timing.ts'
import { countedLookup } from './counted-lookup.ts'
import { afterFindMs, type Figures, hotService } from './scenario.ts'
import type { SimulatedNode } from './simulated-node.ts'
import type { Simulation } from './simulation.ts'

/** First finds are expensive, and answered by the same few; most nodes have made theirs by the end of this. */
const warmUpMs = 2 * minute
const measuredMs = 1 * minute
const askerCount = 30
/** In a large network several look at the same time: simulating it takes long, and they are too few to be felt. */
const nodesToAnAsker = 500

/** What a network is like that has formed: as it stands, what finding takes, and what a minute of requests costs. */
export async function measure(simulation: Simulation): Promise<Figures> {
  return {
    ...measureStanding(simulation),
    ...(await measureFinds(simulation)),
    ...(await measureLookups(simulation)),
    ...(await measureSteady(simulation)),
  }
}

/** What is there without anything being done. */
function measureStanding(simulation: Simulation): Figures {
  const up = simulation.up()
  const of = (role: string) => up.filter(node => node.role === role)
  const now = simulation.clock.now()
  const workers = up.filter(node => node.donates)
  const underHotKey = ({ directory }: SimulatedNode) =>
    directory.registry.find(serviceKey(hotService), { limit: 1, now, random: Math.random }).total
  const held = simulation.registrarsOf(hotService).map(node => underHotKey(node) / workers.length)
  const connections = (nodes: SimulatedNode[]) => nodes.map(({ peer }) => peer.connections)
  // Who is just telling its registrars something new is held by none until they have heard it.
  const settled = workers.filter(({ directory }) => directory.announcer.settled)
  const heldBy = settled.map(({ directory }) => directory.announcer.heldBy)
  const sizes = up.map(({ directory }) => directory.registry.size)
  return {
    alone: up.filter(({ peer }) => peer.connections === 0).length,
    'connections.mean': mean(connections(up)),
    'connections.coordinator.mean': mean(connections(of('coordinator'))),
    'connections.coordinator.max': Math.max(0, ...connections(of('coordinator'))),
    'connections.server.mean': mean(connections(of('server'))),
    'connections.server.max': Math.max(0, ...connections(of('server'))),
    'connections.client.mean': mean(connections(of('client'))),
    turnedAway: sum(up.map(({ peer }) => peer.traffic.turnedAway)),
    failedDials: sum(up.map(({ peer }) => peer.traffic.failedDials)),
    dials: sum(up.map(({ peer }) => peer.traffic.dials)),
    'announced.mean': mean(heldBy),
    'announced.min': Math.min(...heldBy),
    'registrar.held.mean': mean(held),
    'registrar.held.min': Math.min(...held),
    'registrar.KiB.max': Math.max(...sizes.map(({ bytes }) => bytes)) / 1024,
    'registrar.workers.max': Math.max(...sizes.map(({ workers }) => workers)),
  }
}

function askersOf(simulation: Simulation): SimulatedNode[] {
  return simulation
    .up()
    .filter(node => !node.donates && node.role !== 'coordinator')
    .slice(0, askerCount)
}

/** Finds by nodes that have not looked for the service before. */
async function measureFinds(simulation: Simulation): Promise<Figures> {
  const cold: Find[] = []
  const warm: Find[] = []
  const askers = askersOf(simulation)
  const atOnce = Math.max(1, Math.floor(simulation.up().length / nodesToAnAsker))
  for (let index = 0; index < askers.length; index += atOnce) {
    const some = askers.slice(index, index + atOnce)
    cold.push(...(await findAtOnce(simulation, some)))
    warm.push(...(await findAtOnce(simulation, some)))
  }
  return { ...figuresOf('findCold', cold), ...figuresOf('findWarm', warm) }
}

interface Find {
  found: number
  tookMs: Milliseconds
  questions: number
  bytes: number
  answerBytes: number
  dials: number
}

async function findAtOnce(simulation: Simulation, askers: readonly SimulatedNode[]): Promise<Find[]> {
  return simulation.until(Promise.all(askers.map(async asker => find(simulation, asker))), 'looking')
}

async function find(simulation: Simulation, { peer, directory }: SimulatedNode): Promise<Find> {
  const { clock } = simulation
  const before = { ...peer.traffic, at: clock.now() }
  const found = await directory.finder.findService(hotService, { limit: 50 })
  const tookMs = clock.now() - before.at
  await new Promise<void>(resolve => clock.after(afterFindMs, resolve))
  return {
    found: found.length,
    tookMs,
    questions: peer.traffic.questions - before.questions,
    bytes: peer.traffic.bytesIn - before.bytesIn,
    answerBytes: peer.traffic.answerBytesIn - before.answerBytesIn,
    dials: peer.traffic.dials - before.dials,
  }
}

function figuresOf(name: string, finds: readonly Find[]): Figures {
  const took = finds.map(({ tookMs }) => tookMs)
  return {
    [`${name}.ms.p50`]: percentile(took, 0.5),
    [`${name}.ms.p99`]: percentile(took, 0.99),
    [`${name}.questions.p50`]: percentile(
      finds.map(({ questions }) => questions),
      0.5,
    ),
    [`${name}.questions.mean`]: mean(finds.map(({ questions }) => questions)),
    [`${name}.bytes.p50`]: percentile(
      finds.map(({ bytes }) => bytes),
      0.5,
    ),
    [`${name}.bytes.mean`]: mean(finds.map(({ bytes }) => bytes)),
    [`${name}.answerBytes.p50`]: percentile(
      finds.map(({ answerBytes }) => answerBytes),
      0.5,
    ),
    [`${name}.dials.mean`]: mean(finds.map(({ dials }) => dials)),
    [`${name}.found.min`]: Math.min(...finds.map(({ found }) => found)),
  }
}

/** Searches for the servers closest to some place, by nodes that know what they know by now. */
async function measureLookups(simulation: Simulation): Promise<Figures> {
  const { clock, log } = simulation.world
  const lookups = []
  for (const { peer, directory } of askersOf(simulation)) {
    const lookup = countedLookup({ host: peer.asHost(), directory, clock, log })
    lookups.push(await simulation.until(lookup, 'looking servers up'))
  }
  return {
    'lookup.questions.mean': mean(lookups.map(({ questions }) => questions)),
    'lookup.hops.mean': mean(lookups.map(({ hops }) => hops)),
    'lookup.hops.max': Math.max(...lookups.map(({ hops }) => hops)),
  }
}

/** A minute of requests, after two of the same, and what it costs everybody. */
async function measureSteady(simulation: Simulation): Promise<Figures> {
  const { scenario, clock } = simulation
  const up = simulation.up()
  const { senderShare = 1 } = scenario
  const senders = up.filter((_, index) => index % Math.round(1 / senderShare) === 0)
  let took: number[] = []
  let asked = 0
  let failed = 0
  const stop = clock.every(second / scenario.requestsPerSecond, () => {
    asked++
    simulation
      .pick(senders)
      ?.request(hotService)
      .then(
        ({ tookMs }) => took.push(tookMs),
        () => failed++,
      )
  })
  await simulation.run(warmUpMs, 'warming up')
  const before = new Map(up.map(node => [node, { done: node.jobs.done, ...takeStock(node) }]))
  took = []
  asked = 0
  await simulation.run(measuredMs, 'working')
  stop()
  const perSecond = (now: number, then = 0) => (now - then) / (measuredMs / second)
  const rates = up.map(node => {
    const then = before.get(node)
    const now = takeStock(node)
    return {
      node,
      framesIn: perSecond(now.framesIn, then?.framesIn),
      bytesIn: perSecond(now.bytesIn, then?.bytesIn),
      bytesOut: perSecond(now.bytesOut, then?.bytesOut),
      by: new Map([...now.by].map(([kind, bytes]) => [kind, perSecond(bytes, then?.by.get(kind))])),
    }
  })
  const done = up.filter(node => node.donates).map(node => node.jobs.done - (before.get(node)?.done ?? 0))
  const even = drawnEvenly(sum(done), done.length)
  const of = (role: string) => rates.filter(({ node }) => node.role === role)
  const [clients, servers, coordinators] = [of('client'), of('server'), of('coordinator')]
  const kinds = new Set(clients.flatMap(({ by }) => [...by.keys()]))
  const byKind = [...kinds].map(kind => [`client.bytesIn.${kind}`, mean(clients.map(({ by }) => by.get(kind) ?? 0))])
  return {
    'requests.asked': asked,
    'requests.failed': failed,
    'requests.ms.p50': percentile(took, 0.5),
    'requests.ms.p99': percentile(took, 0.99),
    'share.max': Math.max(...done) / mean(done),
    'share.even.max': Math.max(...even) / mean(done),
    'share.tenth': busiestTenth(done),
    'share.even.tenth': busiestTenth(even),
    'share.none': done.filter(jobs => jobs === 0).length / done.length,
    'client.bytesOut': mean(clients.map(({ bytesOut }) => bytesOut)),
    'client.bytesIn': mean(clients.map(({ bytesIn }) => bytesIn)),
    ...Object.fromEntries(byKind),
    'server.framesIn': mean(servers.map(({ framesIn }) => framesIn)),
    'server.framesIn.max': Math.max(0, ...servers.map(({ framesIn }) => framesIn)),
    'server.bytesIn.max': Math.max(0, ...servers.map(({ bytesIn }) => bytesIn)),
    'coordinator.bytesIn': mean(coordinators.map(({ bytesIn }) => bytesIn)),
    'coordinator.bytesOut': mean(coordinators.map(({ bytesOut }) => bytesOut)),
    frames: sum(rates.map(({ framesIn }) => framesIn)) / up.length,
  }
}

/** How many of so many draws fall to each of `count`, all of which have the same chance. */
function drawnEvenly(draws: number, count: number): number[] {
  const drawn = Array.from({ length: count }, () => 0)
  for (let draw = 0; draw < draws; draw++) {
    const at = Math.floor(Math.random() * count)
    drawn[at] = Number(drawn[at]) + 1
  }
  return drawn
}

/** The share of the requests that the busiest tenth of the workers got. */
function busiestTenth(done: readonly number[]): number {
  const busiest = done.toSorted((one, other) => other - one).slice(0, Math.ceil(done.length / 10))
  return sum(busiest) / sum(done)
}

function takeStock({ peer: { traffic } }: SimulatedNode) {
  const { framesIn, bytesIn, bytesOut, bytesInBy } = traffic
  return { framesIn, bytesIn, bytesOut, by: new Map(bytesInBy) }
}
