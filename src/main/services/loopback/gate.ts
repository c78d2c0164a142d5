/** Lets in so many at once, the others in the order in which they came. */
export class Gate {
  size: number
  #inside = 0
  readonly #waiting: (() => void)[] = []

  constructor(size: number) {
    this.size = size
  }

  get inside(): number {
    return this.#inside
  }

  /**
   * Resolves, once inside, with the way out, which may be called more than once. Rejects with the signal's reason when it
   * aborts first.
   */
  async enter(signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted()
    if (this.#inside < this.size) this.#inside++
    else await this.#wait(signal)
    let left = false
    return () => {
      if (left) return
      left = true
      const next = this.#waiting.shift()
      // A place is handed over, so that nobody slips in between.
      if (next) next()
      else this.#inside--
    }
  }

  #wait(signal: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const admit = () => {
      signal.removeEventListener('abort', giveUp)
      resolve()
    }
    const giveUp = () => {
      this.#waiting.splice(this.#waiting.indexOf(admit), 1)
      reject(signal.reason)
    }
    signal.addEventListener('abort', giveUp, { once: true })
    this.#waiting.push(admit)
    return promise
  }
}
