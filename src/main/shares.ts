/** Lets each holder have at most so many of something that others want too. */
export class Shares {
  readonly #most: number
  readonly #held = new Map<string, number>()

  constructor(most: number) {
    this.#most = most
  }

  /** Takes one more for the holder; what is returned gives it back, once. Undefined where the holder has all it may. */
  take(holder: string): (() => void) | undefined {
    const held = this.#held.get(holder) ?? 0
    if (held >= this.#most) return undefined
    this.#held.set(holder, held + 1)
    let taken = true
    return () => {
      if (!taken) return
      taken = false
      const left = (this.#held.get(holder) ?? 1) - 1
      if (left === 0) this.#held.delete(holder)
      else this.#held.set(holder, left)
    }
  }
}
