import { RmaError } from '../../shared/errors.ts'

export interface StreamSlotsInit {
  /** Requests at once. */
  slots: number
  /** Requests that may wait for one. */
  bound: number
}

interface Waiter {
  grant: () => void
}

/**
 * Requests to one peer at once, and those that wait for their turn: libp2p resets streams past its limit. Whoever a request
 * is for has a lane of its own, and lanes take turns, so that one with many requests does not hold up the others.
 */
export class StreamSlots {
  readonly #init: StreamSlotsInit
  /** In the order of their next turn. */
  readonly #lanes = new Map<string, Waiter[]>()
  #taken = 0
  #waiting = 0

  constructor(init: StreamSlotsInit) {
    this.#init = init
  }

  get isIdle(): boolean {
    return this.#taken === 0
  }

  /**
   * Waits for a slot; calling what it resolves with gives it back, once.
   *
   * @throws RmaError BUSY when too many wait already; the reason of `signal`
   */
  async take(onBehalfOf: string, signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted()
    if (this.#taken < this.#init.slots) this.#taken++
    else await this.#wait(onBehalfOf, signal)
    let given = false
    return () => {
      if (given) return
      given = true
      this.#passOn()
    }
  }

  #wait(onBehalfOf: string, signal: AbortSignal): Promise<void> {
    if (this.#waiting >= this.#init.bound) {
      throw new RmaError('BUSY', `${this.#waiting} requests of this node already wait for that worker`)
    }
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        grant: () => {
          signal.removeEventListener('abort', leave)
          resolve()
        },
      }
      const leave = () => {
        this.#remove(onBehalfOf, waiter)
        reject(signal.reason)
      }
      signal.addEventListener('abort', leave, { once: true })
      const lane = this.#lanes.get(onBehalfOf)
      if (lane === undefined) this.#lanes.set(onBehalfOf, [waiter])
      else lane.push(waiter)
      this.#waiting++
    })
  }

  /** The slot goes to whoever is next, or back. */
  #passOn(): void {
    const [onBehalfOf, lane] = this.#lanes.entries().next().value ?? []
    const next = lane?.[0]
    if (onBehalfOf === undefined || lane === undefined || next === undefined) {
      this.#taken--
      return
    }
    this.#remove(onBehalfOf, next)
    // To the back of the turns.
    if (this.#lanes.delete(onBehalfOf)) this.#lanes.set(onBehalfOf, lane)
    next.grant()
  }

  #remove(onBehalfOf: string, waiter: Waiter): void {
    const lane = this.#lanes.get(onBehalfOf)
    const index = lane?.indexOf(waiter) ?? -1
    if (lane === undefined || index < 0) return
    lane.splice(index, 1)
    if (lane.length === 0) this.#lanes.delete(onBehalfOf)
    this.#waiting--
  }
}
