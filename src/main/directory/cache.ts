import type { PeerIdText, ServiceType } from '../../shared/schema/primitives.ts'
import type { WorkerView } from '../../shared/schema/worker.ts'
import { type Milliseconds, second } from '../../shared/units.ts'
import type { Clock } from '../clock.ts'
import type { Logger } from '../log.ts'
import { withSignal } from '../with-signal.ts'
import type { Found } from './finder.ts'

/** Entries are refreshed this long before they expire, when somebody asks; a request never waits for it. */
const refreshAheadShare = 1 / 3
/** A refresh that failed or found nobody is not repeated sooner. */
const minRefreshIntervalMs = 1 * second
const maxServices = 256
/** Workers whose failure is remembered. */
const maxFailed = 1_000

export interface WorkerCacheComponents {
  /** Looks a service's workers up in the directory; `onMore` is called when asking again may find more of them. */
  find(service: ServiceType, onMore: () => void): Promise<Found>
  clock: Clock
  log: Logger
}

export interface WorkerCacheInit {
  /** How long a result counts. */
  cacheTtlMs: Milliseconds
}

export interface LookupOptions {
  signal?: AbortSignal
  fresh?: boolean
}

export interface LookupResult {
  workers: WorkerView[]
  source: 'cache' | 'dht'
}

export interface CacheStatistics {
  hits: number
  misses: number
  /** Lookups in the directory, background ones included. */
  dhtLookups: number
  /** Workers held, over all services. */
  size: number
}

interface Entry {
  workers: Map<PeerIdText, WorkerView>
  foundAt: Milliseconds
  refreshedAt: Milliseconds
}

/** The workers found lately, by service. An empty result is not kept: the next request asks again. */
export class WorkerCache {
  readonly #components: WorkerCacheComponents
  readonly #ttlMs: Milliseconds
  readonly #entries = new Map<ServiceType, Entry>()
  /** When each worker failed, on this node's clock. */
  readonly #failed = new Map<PeerIdText, Milliseconds>()
  readonly #flights = new Map<ServiceType, Promise<WorkerView[]>>()
  #hits = 0
  #misses = 0
  #dhtLookups = 0

  constructor(components: WorkerCacheComponents, { cacheTtlMs }: WorkerCacheInit) {
    this.#components = components
    this.#ttlMs = cacheTtlMs
  }

  get statistics(): CacheStatistics {
    const size = [...this.#entries.values()].reduce((sum, entry) => sum + entry.workers.size, 0)
    return { hits: this.#hits, misses: this.#misses, dhtLookups: this.#dhtLookups, size }
  }

  /**
   * `fresh` asks the directory although the cache holds an answer. Rejects with the signal's reason when it aborts; the
   * lookup it shares with others goes on.
   */
  async lookup(service: ServiceType, { signal, fresh = false }: LookupOptions = {}): Promise<LookupResult> {
    const now = this.#components.clock.now()
    const workers = fresh ? [] : this.#live(service, now)
    if (workers.length > 0) {
      this.#hits++
      this.#refreshIfDue(service, now)
      return { workers, source: 'cache' }
    }
    this.#misses++
    return { workers: await withSignal(this.#fetch(service), signal), source: 'dht' }
  }

  /**
   * A worker that failed, or that said it has left, is not offered again until it has said something since: the
   * directory goes on naming a dead one until its record expires. Where nobody else is known it is offered all the same.
   */
  remove(peerId: PeerIdText): void {
    this.#failed.delete(peerId)
    this.#failed.set(peerId, this.#components.clock.now())
    for (const oldest of this.#failed.keys()) {
      if (this.#failed.size <= maxFailed) break
      this.#failed.delete(oldest)
    }
    for (const [service, entry] of this.#entries) {
      if (entry.workers.delete(peerId) && entry.workers.size === 0) this.#entries.delete(service)
    }
  }

  /** What a worker said of itself in a response is newer than its record. `waiting`: requests in its queue. */
  heard(peerId: PeerIdText, load: number, waiting: number): void {
    const updatedAt = this.#components.clock.now()
    for (const { workers } of this.#entries.values()) {
      const worker = workers.get(peerId)
      if (worker !== undefined) {
        workers.set(peerId, { ...worker, load, queue: { ...worker.queue, waiting }, updatedAt })
      }
    }
  }

  clear(): void {
    this.#entries.clear()
    this.#failed.clear()
  }

  #live(service: ServiceType, now: Milliseconds): WorkerView[] {
    const entry = this.#entries.get(service)
    // An entry of later than now is of a clock that was set back since.
    if (entry === undefined || entry.foundAt + this.#ttlMs <= now || entry.foundAt > now) return []
    return [...entry.workers.values()].filter(worker => worker.expiresAt > now)
  }

  #refreshIfDue(service: ServiceType, now: Milliseconds): void {
    const entry = this.#entries.get(service)
    if (entry === undefined || this.#flights.has(service)) return
    if (now < entry.foundAt + this.#ttlMs * (1 - refreshAheadShare)) return
    if (now < entry.refreshedAt + minRefreshIntervalMs) return
    entry.refreshedAt = now
    this.#refresh(service)
  }

  #refresh(service: ServiceType): void {
    if (!this.#entries.has(service)) return
    this.#fetch(service).catch(error => {
      this.#components.log.debug({ service, err: error }, 'a background lookup failed')
    })
  }

  /** Lookups of one service at the same time are one lookup. */
  #fetch(service: ServiceType): Promise<WorkerView[]> {
    const running = this.#flights.get(service)
    if (running !== undefined) return running
    this.#dhtLookups++
    const flight = this.#components
      .find(service, () => this.#refresh(service))
      .then(({ workers, check }) => {
        const kept = this.#keep(service, workers)
        void this.#correct(service, check)
        return kept
      })
      .finally(() => this.#flights.delete(service))
    this.#flights.set(service, flight)
    return flight
  }

  /** What a worker was said to claim, and did not, is corrected as soon as that is known; no request waits for it. */
  async #correct(service: ServiceType, check: Found['check']): Promise<void> {
    const corrected = await check()
    const workers = this.#entries.get(service)?.workers
    for (const worker of corrected) if (workers?.has(worker.peerId)) workers.set(worker.peerId, worker)
  }

  #keep(service: ServiceType, workers: WorkerView[]): WorkerView[] {
    const now = this.#components.clock.now()
    const held = this.#entries.get(service)?.workers
    const newest = this.#preferred(workers).map(worker => newer(worker, held?.get(worker.peerId)))
    this.#entries.delete(service)
    if (newest.length > 0) {
      const byPeer = new Map(newest.map(worker => [worker.peerId, worker]))
      this.#entries.set(service, { workers: byPeer, foundAt: now, refreshedAt: now })
    }
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= maxServices) break
      this.#entries.delete(oldest)
    }
    return newest
  }

  /** All but those that have said nothing since they failed, unless that leaves nobody. */
  #preferred(workers: WorkerView[]): WorkerView[] {
    const heard = workers.filter(worker => {
      const failedAt = this.#failed.get(worker.peerId)
      return failedAt === undefined || worker.updatedAt > failedAt
    })
    for (const { peerId } of heard) this.#failed.delete(peerId)
    return heard.length > 0 ? heard : workers
  }
}

/** The found record, with the load last heard where that is newer. */
function newer(found: WorkerView, held: WorkerView | undefined): WorkerView {
  if (held === undefined || held.updatedAt <= found.updatedAt) return found
  return { ...found, load: held.load, queue: held.queue, updatedAt: held.updatedAt }
}
