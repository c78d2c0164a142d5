import type { PeerIdText, ServiceType } from '../../shared/schema/primitives.ts'
import type { WorkerView } from '../../shared/schema/worker.ts'
import { type Milliseconds, millisecond, minute, second } from '../../shared/units.ts'
import type { Clock } from '../clock.ts'
import type { Logger } from '../log.ts'
import type { Ask } from './ask.ts'
import type { EnvelopeCache } from './envelope-cache.ts'
import {
  type Candidate,
  type Candidates,
  describeKnown,
  inRankOrder,
  mergeInto,
  readFound,
  verifyCandidate,
} from './finder-merge.ts'
import { type FindFilter, maxFindLimit, maxKnown } from './frames.ts'
import { type KeyText, serviceKey } from './keys.ts'
import { chooseRegistrars, needsLookup } from './registrar-choice.ts'
import type { Registrars } from './registrars.ts'

const askTimeoutMs = 2 * second
const lookupTimeoutMs = 3 * second
/** How long the second answer is waited for once the first is there. */
const patienceMs = 20 * millisecond
/** An answer asked for again this soon uses what the DHT said last time about who keeps the key. */
const lookupLifetimeMs = 2 * minute
/** Keys whose last answer is remembered. */
const maxRememberedKeys = 128
/** Times another three registrars are asked when none of three answered. */
const maxRounds = 3
const defaultLimit = 50

export interface FinderComponents {
  registrars: Registrars
  ask: Ask
  envelopes: EnvelopeCache
  clock: Clock
  log: Logger
}

export interface FindOptions {
  /** Most workers wanted. Default 50. */
  limit?: number
  filter?: FindFilter
  signal?: AbortSignal
}

interface RememberedKey {
  candidates: Candidates
  /** When the DHT was last asked who keeps this key. */
  lookedUpAt: Milliseconds
}

/** Finds workers: asks three registrars of the key, takes two answers, merges the rest as they come. */
export class Finder {
  readonly #components: FinderComponents
  readonly #remembered = new Map<KeyText, RememberedKey>()
  readonly #lookups = new Map<KeyText, Promise<void>>()
  #finds = 0

  constructor(components: FinderComponents) {
    this.#components = components
  }

  /** Questions put to the directory since the node started. */
  get finds(): number {
    return this.#finds
  }

  findService(service: ServiceType, options: FindOptions = {}): Promise<WorkerView[]> {
    return this.find(serviceKey(service), options)
  }

  /**
   * Live workers under a key, verified, those that claim the most free capacity first. Empty when there is none, or
   * nobody to ask. Rejects with CANCELLED when `signal` aborts.
   */
  async find(key: KeyText, options: FindOptions = {}): Promise<WorkerView[]> {
    options.signal?.throwIfAborted()
    this.#finds++
    const lookup = this.#lookUpIfDue(key)
    const quick = await this.#askUntilAnswered(key, options)
    if (lookup === undefined || quick.length > 0) return quick
    await lookup
    options.signal?.throwIfAborted()
    return this.#askUntilAnswered(key, options)
  }

  /** Asks others where all that were asked failed; those that failed are not asked again. */
  async #askUntilAnswered(key: KeyText, options: FindOptions): Promise<WorkerView[]> {
    for (let round = 0; round < maxRounds; round++) {
      const answers = await this.#askRegistrars(key, options)
      if (answers !== undefined) return this.#verify(answers, options.limit ?? defaultLimit)
    }
    return []
  }

  /** Undefined where none of them answered. */
  async #askRegistrars(key: KeyText, options: FindOptions): Promise<Candidates | undefined> {
    const { registrars, clock } = this.#components
    const chosen = chooseRegistrars(registrars.of(key), registrars.self.peerId)
    const remembered = this.#remember(key)
    const known = [...remembered.candidates.values()].slice(0, maxKnown)
    let answers: Candidates | undefined
    await firstTwo(
      chosen.map(({ peerId }) =>
        this.#askOne(peerId, key, known, options).then(found => {
          answers ??= new Map()
          mergeInto(answers, found)
          remembered.candidates = answers
        }),
      ),
      clock,
      options.signal,
    )
    return answers
  }

  async #askOne(peerId: PeerIdText, key: KeyText, known: Candidate[], options: FindOptions): Promise<Candidates> {
    const { ask, envelopes, registrars, log } = this.#components
    const limit = Math.min(options.limit ?? defaultLimit, maxFindLimit)
    try {
      const answer = await ask(
        peerId,
        {
          kind: 'find',
          key,
          limit,
          ...(options.filter === undefined ? {} : { filter: options.filter }),
          ...(known.length === 0 ? {} : { known: describeKnown(known) }),
        },
        { timeoutMs: askTimeoutMs, ...(options.signal === undefined ? {} : { signal: options.signal }) },
      )
      return answer.kind === 'found' ? readFound(answer, known, envelopes) : new Map()
    } catch (error) {
      if (options.signal?.aborted !== true) {
        log.debug({ peer: peerId, key, err: error }, 'a registrar did not answer')
        registrars.forget(peerId)
      }
      throw error
    }
  }

  #verify(candidates: Candidates, limit: number): WorkerView[] {
    const { envelopes, clock } = this.#components
    const now = clock.now()
    const workers: WorkerView[] = []
    for (const candidate of inRankOrder(candidates)) {
      if (workers.length >= limit) break
      const worker = verifyCandidate(candidate, envelopes, now)
      if (worker !== undefined) workers.push(worker)
    }
    return workers
  }

  #remember(key: KeyText): RememberedKey {
    const remembered = this.#remembered.get(key) ?? { candidates: new Map(), lookedUpAt: Number.NEGATIVE_INFINITY }
    this.#remembered.delete(key)
    this.#remembered.set(key, remembered)
    for (const oldest of this.#remembered.keys()) {
      if (this.#remembered.size <= maxRememberedKeys) break
      this.#remembered.delete(oldest)
    }
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
      await this.#components.registrars.refresh(key, AbortSignal.timeout(lookupTimeoutMs))
    } catch (error) {
      this.#components.log.debug({ key, err: error }, 'the DHT did not say who keeps a key')
    }
  }
}

/**
 * Waits for two of the answers, or for 20 ms after the first, or until all have come or failed; the rest go on by
 * themselves.
 */
function firstTwo(answers: Promise<void>[], clock: Clock, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    let arrived = 0
    let open = answers.length
    let stopTimer: (() => void) | undefined
    const done = () => {
      stopTimer?.()
      signal?.removeEventListener('abort', cancel)
      resolve()
    }
    const cancel = () => {
      stopTimer?.()
      reject(signal?.reason)
    }
    signal?.addEventListener('abort', cancel, { once: true })
    const settled = (success: boolean) => {
      open--
      if (success) arrived++
      if (open === 0 || arrived === 2) done()
      else if (arrived === 1) stopTimer ??= clock.after(patienceMs, done)
    }
    for (const answer of answers) {
      answer.then(
        () => settled(true),
        () => settled(false),
      )
    }
    if (open === 0) done()
  })
}
