import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { KiB, MiB, type Milliseconds, minute, second } from '../shared/units.ts'
import type { Clock, StopTimer } from './clock.ts'
import type { Startable } from './lifecycle.ts'

const lookEveryMs = 2 * second
/** Short pauses between requests are no rest. */
const restAfterMs: Milliseconds = minute
/** More than this in a second, and memory saved would cost processor time. */
const busyFrom = { requests: 5, bytes: 256 * KiB }
/** A young generation up to this size is not worth another collection: V8 begins with 2 MiB. */
const smallBytes = 4 * MiB

/** What a node has done so far. */
export interface Work {
  requests: number
  bytes: number
}

export function isBusy(before: Work, now: Work, elapsedMs: Milliseconds): boolean {
  const seconds = Math.max(elapsedMs, 1) / second
  return (
    now.requests - before.requests > busyFrom.requests * seconds || now.bytes - before.bytes > busyFrom.bytes * seconds
  )
}

/** What is asked of the heap. */
export interface Heap {
  /**
   * Lets the young generation grow with what is allocated and collects it on several threads; or keeps the size it has and
   * collects it on one, for waking the others takes longer than a small one is worth.
   */
  setGrowing(growing: boolean): void
  readonly youngBytes: number
  /** Collects all garbage and gives memory back; V8 then makes the young generation small. Takes up to half a second. */
  collect(): void
}

/**
 * Makes the heap small while the node has little to do. V8 doubles the young generation up to 64 MiB and more as garbage comes,
 * which saves a third of the processor time of a busy node, and by itself never takes it back from one that has become idle. Nor does
 * it hurry with the garbage that a start or a busy time has left.
 */
export class HeapAtRest implements Startable {
  readonly #clock: Clock
  readonly #work: () => Work
  readonly #heap: Heap
  #before: Work = { requests: 0, bytes: 0 }
  #lookedAt: Milliseconds = 0
  #busyAt: Milliseconds = 0
  #collectedAt: Milliseconds = 0
  #collected = false
  #growing = true
  #stopTimer: StopTimer = () => undefined

  constructor({ clock, work, heap = v8Heap }: { clock: Clock; work: () => Work; heap?: Heap }) {
    this.#clock = clock
    this.#work = work
    this.#heap = heap
  }

  start(): void {
    this.#before = this.#work()
    this.#lookedAt = this.#busyAt = this.#clock.now()
    this.#stopTimer = this.#clock.every(lookEveryMs, () => this.#look())
  }

  stop(): void {
    this.#stopTimer()
    this.#become(true)
  }

  #look(): void {
    const now = this.#clock.now()
    const work = this.#work()
    const busy = isBusy(this.#before, work, now - this.#lookedAt)
    this.#before = work
    this.#lookedAt = now
    // A clock that was turned back must not make a rest of work.
    if (busy || now < this.#busyAt) {
      this.#busyAt = now
      this.#become(true)
    } else if (now - this.#busyAt >= restAfterMs) {
      this.#become(false)
      this.#shrink(now)
    }
  }

  #become(growing: boolean): void {
    if (growing === this.#growing) return
    this.#growing = growing
    this.#collected = false
    this.#heap.setGrowing(growing)
  }

  /** V8 keeps the size where a lot was allocated a moment ago, so this may have to be done again. */
  #shrink(now: Milliseconds): void {
    if (now - this.#collectedAt < restAfterMs) return
    if (this.#collected && this.#heap.youngBytes <= smallBytes) return
    this.#collectedAt = now
    this.#collected = true
    this.#heap.collect()
  }
}

/** V8 reads these flags each time it collects the young generation; a factor of 2 is its default. */
const flags = {
  growing: ['--semi-space-growth-factor=2', '--parallel-scavenge'],
  kept: ['--semi-space-growth-factor=1', '--no-parallel-scavenge'],
}

export const v8Heap: Heap = {
  setGrowing(growing) {
    for (const flag of growing ? flags.growing : flags.kept) setFlagsFromString(flag)
  },
  get youngBytes() {
    return getHeapSpaceStatistics().find(space => space.space_name === 'new_space')?.space_size ?? 0
  },
  collect() {
    setFlagsFromString('--expose-gc')
    const collect: unknown = runInNewContext('gc')
    if (typeof collect === 'function') collect({ type: 'major', flavor: 'last-resort' })
  },
}
