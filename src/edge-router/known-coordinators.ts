import { RmaError } from '../shared/errors.ts'
import { aliveForMs } from '../shared/schema/edge-api.ts'
import { type Milliseconds, minute, second } from '../shared/units.ts'
import type { CoordinatorStore, EdgeClock, ListCopy, ReportProblem } from './coordinator-store.ts'
import type { CoordinatorEntry, CoordinatorList } from './coordinator-table.ts'

/** How long a list from the storage is used without asking it again. */
const freshForMs = minute
/** A storage that takes longer counts as failed. */
const patienceMs = 3 * second
/** After a failure the storage is left alone this long. */
const restMs = 10 * second

export interface KnownCoordinatorsComponents {
  store: CoordinatorStore
  copy: ListCopy
  clock: EdgeClock
  report: ReportProblem
}

export interface KnownCoordinatorsAnswer {
  coordinators: CoordinatorEntry[]
  /** `copy` while the storage does not answer. */
  from: 'storage' | 'copy'
}

/**
 * The coordinators to hand out: from memory for a minute, then from the storage. While the storage fails, from this isolate's
 * memory or the data centre's cache, as long as each coordinator's own word counts.
 */
export class KnownCoordinators {
  readonly #components: KnownCoordinatorsComponents
  #last: { list: CoordinatorList; at: Milliseconds } | undefined
  #restUntil: Milliseconds = 0

  constructor(components: KnownCoordinatorsComponents) {
    this.#components = components
  }

  /** Rejects with STORAGE_UNAVAILABLE where there is neither storage nor copy. */
  async get(waitUntil: (work: Promise<unknown>) => void): Promise<KnownCoordinatorsAnswer> {
    const now = this.#components.clock.now()
    if (this.#last !== undefined && now - this.#last.at < freshForMs) return answer(this.#last.list, now)
    if (now >= this.#restUntil) {
      try {
        return answer(await this.#refresh(now, waitUntil), now)
      } catch (error) {
        this.#restUntil = now + restMs
        this.#components.report('the storage did not answer', error)
      }
    }
    const list = this.#last?.list ?? (await this.#readCopy())
    if (list === undefined) throw new RmaError('STORAGE_UNAVAILABLE', 'the storage does not answer; try again later')
    return { coordinators: list.coordinators.filter(({ expiresAt }) => expiresAt > now), from: 'copy' }
  }

  /** Has the next request ask the storage. */
  forget(): void {
    this.#last = undefined
  }

  async #refresh(now: Milliseconds, waitUntil: (work: Promise<unknown>) => void): Promise<CoordinatorList> {
    const { store, copy, clock, report } = this.#components
    const list = await within(patienceMs, clock, store.list())
    this.#last = { list, at: now }
    waitUntil(copy.write(list).catch(error => report('the copy could not be written', error)))
    return list
  }

  async #readCopy(): Promise<CoordinatorList | undefined> {
    try {
      return await this.#components.copy.read()
    } catch (error) {
      this.#components.report('the copy could not be read', error)
      return undefined
    }
  }
}

function answer({ coordinators }: CoordinatorList, now: Milliseconds): KnownCoordinatorsAnswer {
  const alive = coordinators.filter(({ seenAt, expiresAt }) => seenAt > now - aliveForMs && expiresAt > now)
  return { coordinators: alive, from: 'storage' }
}

/** Rejects with STORAGE_UNAVAILABLE when `work` takes longer, or fails. */
export async function within<T>(ms: Milliseconds, clock: EdgeClock, work: Promise<T>): Promise<T> {
  const late = clock.delay(ms).then(() => {
    throw new Error(`it did not answer within ${ms} ms`)
  })
  try {
    return await Promise.race([work, late])
  } catch (cause) {
    throw new RmaError('STORAGE_UNAVAILABLE', 'the storage does not answer; try again later', {}, { cause })
  } finally {
    // Whichever lost the race is of no interest any more.
    late.catch(() => undefined)
    work.catch(() => undefined)
  }
}
