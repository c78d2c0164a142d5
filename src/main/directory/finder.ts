import type { PeerIdText, ServiceType } from '../../shared/schema/primitives.ts'
import type { WorkerView } from '../../shared/schema/worker.ts'
import { type Milliseconds, minute, second } from '../../shared/units.ts'
import { type Cached, cachedFor } from '../cached-for.ts'
import type { Clock } from '../clock.ts'
import { brief } from '../dht/closest.ts'
import { keepLatest } from '../keep-latest.ts'
import type { Logger } from '../log.ts'
import { timeLimit } from '../time-limit.ts'
import type { Ask } from './ask.ts'
import { enoughAnswers } from './enough-answers.ts'
import type { EnvelopeCache } from './envelope-cache.ts'
import {
  type Candidate,
  type Candidates,
  continueFrom,
  describeKnown,
  dropFalseRenewals,
  inRankOrder,
  mergeInto,
  namesAll,
  readFound,
  viewOf,
} from './finder-merge.ts'
import { type FindFilter, maxFindLimit, maxKnown } from './frames.ts'
import { type KeyText, parseKey, serviceKey } from './keys.ts'
import { chooseRegistrars, needsLookup } from './registrar-choice.ts'
import type { Registrars } from './registrars.ts'
import { type Crowd, ShardChoice } from './shard-choice.ts'

const askTimeoutMs = 2 * second
const lookupTimeoutMs = 3 * second
/** An answer asked for again this soon uses what the DHT said last time about who keeps the key. */
const lookupLifetimeMs = 2 * minute
/** Keys whose last answer is remembered. */
const maxRememberedKeys = 128
/** Times three registrars are asked while nobody is found: enough for all that a key has. */
const maxRounds = 3
const defaultLimit = 50
/** A shard with fewer workers that fit is not asked alone. */
const fewWorkers = 8
/** How long a node is named the same workers where there are more than it wants. */
const seedLifetimeMs = 10 * minute

export interface FinderComponents {
  registrars: Pick<Registrars, 'self' | 'others' | 'of' | 'refresh' | 'forget'>
  ask: Ask
  /** Hangs up on a server of which the finder wants nothing more, unless it is needed otherwise. */
  letGo(peerId: PeerIdText): void
  envelopes: EnvelopeCache
  clock: Clock
  log: Logger
}

export interface FindOptions {
  /** Most workers wanted. Default 50. */
  limit?: number
  filter?: FindFilter
  signal?: AbortSignal
  /** Called when the DHT has named the key's registrars after the answer was given: asking again may find more. */
  onMore?: () => void
  /** By what registrars draw whom they name. Default: the same number for some minutes. */
  seed?: number
}

export interface FindServiceOptions extends Omit<FindOptions, 'seed'> {
  /** Looks along another place and by another seed, so that others are named where there are any. */
  elsewhere?: boolean
}

/** What a lookup found, before the signatures of renewals were checked. */
export interface Found {
  /**
   * Live workers, their records verified, those that claim the most free capacity first. What a renewal says of load and
   * state is a claim where all registrars said the same.
   */
  workers: WorkerView[]
  /** Checks those claims, and resolves with what is true of each worker whose claim it did not sign. */
  check(): Promise<WorkerView[]>
}

/** What a lookup of a service found. */
export interface ServiceFound extends Found {
  /** Whether there are others, named to other askers. */
  others: boolean
}

interface RememberedKey {
  candidates: Candidates
  /** When the DHT was last asked who keeps this key. */
  lookedUpAt: Milliseconds
}

interface Answer {
  candidates: Candidates
  crowd: Crowd
}

/** Finds workers: asks three registrars of the key, takes two complete answers, merges the rest as they come. */
export class Finder {
  readonly #components: FinderComponents
  readonly #remembered = new Map<KeyText, RememberedKey>()
  readonly #lookups = new Map<KeyText, Promise<void>>()
  readonly #shards: ShardChoice
  /**
   * By what registrars draw the workers they name: the same for some minutes, so that three name nearly the same ones, which
   * this node then knows; and random, so that nobody can choose an identity that is always drawn.
   */
  readonly #seed: Cached<number>
  #finds = 0

  constructor(components: FinderComponents) {
    this.#components = components
    this.#shards = new ShardChoice(components)
    this.#seed = cachedFor(seedLifetimeMs, components.clock, anySeed)
  }

  /** Questions put to the directory since the node started. */
  get finds(): number {
    return this.#finds
  }

  /** Live workers of a service. Where it has many, different nodes are named different ones. */
  async findService(service: ServiceType, options: FindServiceOptions = {}): Promise<WorkerView[]> {
    return settled(await this.findServiceClaims(service, options))
  }

  /** As `findService`, without waiting for signatures that can be checked afterwards. */
  async findServiceClaims(
    service: ServiceType,
    { elsewhere = false, ...options }: FindServiceOptions = {},
  ): Promise<ServiceFound> {
    const shard = elsewhere ? this.#shards.elsewhere(service) : this.#shards.of(service)
    const found = await this.#findFrom(service, shard, elsewhere ? { ...options, seed: anySeed() } : options)
    void this.#leave(service, shard)
    // Those of the key that everybody begins with shall not have to serve everybody's first minute.
    if (this.#shards.of(service).length > shard.length) options.onMore?.()
    const others = this.#shards.of(service) !== '' || found.workers.length >= (options.limit ?? defaultLimit)
    return { ...found, others }
  }

  async #findFrom(service: ServiceType, shard: string, options: FindOptions): Promise<Found> {
    const found = await this.findClaims(serviceKey(service, shard), options)
    const farther = found.workers.length === 0 ? this.#shards.beyond(service, shard) : undefined
    if (farther !== undefined) return await this.findClaims(serviceKey(service, farther), options)
    const { limit = defaultLimit } = options
    if (shard === '' || found.workers.length >= Math.min(fewWorkers, limit)) return found
    // There may be fewer workers than there were: then they stand under shorter keys only. Others stand under this one only.
    return both(found, await this.#findFrom(service, shard.slice(0, -1), options), limit)
  }

  /** Everybody begins with the key of the service: who looks into a shard next takes up no places at its registrars. */
  async #leave(service: ServiceType, shard: string): Promise<void> {
    const { registrars, letGo } = this.#components
    const key = serviceKey(service, shard)
    await this.#lookups.get(key)
    if (this.#shards.of(service) === shard) return
    for (const { peerId } of registrars.of(key)) if (peerId !== registrars.self.peerId) letGo(peerId)
  }

  /**
   * Live workers under a key, all they say verified, those that claim the most free capacity first. Empty when there is
   * none, or nobody to ask. Rejects with CANCELLED when `signal` aborts.
   */
  async find(key: KeyText, options: FindOptions = {}): Promise<WorkerView[]> {
    return settled(await this.findClaims(key, options))
  }

  /** As `find`, without waiting for signatures that can be checked afterwards: 25 of them take 2 ms. */
  async findClaims(key: KeyText, options: FindOptions = {}): Promise<Found> {
    options.signal?.throwIfAborted()
    this.#finds++
    const lookup = this.#lookUpIfDue(key)
    const quick = await this.#askUntilFound(key, options, lookup === undefined ? maxRounds : 1)
    if (lookup === undefined) return quick
    if (quick.workers.length > 0) {
      void lookup.then(() => options.onMore?.())
      return quick
    }
    await lookup
    options.signal?.throwIfAborted()
    return this.#askUntilFound(key, options, maxRounds)
  }

  /**
   * Asks others where all that were asked failed or none named a worker that holds: a registrar that says it knows nobody
   * may be lying, or new. Those that failed are not asked again.
   */
  async #askUntilFound(key: KeyText, options: FindOptions, rounds: number): Promise<Found> {
    const asked = new Set<PeerIdText>()
    for (let round = 0; round < rounds; round++) {
      const found = this.#found(await this.#askRegistrars(key, asked, options), options.limit ?? defaultLimit)
      if (found.workers.length > 0) return found
    }
    return { workers: [], check: async () => [] }
  }

  /** Asks three of the registrars that are not among `asked`, and adds them to it. */
  async #askRegistrars(key: KeyText, asked: Set<PeerIdText>, options: FindOptions): Promise<Candidates> {
    const { registrars, envelopes, clock } = this.#components
    const all = registrars.of(key)
    const others = all.filter(({ peerId }) => !asked.has(peerId))
    const chosen = chooseRegistrars(others, registrars.self.peerId, Math.random)
    for (const { peerId } of chosen) asked.add(peerId)
    const remembered = this.#remember(key)
    const before = remembered.candidates
    const known = [...before.values()].slice(0, maxKnown)
    const answers: Candidates = new Map()
    const crowds: Crowd[] = []
    const limit = limitOf(options)
    const isNarrow = options.filter !== undefined
    await enoughAnswers(
      chosen.map(({ peerId }) =>
        this.#askOne(peerId, key, known, options).then(({ candidates: found, crowd }) => {
          crowds.push(crowd)
          continueFrom(before, found, { envelopes, now: clock.now() })
          mergeInto(answers, found, envelopes, clock.now())
          // What a narrow question found is no answer to a wide one.
          if (answers.size > 0 && !isNarrow) remembered.candidates = answers
          return found.size > 0 && (isNarrow || found.size >= limit || namesAll(found, before, clock.now()))
        }),
      ),
      clock,
      options.signal,
    )
    if (chosen.length > 0) this.#shards.answered(key, crowds.length > 0)
    this.#shards.learn(key, crowds, all.length)
    return answers
  }

  async #askOne(peerId: PeerIdText, key: KeyText, known: Candidate[], options: FindOptions): Promise<Answer> {
    const { ask, envelopes, registrars, log } = this.#components
    try {
      const answer = await ask(
        peerId,
        {
          kind: 'find',
          key,
          limit: limitOf(options),
          ...(options.filter === undefined ? {} : { filter: options.filter }),
          ...(known.length === 0 ? {} : { known: describeKnown(known, envelopes) }),
          seed: options.seed ?? this.#seed.get(),
        },
        { timeoutMs: askTimeoutMs, ...(options.signal === undefined ? {} : { signal: options.signal }) },
      )
      if (answer.kind !== 'found') return { candidates: new Map(), crowd: { from: peerId, full: false, workers: 0 } }
      const candidates = readFound(answer, { key: parseKey(key), known, envelopes })
      return { candidates, crowd: { from: peerId, full: answer.full === true, workers: answer.total } }
    } catch (error) {
      if (options.signal?.aborted !== true) {
        log.debug({ peer: peerId, key, err: error }, 'a registrar did not answer')
        registrars.forget(peerId)
      }
      throw error
    }
  }

  #found(candidates: Candidates, limit: number): Found {
    const named: Candidate[] = []
    const workers: WorkerView[] = []
    for (const candidate of inRankOrder(candidates)) {
      if (workers.length >= limit) break
      const view = this.#view(candidate)
      if (view === undefined) continue
      named.push(candidate)
      workers.push(view)
    }
    const check = async () => {
      const refuted = await dropFalseRenewals(named, this.#components.envelopes)
      return refuted.flatMap(candidate => this.#view(candidate) ?? [])
    }
    return { workers, check }
  }

  #view(candidate: Candidate): WorkerView | undefined {
    return viewOf(candidate, this.#components.envelopes, this.#components.clock.now())
  }

  #remember(key: KeyText): RememberedKey {
    const remembered = this.#remembered.get(key) ?? { candidates: new Map(), lookedUpAt: Number.NEGATIVE_INFINITY }
    keepLatest(this.#remembered, key, remembered, maxRememberedKeys)
    return remembered
  }

  /** Starts asking the DHT who keeps the key, unless that is known well enough. */
  #lookUpIfDue(key: KeyText): Promise<void> | undefined {
    const { registrars, clock } = this.#components
    const running = this.#lookups.get(key)
    if (running !== undefined) return running
    const remembered = this.#remember(key)
    const ageMs = clock.now() - remembered.lookedUpAt
    if (!needsLookup(registrars.others, ageMs, lookupLifetimeMs)) return undefined
    remembered.lookedUpAt = clock.now()
    const lookup = this.#lookUp(key).finally(() => this.#lookups.delete(key))
    this.#lookups.set(key, lookup)
    return lookup
  }

  async #lookUp(key: KeyText): Promise<void> {
    try {
      await this.#components.registrars.refresh(key, brief, timeLimit(this.#components.clock, lookupTimeoutMs))
    } catch (error) {
      this.#components.log.debug({ key, err: error }, 'the DHT did not say who keeps a key')
    }
  }
}

/** How many workers a registrar is asked for. */
function limitOf({ limit = defaultLimit }: FindOptions): number {
  return Math.min(limit, maxFindLimit)
}

function anySeed(): number {
  return Math.floor(Math.random() * 0x1_0000_0000)
}

/** What two lookups found, up to `limit`: each worker once, those of the first before others. */
function both(first: Found, second: Found, limit: number): Found {
  const names = new Set(first.workers.map(({ peerId }) => peerId))
  const others = second.workers.filter(({ peerId }) => !names.has(peerId)).slice(0, limit - first.workers.length)
  const otherNames = new Set(others.map(({ peerId }) => peerId))
  const check = async () => {
    const [ofFirst, ofSecond] = await Promise.all([first.check(), second.check()])
    return [...ofFirst, ...ofSecond.filter(({ peerId }) => otherNames.has(peerId))]
  }
  return { workers: [...first.workers, ...others], check }
}

/** The workers as they are once all that was claimed of them has been checked. */
async function settled({ workers, check }: Found): Promise<WorkerView[]> {
  const corrected = new Map((await check()).map(worker => [worker.peerId, worker]))
  return workers.map(worker => corrected.get(worker.peerId) ?? worker)
}
