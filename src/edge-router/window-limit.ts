import type { Milliseconds } from '../shared/units.ts'

export interface WindowLimitInit {
  most: number
  windowMs: Milliseconds
  /** Callers remembered; with more, all start anew, so that memory stays bounded. */
  maxCallers?: number
}

/** Lets each caller do something so many times in a window of time. */
export class WindowLimit {
  readonly #init: Required<WindowLimitInit>
  readonly #callers = new Map<string, number>()
  #window = 0

  constructor(init: WindowLimitInit) {
    this.#init = { maxCallers: 4_096, ...init }
  }

  /** Whether `caller` may at `now`; if so it is counted. */
  take(caller: string, now: Milliseconds): boolean {
    const { most, windowMs, maxCallers } = this.#init
    const window = Math.floor(now / windowMs)
    if (window !== this.#window || this.#callers.size >= maxCallers) this.#callers.clear()
    this.#window = window
    const count = (this.#callers.get(caller) ?? 0) + 1
    if (count > most) return false
    this.#callers.set(caller, count)
    return true
  }
}
