import { MemoryDatastore } from 'datastore-core'
import type { Clock } from '../../src/main/clock.ts'
import { AddressBook } from '../../src/main/dht/address-book.ts'
import { Bootstrap } from '../../src/main/dht/bootstrap.ts'
import { coordinatorLimits, donorLimits } from '../../src/main/dht/limits.ts'
import { configuredSeeds, knownPeers } from '../../src/main/dht/seed-source.ts'
import { createDirectory, type Directory } from '../../src/main/directory/directory.ts'
import type { EnvelopeCache } from '../../src/main/directory/envelope-cache.ts'
import { Sequence } from '../../src/main/directory/sequence.ts'
import { draftOf } from '../../src/main/donation.ts'
import { JobLog } from '../../src/main/ledger/job-log.ts'
import { Lifecycle } from '../../src/main/lifecycle.ts'
import type { Logger } from '../../src/main/log.ts'
import type { Forward, ForwardOutcome } from '../../src/main/routing/forwarder.ts'
import { Router } from '../../src/main/routing/router.ts'
import { RoutingCounters } from '../../src/main/routing/statistics.ts'
import { WorkerExperience } from '../../src/main/routing/worker-experience.ts'
import type { LocalServices } from '../../src/main/service-request.ts'
import { RmaError, toRmaError } from '../../src/shared/errors.ts'
import type { PeerIdText, ServiceType } from '../../src/shared/schema/primitives.ts'
import type { ServiceStatus } from '../../src/shared/schema/service.ts'
import { KiB, type Milliseconds, minute, second } from '../../src/shared/units.ts'
import type { SimulatedInternet } from './simulated-internet.ts'
import { SimulatedJobs } from './simulated-jobs.ts'
import { SimulatedOwner } from './simulated-owner.ts'
import { SimulatedPeer } from './simulated-peer.ts'

const timing = { heartbeatIntervalMs: 30 * second, workerTtlMs: 5 * minute, cacheTtlMs: minute, maxWorkers: 50 }
const requestBytes = KiB
const deadlineMs = 30 * second

export interface World {
  clock: Clock
  internet: SimulatedInternet
  log: Logger
  networkId: string
  random: () => number
  /** Nodes get the same records and renewals: each is decoded and checked once for all of them. */
  envelopes: EnvelopeCache
  /** Everybody there ever was, by peer id. */
  nodes: Map<PeerIdText, SimulatedNode>
}

export interface NodeInit {
  number: number
  role: 'coordinator' | 'server' | 'client'
  /** What it offers; nothing: it only asks. */
  services: readonly ServiceType[]
  /** Multiaddrs of those it joins by. */
  seeds: readonly string[]
  /** Whether it waits for `donate`. */
  donatesLater: boolean
}

/** A node as far as it finds, is found, chooses and works: the project's own parts on a simulated network and clock. */
export class SimulatedNode {
  readonly peer: SimulatedPeer
  readonly directory: Directory
  readonly jobs: SimulatedJobs
  readonly counters = new RoutingCounters()
  readonly role: NodeInit['role']
  readonly #world: World
  readonly #init: NodeInit
  readonly #router: Router
  readonly #owner: SimulatedOwner
  readonly #lifecycle = new Lifecycle()
  #running = false
  #waits: boolean
  #requests = 0

  static async make(world: World, init: NodeInit): Promise<SimulatedNode> {
    const peer = await SimulatedPeer.make(world.internet, {
      number: init.number,
      networkId: world.networkId,
      mode: init.role === 'client' ? 'client' : 'server',
      limits: init.role === 'coordinator' ? coordinatorLimits : donorLimits,
    })
    const node = new SimulatedNode(world, peer, init)
    world.nodes.set(peer.id, node)
    return node
  }

  private constructor(world: World, peer: SimulatedPeer, init: NodeInit) {
    const { clock, log, random, envelopes } = world
    this.#world = world
    this.#init = init
    this.#waits = init.donatesLater
    this.peer = peer
    this.role = init.role
    const host = peer.asHost()
    const datastore = new MemoryDatastore()
    const addressBook = new AddressBook({ datastore, clock, log }, { networkId: world.networkId })
    const store = { load: async () => 0, save: async () => undefined }
    this.directory = createDirectory(
      { host, privateKey: peer.privateKey, sequence: new Sequence({ store, clock, log }), envelopes, clock, log },
      timing,
    )
    const jobMs = () => 200 - 800 * Math.log(1 - random())
    this.jobs = new SimulatedJobs({ clock }, { slots: 2, bound: 8, jobMs }, () => this.#announce())
    this.#owner = new SimulatedOwner({ clock }, random, () => this.#announce())
    this.#router = new Router(
      {
        local: { offers: () => false } as unknown as ConstructorParameters<typeof Router>[0]['local'],
        services: { ...noServices, capacity: () => this.jobs.capacity() },
        workers: this.directory.cache,
        forwarder: { send: forward => this.#send(forward) },
        experience: new WorkerExperience({ clock }),
        counters: this.counters,
        jobs: new JobLog({ clock }),
        clock,
        log,
      },
      { random },
    )
    this.#lifecycle.add('address book', addressBook)
    this.#lifecycle.add('wires', { start: () => world.internet.up(peer), stop: () => world.internet.down(peer) })
    this.#lifecycle.add('directory', this.directory)
    this.#lifecycle.add(
      'bootstrap',
      new Bootstrap({ host, addressBook, sources: [knownPeers(addressBook), configuredSeeds(init.seeds)], clock, log }),
    )
    if (this.donates) this.#lifecycle.add('owner', this.#owner)
  }

  get donates(): boolean {
    return this.#init.services.length > 0
  }

  get isUp(): boolean {
    return this.#running
  }

  async start(): Promise<void> {
    this.#running = true
    await this.#lifecycle.start()
    this.#announce()
  }

  /** It need not wait any more. */
  donate(): void {
    this.#waits = false
    this.#announce()
  }

  /** Its process is killed: the others are told by its machine. */
  async kill(): Promise<void> {
    this.#running = false
    this.#world.internet.down(this.peer)
    await this.#lifecycle.stop()
  }

  /** Its machine loses its power: nobody is told. */
  async vanish(): Promise<void> {
    this.#running = false
    this.#world.internet.cutOff(this.peer)
    await this.#lifecycle.stop()
  }

  /** Resolves with the worker that answered and how long that took. Rejects as `Router.route` does. */
  async request(service: ServiceType): Promise<{ worker: PeerIdText; tookMs: Milliseconds }> {
    const { clock } = this.#world
    const startedAt = clock.now()
    const { worker } = await this.#router.route({
      id: `${this.peer.number}-${this.#requests++}`,
      service,
      requester: this.peer.id,
      contentType: 'text/plain',
      accept: '',
      body: oneChunk(),
      deadlineAt: startedAt + deadlineMs,
      signal: new AbortController().signal,
    })
    return { worker, tookMs: clock.now() - startedAt }
  }

  #announce(): void {
    if (!this.donates && this.role !== 'coordinator') return
    const { mode } = this.#owner
    this.jobs.accepting = this.donates && (mode === 'work' || mode === 'slow')
    if (!this.#running || this.#waits) return
    const draft = draftOf({
      donating: this.donates,
      mode,
      services: this.#init.services.map(type => ({ type }) as ServiceStatus),
      capabilities: {
        workerType: this.role === 'coordinator' ? 'coordinator' : 'desktop',
        cpuThreads: 4,
        memoryMiB: 8_192,
        gpus: [],
      },
      capacity: this.jobs.capacity(),
      addresses: this.peer.addresses(),
      location: undefined,
      ...(this.peer.isServer ? {} : { tunnelUrl: `https://worker-${this.peer.number}.example.org` }),
    })
    if (draft !== undefined) this.directory.announcer.update(draft)
  }

  /** A request's way to a worker and back. Who cannot be reached directly is so through a tunnel, which takes longer. */
  #send({ to, service, patienceMs = deadlineMs, signal }: Forward): Promise<ForwardOutcome> {
    const { internet, nodes, clock } = this.#world
    const worker = nodes.get(to.peerId)
    if (worker === undefined || !internet.isUp(this.peer)) return Promise.resolve(lost('nobody answers'))
    const detour = worker.peer.isServer ? 1 : 2
    const oneWay = detour * internet.oneWayMs(this.peer, worker.peer)
    return new Promise((resolve, reject) => {
      const cancel = () => reject(signal.reason)
      signal.addEventListener('abort', cancel, { once: true })
      const endAfter = (ms: Milliseconds, outcome: ForwardOutcome) =>
        clock.after(ms, () => {
          signal.removeEventListener('abort', cancel)
          resolve(outcome)
        })
      const silent = () => void endAfter(patienceMs, lost('it has not been heard of'))
      const answer = (outcome: ForwardOutcome) => {
        if (!internet.reaches(worker.peer, this.peer)) silent()
        else endAfter(oneWay, worker.isUp ? outcome : lost('gone while it worked'))
      }
      if (!internet.reaches(this.peer, worker.peer)) silent()
      else clock.after(oneWay, () => (worker.isUp ? worker.#take(service, answer) : answer(lost('nobody answers'))))
    })
  }

  #take(service: ServiceType, answer: (outcome: ForwardOutcome) => void): void {
    const said = () => {
      const { load, queue } = this.jobs.capacity()
      return { load, queue: queue.waiting }
    }
    try {
      this.jobs.take(() =>
        answer({
          kind: 'answered',
          answer: {
            worker: this.peer.id,
            path: this.peer.isServer ? 'direct' : 'tunnel',
            contentType: `application/${service}`,
            body: new Uint8Array(),
            ...said(),
          },
        }),
      )
    } catch (error) {
      answer({ kind: 'refused', error: toRmaError(error), ...said() })
    }
  }
}

function lost(why: string): ForwardOutcome {
  return { kind: 'lost', error: new RmaError('WORKER_LOST', why) }
}

const noServices: Omit<LocalServices, 'capacity'> = {
  offers: () => false,
  isIdempotent: () => true,
  maxBytes: () => requestBytes,
  run: async () => {
    throw new RmaError('UNKNOWN_SERVICE', 'nothing runs on this node itself')
  },
}

async function* oneChunk(): AsyncGenerator<Uint8Array, void, void> {
  yield new Uint8Array(requestBytes)
}
