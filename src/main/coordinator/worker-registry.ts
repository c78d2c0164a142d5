import { RmaError } from '../../shared/errors.ts'
import type { WorkerHeartbeat, WorkerRegistration } from '../../shared/schema/coordinator-api.ts'
import type { PeerIdText, ServiceType } from '../../shared/schema/primitives.ts'
import type { Queue, WorkerView } from '../../shared/schema/worker.ts'
import type { Milliseconds } from '../../shared/units.ts'
import type { Clock, StopTimer } from '../clock.ts'
import { withHeard } from '../directory/heard-view.ts'
import type { Startable } from '../lifecycle.ts'

const mostWorkers = 4_096
/** Of a worker that does not say: one job at a time, and a few may wait. */
const unknownQueue: Queue = { running: 0, waiting: 0, slots: 1, bound: 4 }

export interface WorkerRegistryComponents {
  clock: Clock
  /** Whether the worker can be reached now, and is one that the network lets donate. */
  mayServe(peerId: PeerIdText): boolean
}

export interface WorkerRegistryInit {
  /** Without a heartbeat a worker is forgotten after this long. */
  ttlMs: Milliseconds
}

interface Registered {
  view: WorkerView
  /** When the newest request of the worker was dated: an older one is one that somebody sends again. */
  provenAt: Milliseconds
}

/**
 * Workers that take no part in the DHT and have registered with this coordinator over HTTP. A signed request proves a key and
 * nothing more: who may not serve is not kept, and not named for as long as it may not.
 */
export class WorkerRegistry implements Startable {
  readonly #clock: Clock
  readonly #mayServe: (peerId: PeerIdText) => boolean
  readonly #ttlMs: Milliseconds
  readonly #workers = new Map<PeerIdText, Registered>()
  #stopTimer: StopTimer | undefined

  constructor({ clock, mayServe }: WorkerRegistryComponents, { ttlMs }: WorkerRegistryInit) {
    this.#clock = clock
    this.#mayServe = mayServe
    this.#ttlMs = ttlMs
  }

  start(): void {
    this.#stopTimer = this.#clock.every(this.#ttlMs, () => this.#forgetExpired())
  }

  stop(): void {
    this.#stopTimer?.()
    this.#workers.clear()
  }

  get size(): number {
    return this.workers().length
  }

  /** Those heard of within their time that may serve. */
  workers(): WorkerView[] {
    const now = this.#clock.now()
    const heardOf = [...this.#workers.values()].map(({ view }) => view).filter(view => view.expiresAt > now)
    return heardOf.filter(({ peerId }) => this.mayServe(peerId))
  }

  offering(service: ServiceType): WorkerView[] {
    return this.workers().filter(view => view.record.services.includes(service) && view.state !== 'left')
  }

  mayServe(peerId: PeerIdText): boolean {
    return this.#mayServe(peerId)
  }

  /**
   * What is known of the worker by that, kept only where it may serve. `provenAt`: when its signed request was dated. Throws
   * PROOF_REFUSED (sent before), QUOTA_EXCEEDED.
   */
  register(registration: WorkerRegistration, provenAt: Milliseconds): WorkerView {
    const { worker_id: peerId } = registration
    this.#checkNewer(peerId, provenAt)
    const view = viewOf(registration, this.#clock.now(), this.#ttlMs)
    if (!this.mayServe(peerId)) return view
    if (!this.#workers.has(peerId)) this.#makeRoom()
    this.#workers.set(peerId, { view, provenAt })
    return view
  }

  /** Rejects with NOT_FOUND where the worker has to register first, PROOF_REFUSED (sent before). */
  heartbeat(heartbeat: WorkerHeartbeat, provenAt: Milliseconds): WorkerView {
    const { worker_id: peerId, load, queue, state } = heartbeat
    const known = this.#workers.get(peerId)
    if (known === undefined) throw new RmaError('NOT_FOUND', `${peerId} is not registered here: register first`)
    this.#checkNewer(peerId, provenAt)
    const now = this.#clock.now()
    const view: WorkerView = {
      ...known.view,
      load,
      queue: queue ?? known.view.queue,
      state: state ?? known.view.state,
      updatedAt: now,
      // One that has left is remembered until its time is up, so that nobody can sign it in with what it said before.
      expiresAt: now + this.#ttlMs,
    }
    this.#workers.set(peerId, { view, provenAt })
    return view
  }

  /** What a worker said in its answer is newer than its heartbeat. */
  heard(peerId: PeerIdText, load: number, waiting: number): void {
    const known = this.#workers.get(peerId)
    if (known === undefined) return
    known.view = withHeard(known.view, { load, waiting, at: this.#clock.now() })
  }

  #checkNewer(peerId: PeerIdText, provenAt: Milliseconds): void {
    const known = this.#workers.get(peerId)
    if (known !== undefined && provenAt <= known.provenAt)
      throw new RmaError('PROOF_REFUSED', `expected a request of ${peerId} later than its last one`)
  }

  /** Those that may not serve any more go first: keys cost nothing. Throws QUOTA_EXCEEDED. */
  #makeRoom(): void {
    if (this.#workers.size < mostWorkers) return
    this.#forgetExpired()
    for (const peerId of this.#workers.keys()) if (!this.mayServe(peerId)) this.#workers.delete(peerId)
    if (this.#workers.size >= mostWorkers)
      throw new RmaError('QUOTA_EXCEEDED', `this coordinator has room for ${mostWorkers} workers`)
  }

  #forgetExpired(): void {
    const now = this.#clock.now()
    for (const [peerId, { view }] of this.#workers) if (view.expiresAt <= now) this.#workers.delete(peerId)
  }
}

function viewOf(registration: WorkerRegistration, now: Milliseconds, ttlMs: Milliseconds): WorkerView {
  const {
    worker_id: peerId,
    choices,
    capabilities,
    load,
    location,
    vpn_ip: vpnIp,
    tunnel_url: tunnelUrl,
  } = registration
  const queue = registration.queue ?? unknownQueue
  const state = registration.state ?? 'donating'
  const { has_gpu: hasGpu, gpu_type: gpuType, worker_type: workerType } = capabilities
  return {
    peerId,
    record: {
      // It was never announced, so its numbering means nothing.
      seq: 1,
      issuedAt: now,
      expiresAt: now + ttlMs,
      services: registration.services,
      ...(choices === undefined ? {} : { choices }),
      capabilities: {
        workerType,
        cpuThreads: 1,
        memoryMiB: 1,
        gpus: hasGpu ? [{ vendor: 'other', model: gpuType ?? '', vramMiB: 0 }] : [],
      },
      load,
      queue,
      state,
      // It is reached over the connection it keeps to this coordinator.
      addresses: [],
      ...(vpnIp === null ? {} : { vpnIp }),
      ...(tunnelUrl === null ? {} : { tunnelUrl }),
      ...(location === null || location === undefined ? {} : { location }),
    },
    load,
    queue,
    state,
    updatedAt: now,
    expiresAt: now + ttlMs,
  }
}
