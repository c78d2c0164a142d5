import { isDeepStrictEqual } from 'node:util'
import { RmaError } from '../../shared/errors.ts'
import { loadOf } from '../../shared/load-of.ts'
import type { ServiceType } from '../../shared/schema/primitives.ts'
import type { ServiceStatus } from '../../shared/schema/service.ts'
import type { Settings } from '../../shared/schema/settings.ts'
import type { Queue } from '../../shared/schema/worker.ts'
import type { Startable } from '../lifecycle.ts'
import { LiveValue } from '../live-value.ts'
import type { Capacity, LocalServices, ServiceAnswer, ServiceRequest } from '../service-request.ts'
import type { EnginePoolComponents } from './engine-pool.ts'
import type { Machine, ServiceDefinition } from './service-definition.ts'
import { ServiceLane } from './service-lane.ts'

/** Whose requests are taken on. */
export type Accepting = 'nobody' | 'everybody'

/** What of the machine the services may have, and what becomes of the jobs they have. */
export interface ServiceOrder {
  accepting: Accepting
  /** When nobody's requests are accepted: jobs under way are finished, or handed back for others to do. */
  underWay: 'finish' | 'hand-back'
  /** Jobs at once, of all services. */
  jobs: number
  memoryMiB: number
  gpu: boolean
  /** Share of their time in which the graphics cards compute, for whomever; missing: unknown. */
  gpuBusy?: number
}

export interface ServiceHostInit {
  machine: Machine
  /** The donor's choices; a service that is not named is off. */
  services: Settings['services']
  /** All there are. */
  definitions: readonly ServiceDefinition[]
}

/** Runs the services of this node: one lane each, so that a flood of one kind never holds up another. */
export class ServiceHost implements LocalServices, Startable {
  /** Every service there is here, offered or not. */
  readonly status: LiveValue<ServiceStatus[]>
  /** Pages read since the node started. */
  readonly pagesRead = new LiveValue(0)
  readonly #components: EnginePoolComponents
  readonly #machine: Machine
  #lanes: ReadonlyMap<ServiceType, ServiceLane>
  /** Of services that are no longer here: they finish what they have begun. */
  readonly #leaving = new Set<ServiceLane>()
  /** What was told last. */
  #published: { statuses: ServiceStatus[]; capacity: Capacity; accepting: Accepting; jobs: number } | undefined
  #started = false
  #accepting: Accepting = 'nobody'
  #draining = false
  /** Jobs at once that may begin now. */
  #mostSlots = Number.POSITIVE_INFINITY
  #order: Omit<ServiceOrder, 'accepting' | 'underWay'> = {
    jobs: Number.POSITIVE_INFINITY,
    memoryMiB: Number.POSITIVE_INFINITY,
    gpu: true,
  }

  constructor(components: EnginePoolComponents, init: ServiceHostInit) {
    const { machine, services, definitions } = init
    this.#components = components
    this.#machine = machine
    this.#lanes = new Map(definitions.map(each => [each.type, this.#open(each, services)]))
    this.status = new LiveValue(this.#statuses())
  }

  /**
   * Offers these services from now on. One whose definition is another object than before begins anew: what waits for it
   * is sent elsewhere with PAUSED, what has begun goes on to its end.
   */
  redefine(definitions: readonly ServiceDefinition[], services: Settings['services']): void {
    const before = this.#lanes
    if (definitions.length === before.size && definitions.every(each => before.get(each.type)?.definition === each))
      return
    const isKept = ({ definition }: ServiceLane) => definitions.includes(definition)
    this.#lanes = new Map(
      definitions.map(definition => {
        const lane = before.get(definition.type)
        return [definition.type, lane !== undefined && isKept(lane) ? lane : this.#open(definition, services)]
      }),
    )
    for (const lane of before.values()) if (!isKept(lane)) this.#retire(lane)
    for (const lane of this.#lanes.values()) {
      if ([...before.values()].includes(lane)) continue
      this.#limit(lane)
      if (this.#started) lane.start()
    }
    this.#publish()
  }

  #open(definition: ServiceDefinition, services: Settings['services']): ServiceLane {
    return new ServiceLane(this.#components, {
      definition,
      machine: this.#machine,
      ...(services[definition.type] ?? { enabled: false }),
      mayBegin: () => this.#mayBegin(definition),
      onSettled: () => this.#settled(),
      onChange: () => this.#publish(),
      onPages: pages => this.pagesRead.update(read => read + pages),
    })
  }

  #retire(lane: ServiceLane): void {
    this.#leaving.add(lane)
    lane.turnAway({ begun: false })
    void this.#endIdle()
  }

  #settled(): void {
    this.#pumpAll()
    void this.#endIdle()
  }

  /** Ends the engines of services that are no longer here once they have nothing to do. */
  async #endIdle(): Promise<void> {
    const idle = [...this.#leaving].filter(lane => lane.jobs === 0)
    await Promise.all(idle.map(lane => lane.stop(new RmaError('PAUSED', 'this service is no longer here'))))
    for (const lane of idle) this.#leaving.delete(lane)
  }

  start(): void {
    this.#started = true
    this.#draining = false
    for (const lane of this.#lanes.values()) lane.start()
    this.#publish()
  }

  /** Ends every job with PAUSED, which sends its requester to another worker, and every engine; waits until they are gone. */
  async stop(): Promise<void> {
    this.#started = false
    this.#accepting = 'nobody'
    this.#publish()
    const error = new RmaError('PAUSED', 'this node is stopping')
    await Promise.all(this.#all.map(lane => lane.stop(error)))
    this.#leaving.clear()
    this.#publish()
  }

  /** Jobs that were taken on go on when nobody's are accepted any more. */
  setAccepting(accepting: Accepting): void {
    this.#accepting = accepting
    this.#publish()
  }

  /**
   * Puts an order into force at once. When nobody's requests are accepted, those that wait are turned away with PAUSED,
   * and those under way, if they are handed back, with WORKER_LOST: another worker may do them. Engines are unloaded as
   * soon as they have nothing to do.
   */
  govern(order: ServiceOrder): void {
    const { accepting, underWay, jobs, memoryMiB, gpu, gpuBusy } = order
    this.#accepting = this.#draining ? 'nobody' : accepting
    this.#mostSlots = accepting === 'nobody' ? 0 : jobs
    this.#order = { jobs, memoryMiB, gpu, ...(gpuBusy === undefined ? {} : { gpuBusy }) }
    for (const lane of this.#all) {
      this.#limit(lane)
      if (accepting === 'nobody') lane.turnAway({ begun: underWay === 'hand-back' })
    }
    this.#publish()
  }

  /** Bounds what a service runs at once by the last order. */
  #limit(lane: ServiceLane): void {
    const unbounded = lane.definition.elsewhere === true && this.#mostSlots > 0
    lane.limit({ slots: unbounded ? Number.POSITIVE_INFINITY : this.#mostSlots, gpu: this.#order.gpu })
  }

  /** Jobs that wait, run, or whose answers are being made. */
  get jobs(): number {
    return this.#all.reduce((sum, lane) => sum + lane.jobs, 0)
  }

  /** The least memory that a job of a service that is on takes; 0: none is on. */
  get leastJobMiB(): number {
    const needs = this.#ownLanes.filter(lane => lane.status.enabled).map(lane => lane.definition.memoryMiB)
    return needs.length === 0 ? 0 : Math.min(...needs)
  }

  /** @throws RmaError UNKNOWN_SERVICE */
  setEnabled(type: ServiceType, enabled: boolean): void {
    this.#lane(type).setEnabled(enabled)
  }

  /** Follows a change of the donor's settings. */
  configure(services: Settings['services']): void {
    for (const [type, lane] of this.#lanes) lane.configure(services[type] ?? { enabled: false })
  }

  /** Whether it finishes what was taken on and takes nothing more until the next start. */
  get draining(): boolean {
    return this.#draining
  }

  /**
   * Stops accepting until the next start, whatever the governor says then. Resolves when no job is left, or rejects with
   * the signal's reason.
   */
  async drain(signal?: AbortSignal): Promise<void> {
    this.#draining = true
    this.setAccepting('nobody')
    for await (const _ of this.status.watch(signal)) {
      if (this.jobs === 0) return
    }
    signal?.throwIfAborted()
  }

  offers(service: ServiceType): boolean {
    const status = this.#lanes.get(service)?.status
    return this.#accepting === 'everybody' && status !== undefined && status.unavailable === undefined
  }

  isIdempotent(service: ServiceType): boolean {
    return this.#lanes.get(service)?.definition.idempotent ?? false
  }

  maxBytes(service: ServiceType): number | undefined {
    return this.#lanes.get(service)?.definition.maxBytes
  }

  async run(request: ServiceRequest): Promise<ServiceAnswer> {
    const lane = this.#lane(request.service)
    const { unavailable } = lane.status
    if (this.#accepting === 'nobody') throw new RmaError('PAUSED', 'this node takes no requests now')
    if (unavailable) {
      throw new RmaError('PAUSED', `${request.service} is not offered here now: ${unavailable.kind}`, {
        unavailable: unavailable.kind,
      })
    }
    return await lane.run(request)
  }

  capacity(): Capacity {
    const lanes = [...this.#lanes.values()]
    const own = queueOf(lanes.filter(lane => lane.definition.elsewhere !== true))
    const elsewhere = queueOf(lanes.filter(lane => lane.definition.elsewhere === true))
    const slots = Math.min(own.slots, Math.max(own.running, this.#order.jobs))
    const queue = {
      running: own.running + elsewhere.running,
      waiting: own.waiting + elsewhere.waiting,
      slots: slots + elsewhere.slots,
      bound: own.bound + elsewhere.bound,
    }
    return { load: Math.max(loadOf(queue), this.#cardsTaken), queue }
  }

  /** Programs beside this node that jobs run on now. `borrowed`: language engines hold memory for others, at work or not. */
  get beside(): { engines: boolean; borrowed: boolean; servers: boolean } {
    const definitions = this.#all.map(({ definition }) => definition)
    const atWork = this.#all.filter(({ status }) => status.running > 0).map(({ definition }) => definition)
    return {
      engines: atWork.some(({ languageEngine }) => languageEngine === true),
      borrowed: definitions.some(({ borrows }) => borrows?.() === true),
      servers: atWork.some(({ elsewhere, languageEngine }) => elsewhere === true && languageEngine !== true),
    }
  }

  /** How much of the graphics cards the owner takes: while jobs of ours run on them, the queue tells how busy they are. */
  get #cardsTaken(): number {
    const lanes = [...this.#lanes.values()].filter(lane => lane.definition.usesGpu === true)
    const offered = lanes.some(lane => lane.status.unavailable === undefined)
    return offered && lanes.every(lane => lane.status.running === 0) ? (this.#order.gpuBusy ?? 0) : 0
  }

  /** Process ids of the engines that are loaded, by service. */
  enginePids(service: ServiceType): number[] {
    return this.#lanes.get(service)?.enginePids ?? []
  }

  #mayBegin(definition: ServiceDefinition): boolean {
    if (definition.elsewhere === true) return true
    let jobs = 0
    let memoryMiB = definition.memoryMiB
    for (const lane of this.#ownLanes) {
      jobs += lane.status.running
      memoryMiB += lane.status.running * lane.definition.memoryMiB
    }
    return jobs < this.#order.jobs && memoryMiB <= this.#order.memoryMiB
  }

  /** Those of services that are here, and of those that finish what they have. */
  get #all(): ServiceLane[] {
    return [...this.#lanes.values(), ...this.#leaving]
  }

  /** Those whose jobs run in processes of this node. */
  get #ownLanes(): ServiceLane[] {
    return this.#all.filter(lane => lane.definition.elsewhere !== true)
  }

  #pumpAll(): void {
    for (const lane of this.#lanes.values()) lane.pump()
  }

  #lane(type: ServiceType): ServiceLane {
    const lane = this.#lanes.get(type)
    if (lane) return lane
    throw new RmaError('UNKNOWN_SERVICE', `there is no service ${type} here`, { known: [...this.#lanes.keys()] })
  }

  #statuses(): ServiceStatus[] {
    return [...this.#lanes.values()].map(lane => lane.status)
  }

  /** Each look at the machine puts an order into force; those who listen make a record and its addresses of what comes. */
  #publish(): void {
    // Jobs of services that are no longer here are in none of the statuses, and waited for all the same.
    const now = { statuses: this.#statuses(), capacity: this.capacity(), accepting: this.#accepting, jobs: this.jobs }
    if (isDeepStrictEqual(now, this.#published)) return
    this.#published = now
    this.status.set(now.statuses)
  }
}

/** What the lanes that are offered have and can take, together. */
function queueOf(lanes: readonly ServiceLane[]): Queue {
  return lanes
    .map(lane => lane.status)
    .filter(status => status.unavailable === undefined)
    .reduce<Queue>(
      (sum, { running, waiting, slots, bound }) => ({
        running: sum.running + running,
        waiting: sum.waiting + waiting,
        slots: sum.slots + slots,
        bound: sum.bound + bound,
      }),
      { running: 0, waiting: 0, slots: 0, bound: 0 },
    )
}
