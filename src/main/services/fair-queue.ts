/** Something that waits for its turn on behalf of a requester. */
export interface Waiting {
  readonly requester: string
  /** May be handed out. What is not ready keeps its place and lets others pass. */
  readonly ready: boolean
}

/** `full`: not taken. Otherwise it waits, and `evicted`, if any, no longer does. */
export type Admission<T> = { kind: 'admitted'; evicted?: T } | { kind: 'full' }

/**
 * A bounded queue that is fair between requesters: each has a lane of its own, and lanes take turns. When the queue is
 * full, a requester with little waiting still gets in: the newest entry of the longest lane makes room, as long as that
 * lane stays at least as long as the newcomer's.
 */
export class FairQueue<T extends Waiting> {
  /** May change at any time; what waits beyond a smaller one keeps waiting. */
  bound: number
  /** In the order of their next turn. */
  readonly #lanes = new Map<string, T[]>()
  #size = 0

  constructor(bound: number) {
    this.bound = bound
  }

  get size(): number {
    return this.#size
  }

  add(entry: T): Admission<T> {
    const evicted = this.#size < this.bound ? undefined : this.#makeRoomFor(entry.requester)
    if (this.#size >= this.bound) return { kind: 'full' }
    const lane = this.#lanes.get(entry.requester)
    if (lane) lane.push(entry)
    else this.#lanes.set(entry.requester, [entry])
    this.#size++
    return evicted === undefined ? { kind: 'admitted' } : { kind: 'admitted', evicted }
  }

  /** Takes the oldest ready entry of the lane whose turn it is; that lane goes to the back. */
  next(): T | undefined {
    for (const [requester, lane] of this.#lanes) {
      const entry = lane.find(candidate => candidate.ready)
      if (entry === undefined) continue
      this.remove(entry)
      if (this.#lanes.delete(requester) && lane.length > 0) this.#lanes.set(requester, lane)
      return entry
    }
    return undefined
  }

  /** Takes out an entry that no longer waits. */
  remove(entry: T): boolean {
    const lane = this.#lanes.get(entry.requester)
    const index = lane?.indexOf(entry) ?? -1
    if (lane === undefined || index < 0) return false
    lane.splice(index, 1)
    if (lane.length === 0) this.#lanes.delete(entry.requester)
    this.#size--
    return true
  }

  #makeRoomFor(requester: string): T | undefined {
    const longest = [...this.#lanes.values()].reduce<T[]>((best, lane) => (lane.length > best.length ? lane : best), [])
    const own = this.#lanes.get(requester)?.length ?? 0
    const newest = longest.at(-1)
    if (newest === undefined || longest.length - 1 < own + 1) return undefined
    this.remove(newest)
    return newest
  }
}
