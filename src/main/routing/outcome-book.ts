import { KiB, type Milliseconds } from '../../shared/units.ts'

/** What an entry takes beside its outcome: promises, signals and what waits on them. */
export const entryBytes = 8 * KiB

export interface OutcomeBookInit {
  /** How long an outcome is kept once it is there. */
  keptMs: Milliseconds
  /** Of all entries together. */
  maxBytes: number
}

/**
 * `running`: asked again, it can be joined. `kept`: what came of it is at hand. `dropped`: it is known to have run, and no
 * more; only what must not run twice is remembered like this.
 */
export type OutcomeState = 'running' | 'kept' | 'dropped'

interface Entry<T> {
  readonly value: T
  readonly mayRepeat: boolean
  /** Whether its outcome is held, as far as there is one. */
  held: boolean
  bytes: number
  endedAt: Milliseconds
}

/**
 * Which requests run or ran lately, and what of them is still held. Bounded in time and in bytes: past its bytes the
 * outcomes that were there first go first. Pure: the present moment is handed in.
 */
export class OutcomeBook<T> {
  readonly #init: OutcomeBookInit
  /** Each in the order of their entries' beginning or end, for a key is taken out and put in anew as it moves on. */
  readonly #running = new Map<string, Entry<T>>()
  readonly #kept = new Map<string, Entry<T>>()
  readonly #dropped = new Map<string, Entry<T>>()
  #bytes = 0

  constructor(init: OutcomeBookInit) {
    this.#init = init
  }

  /** Bytes that all entries count for. */
  get bytes(): number {
    return this.#bytes
  }

  get size(): number {
    return this.#running.size + this.#kept.size + this.#dropped.size
  }

  at(key: string, now: Milliseconds): { state: OutcomeState; value: T } | undefined {
    const running = this.#running.get(key)
    if (running !== undefined) return { state: 'running', value: running.value }
    const ended = this.#kept.get(key) ?? this.#dropped.get(key)
    if (ended === undefined) return undefined
    if (this.#isOver(ended, now)) {
      this.forget(key)
      return undefined
    }
    return { state: ended.held ? 'kept' : 'dropped', value: ended.value }
  }

  /** Notes a request that runs from now on; its key must be free. Returns whose outcomes make room, as `grow` does. */
  begin(key: string, value: T, { mayRepeat }: { mayRepeat: boolean }): T[] {
    this.#running.set(key, { value, mayRepeat, held: true, bytes: entryBytes, endedAt: 0 })
    this.#bytes += entryBytes
    return this.#makeRoom()
  }

  /**
   * Counts bytes of an outcome as they come. Returns those whose outcomes are no longer to be held: such a request may run
   * on, but nobody can join it from its beginning any more.
   */
  grow(key: string, bytes: number): T[] {
    const entry = this.#running.get(key)
    if (entry === undefined || !entry.held) return []
    entry.bytes += bytes
    this.#bytes += bytes
    return this.#makeRoom()
  }

  /** Its outcome is there, and stays for a while. */
  keep(key: string, now: Milliseconds): void {
    const entry = this.#running.get(key)
    if (entry === undefined) return
    entry.endedAt = now
    if (entry.held) {
      this.#running.delete(key)
      this.#kept.set(key, entry)
    } else this.#endWithout(key, entry)
  }

  /** Nothing of its outcome is held. */
  drop(key: string, now: Milliseconds): void {
    const entry = this.#running.get(key)
    if (entry === undefined) return
    entry.endedAt = now
    this.#letGo(entry)
    this.#endWithout(key, entry)
  }

  /** It never came to run. */
  forget(key: string): void {
    for (const entries of [this.#running, this.#kept, this.#dropped]) this.#remove(key, entries)
  }

  /** Forgets what has ended; returns whose outcomes were held. */
  clear(): T[] {
    const held = [...this.#kept.values()].map(({ value }) => value)
    for (const key of [...this.#kept.keys(), ...this.#dropped.keys()]) this.forget(key)
    return held
  }

  /** Lets go of what has been there for long enough; returns when to ask again, if anything is left that ended. */
  expire(now: Milliseconds): Milliseconds | undefined {
    for (const entries of [this.#kept, this.#dropped]) {
      for (const [key, entry] of entries) {
        if (!this.#isOver(entry, now)) break
        this.#remove(key, entries)
      }
    }
    const next = [this.#kept, this.#dropped].flatMap(entries => first(entries)?.[1].endedAt ?? [])
    return next.length === 0 ? undefined : Math.min(...next) + this.#init.keptMs
  }

  #makeRoom(): T[] {
    const letGo: T[] = []
    while (this.#bytes > this.#init.maxBytes) {
      const oldest = first(this.#kept) ?? this.#oldestHolding()
      if (oldest !== undefined) {
        const [key, entry] = oldest
        letGo.push(entry.value)
        this.#letGo(entry)
        if (this.#kept.has(key)) this.#endWithout(key, entry)
        continue
      }
      const remembered = first(this.#dropped)
      if (remembered === undefined) break
      this.#remove(remembered[0], this.#dropped)
    }
    return letGo
  }

  #oldestHolding(): [string, Entry<T>] | undefined {
    for (const [key, entry] of this.#running) {
      if (entry.bytes > entryBytes) return [key, entry]
    }
    return undefined
  }

  #letGo(entry: Entry<T>): void {
    entry.held = false
    this.#bytes -= entry.bytes - entryBytes
    entry.bytes = entryBytes
  }

  #endWithout(key: string, entry: Entry<T>): void {
    if (entry.mayRepeat) {
      this.forget(key)
      return
    }
    this.#running.delete(key)
    this.#kept.delete(key)
    this.#dropped.set(key, entry)
  }

  #remove(key: string, entries: Map<string, Entry<T>>): void {
    const entry = entries.get(key)
    if (entry === undefined) return
    entries.delete(key)
    this.#bytes -= entry.bytes
  }

  /** One that ended later than now is of a clock that was set back since. */
  #isOver({ endedAt }: Entry<T>, now: Milliseconds): boolean {
    return now >= endedAt + this.#init.keptMs || endedAt > now
  }
}

function first<K, V>(entries: ReadonlyMap<K, V>): [K, V] | undefined {
  return entries.entries().next().value
}
