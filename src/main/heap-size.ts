import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { hour, KiB, MiB, type Milliseconds, minute, second } from '../shared/units.ts'
import type { Clock, StopTimer } from './clock.ts'
import type { Startable } from './lifecycle.ts'
import { isResting } from './resting.ts'

const lookEveryMs = 2 * second
/** By then a node has joined, and the page that was opened with it is there. */
const startedAfterMs: Milliseconds = 10 * second
/** Short pauses between requests are no rest. */
const restAfterMs: Milliseconds = minute
const longestPauseMs: Milliseconds = hour
/** More than this in a second, and memory saved would cost processor time. */
const busyFrom = { requests: 5, bytes: 256 * KiB }
/** A young generation up to this size is not worth another collection: V8 begins with 2 MiB. */
const smallBytes = 4 * MiB
/**
 * A young generation this large does not grow any more. Four times as much, which V8 lets a busy node have, saves a fifth to a
 * third of the processor time of a request and takes 100 MiB of the donor's memory.
 */
const largeBytes = 32 * MiB

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

/**
 * `free`: as V8 has it. Otherwise garbage is collected once there is six tenths as much of it as of what is used. `growing`: the young
 * generation grows with what is allocated, and is collected on several threads. `working`: it keeps the size it has. `resting`: it is
 * also collected on one thread, for waking the others takes longer than a small one is worth, and old garbage at a quarter of what is
 * used: little comes, and a small young generation lets much of it become old.
 */
export type HeapMode = 'free' | 'growing' | 'working' | 'resting'

/** What is asked of the heap. */
export interface Heap {
  setMode(mode: HeapMode): void
  readonly youngBytes: number
  /**
   * Collects all garbage. `thoroughly`: gives memory back as well, and V8 then makes the young generation small; that takes up to
   * half a second.
   */
  collect(options: { thoroughly: boolean }): void
}

/**
 * Makes the heap small while the node has little to do, and keeps it from taking much while it has a lot. V8 doubles the young
 * generation up to 128 MiB as garbage comes, which saves a third of the processor time of a busy node, and by itself never takes it
 * back from one that has become idle. Nor does it hurry with the garbage that a start or a busy time has left: until it has once
 * collected everything it lets hundreds of megabytes come together, and later three times what is used.
 */
export class HeapSize implements Startable {
  readonly #clock: Clock
  readonly #work: () => Work
  readonly #heap: Heap
  #before: Work = { requests: 0, bytes: 0 }
  #lookedAt: Milliseconds = 0
  #busyAt: Milliseconds = 0
  #collectedAt: Milliseconds = 0
  /** Until it is collected again in this rest. */
  #pauseMs: Milliseconds = 0
  #mode: HeapMode = 'free'
  #stopTimers: StopTimer[] = []

  constructor({ clock, work, heap = v8Heap }: { clock: Clock; work: () => Work; heap?: Heap }) {
    this.#clock = clock
    this.#work = work
    this.#heap = heap
  }

  start(): void {
    this.#before = this.#work()
    this.#lookedAt = this.#busyAt = this.#clock.now()
    this.#become('growing')
    this.#stopTimers = [
      this.#clock.after(startedAfterMs, () => this.#heap.collect({ thoroughly: false })),
      this.#clock.every(lookEveryMs, () => this.#look()),
    ]
  }

  stop(): void {
    for (const stopTimer of this.#stopTimers.splice(0)) stopTimer()
    this.#become('free')
  }

  #look(): void {
    const now = this.#clock.now()
    const work = this.#work()
    const busy = isBusy(this.#before, work, now - this.#lookedAt)
    this.#before = work
    this.#lookedAt = now
    // A clock that was turned back must not make a rest of work.
    if (busy || now < this.#busyAt) this.#busyAt = now
    if (now - this.#busyAt >= restAfterMs) {
      this.#become('resting')
      this.#shrink(now)
    } else this.#become(this.#heap.youngBytes < largeBytes ? 'growing' : 'working')
  }

  #become(mode: HeapMode): void {
    if (mode === this.#mode) return
    this.#mode = mode
    this.#pauseMs = 0
    this.#heap.setMode(mode)
  }

  /**
   * V8 keeps the size where a lot was allocated a moment ago, so this may have to be done again; and what a node that comes to rest
   * still uses is garbage later on, so it is done again after pauses that grow.
   */
  #shrink(now: Milliseconds): void {
    const isPausing = (pauseMs: Milliseconds) => isResting(this.#collectedAt + pauseMs, now, pauseMs)
    if (isPausing(restAfterMs) || (isPausing(this.#pauseMs) && this.#heap.youngBytes <= smallBytes)) return
    this.#collectedAt = now
    this.#pauseMs = Math.min(3 * Math.max(this.#pauseMs, restAfterMs), longestPauseMs)
    this.#heap.collect({ thoroughly: true })
  }
}

/** Each has these, for V8 reads them whenever it collects. The first are its defaults. */
const flags: Record<HeapMode, string[]> = {
  free: ['--semi-space-growth-factor=2', '--parallel-scavenge', '--heap-growing-percent=0'],
  growing: ['--semi-space-growth-factor=2', '--parallel-scavenge', '--heap-growing-percent=60'],
  working: ['--semi-space-growth-factor=1', '--parallel-scavenge', '--heap-growing-percent=60'],
  resting: ['--semi-space-growth-factor=1', '--no-parallel-scavenge', '--heap-growing-percent=25'],
}

export const v8Heap: Heap = {
  setMode(mode) {
    for (const flag of flags[mode]) setFlagsFromString(flag)
  },
  get youngBytes() {
    return getHeapSpaceStatistics().find(space => space.space_name === 'new_space')?.space_size ?? 0
  },
  collect({ thoroughly }) {
    setFlagsFromString('--expose-gc')
    const collect: unknown = runInNewContext('gc')
    if (typeof collect === 'function') collect({ type: 'major', flavor: thoroughly ? 'last-resort' : 'regular' })
  },
}
