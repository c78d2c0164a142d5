import type { PeerIdText, ServiceType } from '../../shared/schema/primitives.ts'
import type { Particulars, WorkerView } from '../../shared/schema/worker.ts'
import { type Milliseconds, second } from '../../shared/units.ts'
import type { Clock } from '../clock.ts'
import { keepLatest } from '../keep-latest.ts'
import type { Logger } from '../log.ts'
import { withSignal } from '../with-signal.ts'
import { type CacheEntry, isToBeWidened, renewEntry, widenEntry } from './cache-entry.ts'
import type { Found, ServiceFound } from './finder.ts'
import { withHeard } from './heard-view.ts'

/** Entries are refreshed this long before they expire, when somebody asks; a request never waits for it. */
const refreshAheadShare = 1 / 3
/** A refresh that failed or found nobody is not repeated sooner. */
const minRefreshIntervalMs = 1 * second
/** What was found this lately is fresh: while all workers are full each request would have the directory asked. */
const freshMs = 1 * second
const maxQuestions = 256
/** Workers whose failure is remembered. */
const maxFailed = 1_000

export interface SearchOptions {
  /** Called when asking again may find more of them. */
  onMore?(): void
  /** Looks for others than those that are named otherwise, where there are any. */
  elsewhere?: boolean
}

export interface WorkerCacheComponents {
  /** Looks workers up in the directory. */
  find(service: ServiceType, particulars: Particulars, options: SearchOptions): Promise<ServiceFound>
  clock: Clock
  log: Logger
}

export interface WorkerCacheInit {
  /** How long a result counts. */
  cacheTtlMs: Milliseconds
}

export interface LookupOptions {
  signal?: AbortSignal
  /** Whether what was found more than a second ago is not enough. */
  fresh?: boolean
  /** Only workers that have these. Default: all that offer the service. */
  particulars?: Particulars
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

/** Who is looked for, in a form that the same question always has. */
type Question = string

interface Wanted {
  service: ServiceType
  particulars: Particulars
  question: Question
}

/**
 * The workers found lately, by what was asked, and more of them while those are busy. An empty result is not kept: the next
 * request asks again.
 */
export class WorkerCache {
  readonly #components: WorkerCacheComponents
  readonly #ttlMs: Milliseconds
  readonly #entries = new Map<Question, CacheEntry>()
  /** When each worker failed, on this node's clock. */
  readonly #failed = new Map<PeerIdText, Milliseconds>()
  readonly #flights = new Map<Question, Promise<WorkerView[]>>()
  /** Questions for which others are being looked for elsewhere. */
  readonly #widening = new Set<Question>()
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
   * Rejects with the signal's reason when it aborts; the lookup it shares with others goes on.
   */
  async lookup(
    service: ServiceType,
    { signal, fresh = false, particulars = {} }: LookupOptions = {},
  ): Promise<LookupResult> {
    const wanted: Wanted = { service, particulars, question: questionOf(service, particulars) }
    const now = this.#components.clock.now()
    const workers = this.#live(wanted, now, fresh ? freshMs : this.#ttlMs)
    if (workers.length > 0) {
      this.#hits++
      this.#refreshIfDue(wanted, now)
      this.#widenIfBusy(wanted, workers, now)
      return { workers, source: 'cache' }
    }
    this.#misses++
    return { workers: await withSignal(this.#fetch(wanted), signal), source: 'dht' }
  }

  /**
   * A worker that failed, or that said it has left, is not offered again until it has said something since: the
   * directory goes on naming a dead one until its record expires. Where nobody else is known it is offered all the same.
   */
  remove(peerId: PeerIdText): void {
    keepLatest(this.#failed, peerId, this.#components.clock.now(), maxFailed)
    for (const [question, entry] of this.#entries) {
      entry.elsewhere.delete(peerId)
      if (entry.workers.delete(peerId) && entry.workers.size === 0) this.#entries.delete(question)
    }
  }

  /** What a worker said of itself in a response is newer than its record. `waiting`: requests in its queue. */
  heard(peerId: PeerIdText, load: number, waiting: number): void {
    const at = this.#components.clock.now()
    for (const { workers } of this.#entries.values()) {
      const worker = workers.get(peerId)
      if (worker !== undefined) workers.set(peerId, withHeard(worker, { load, waiting, at }))
    }
  }

  clear(): void {
    this.#entries.clear()
    this.#failed.clear()
  }

  #live({ question }: Wanted, now: Milliseconds, maxAgeMs: Milliseconds): WorkerView[] {
    const entry = this.#entries.get(question)
    // An entry of later than now is of a clock that was set back since.
    if (entry === undefined || entry.foundAt + maxAgeMs <= now || entry.foundAt > now) return []
    return [...entry.workers.values()].filter(worker => worker.expiresAt > now)
  }

  #refreshIfDue(wanted: Wanted, now: Milliseconds): void {
    const entry = this.#entries.get(wanted.question)
    if (entry === undefined || this.#flights.has(wanted.question)) return
    if (now < entry.foundAt + this.#ttlMs * (1 - refreshAheadShare)) return
    if (now < entry.refreshedAt + minRefreshIntervalMs) return
    entry.refreshedAt = now
    this.#refresh(wanted)
  }

  #refresh(wanted: Wanted): void {
    if (this.#entries.has(wanted.question)) this.#inBackground(wanted, this.#fetch(wanted))
  }

  /** Who sends more than the workers can take that it was named is named others, as far as there are any. */
  #widenIfBusy(wanted: Wanted, live: readonly WorkerView[], now: Milliseconds): void {
    const entry = this.#entries.get(wanted.question)
    if (entry === undefined || this.#widening.has(wanted.question) || !isToBeWidened(entry, live, now)) return
    this.#widening.add(wanted.question)
    const widening = this.#widen(wanted).finally(() => this.#widening.delete(wanted.question))
    this.#inBackground(wanted, widening)
  }

  async #widen(wanted: Wanted): Promise<void> {
    this.#dhtLookups++
    const { find, clock } = this.#components
    let found: Pick<Found, 'workers' | 'check'> = { workers: [], check: async () => [] }
    try {
      found = await find(wanted.service, wanted.particulars, { elsewhere: true })
    } finally {
      const entry = this.#entries.get(wanted.question)
      if (entry !== undefined) widenEntry(entry, this.#preferred(found.workers), clock.now())
    }
    await this.#correct(wanted, found.check)
  }

  #inBackground(wanted: Wanted, lookup: Promise<unknown>): void {
    lookup.catch(error => {
      this.#components.log.debug({ service: wanted.service, err: error }, 'a background lookup failed')
    })
  }

  /** The same lookups at the same time are one lookup. */
  #fetch(wanted: Wanted): Promise<WorkerView[]> {
    const running = this.#flights.get(wanted.question)
    if (running !== undefined) return running
    this.#dhtLookups++
    let over = false
    let more = false
    const tellOfMore = () => {
      more = true
      if (over) this.#refresh(wanted)
    }
    const flight = this.#components
      .find(wanted.service, wanted.particulars, { onMore: tellOfMore })
      .then(({ workers, others, check }) => {
        const kept = this.#keep(wanted, workers, others)
        void this.#correct(wanted, check)
        return kept
      })
      .finally(() => {
        over = true
        this.#flights.delete(wanted.question)
        if (more) this.#refresh(wanted)
      })
    this.#flights.set(wanted.question, flight)
    return flight
  }

  /** What a worker was said to claim, and did not, is corrected as soon as that is known; no request waits for it. */
  async #correct({ question }: Wanted, check: Found['check']): Promise<void> {
    const corrected = await check()
    const workers = this.#entries.get(question)?.workers
    for (const worker of corrected) if (workers?.has(worker.peerId)) workers.set(worker.peerId, worker)
  }

  #keep({ question }: Wanted, workers: WorkerView[], others: boolean): WorkerView[] {
    const now = this.#components.clock.now()
    const preferred = this.#preferred(workers)
    const entry = renewEntry(this.#entries.get(question), { workers: preferred, others, now, ttlMs: this.#ttlMs })
    if (entry.workers.size > 0) keepLatest(this.#entries, question, entry, maxQuestions)
    else this.#entries.delete(question)
    return [...entry.workers.values()]
  }

  /** All but those that have said nothing since they failed, unless that leaves nobody. */
  #preferred(workers: WorkerView[]): WorkerView[] {
    const now = this.#components.clock.now()
    const heard = workers.filter(worker => {
      const failedAt = this.#failed.get(worker.peerId)
      // A failure of later than now is of a clock that was set back since.
      return failedAt === undefined || worker.updatedAt > failedAt || failedAt > now
    })
    for (const { peerId } of heard) this.#failed.delete(peerId)
    return heard.length > 0 ? heard : workers
  }
}

function questionOf(service: ServiceType, { model, languages }: Particulars): Question {
  return model === undefined && languages === undefined ? service : JSON.stringify([service, model, languages])
}
