type Listener = (event: never) => void

/** As much of an EventTarget as libp2p's users need, without its cost: thousands of nodes have several each. */
export class Emitter {
  readonly #listeners = new Map<string, Set<Listener>>()

  addEventListener(type: string, listener: Listener): void {
    const listeners = this.#listeners.get(type) ?? new Set()
    listeners.add(listener)
    this.#listeners.set(type, listeners)
  }

  removeEventListener(type: string, listener: Listener): void {
    this.#listeners.get(type)?.delete(listener)
  }

  protected emit(type: string, event: unknown = { type }): void {
    const listeners = this.#listeners.get(type)
    if (listeners !== undefined) for (const listener of [...listeners]) listener(event as never)
  }
}
