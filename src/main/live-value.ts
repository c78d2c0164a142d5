/**
 * A value that others watch. Each watcher gets the present value at once and then the newest after each change; values
 * that were replaced before the watcher asked are skipped, so a slow reader costs no memory.
 */
export class LiveValue<T> {
  #value: T
  #make: (() => T) | undefined
  #version = 0
  readonly #wakers = new Set<() => void>()
  #watchers = 0

  constructor(value: T) {
    this.#value = value
  }

  get(): T {
    if (this.#make !== undefined) {
      this.#value = this.#make()
      this.#make = undefined
    }
    return this.#value
  }

  set(value: T): void {
    this.#value = value
    this.#make = undefined
    this.#changedNow()
  }

  /** The value is what `make` returns once somebody asks for it: for one that changes more often than it is looked at. */
  setLater(make: () => T): void {
    this.#make = make
    this.#changedNow()
  }

  update(change: (value: T) => T): void {
    this.set(change(this.get()))
  }

  /** Whether somebody reads along. Subscribers, who take what comes, do not count. */
  get watched(): boolean {
    return this.#watchers > 0
  }

  /** Ends when `signal` aborts or the reader stops. */
  async *watch(signal?: AbortSignal): AsyncGenerator<T, void, void> {
    let seen = -1
    this.#watchers++
    try {
      for (;;) {
        if (seen === this.#version && !signal?.aborted) await this.#changed(signal)
        if (signal?.aborted) return
        seen = this.#version
        yield this.get()
      }
    } finally {
      this.#watchers--
    }
  }

  /** Calls `listener` after each change until the returned function is called. */
  subscribe(listener: (value: T) => void): () => void {
    const wake = () => listener(this.get())
    this.#wakers.add(wake)
    return () => this.#wakers.delete(wake)
  }

  #changedNow(): void {
    this.#version++
    for (const wake of [...this.#wakers]) wake()
  }

  #changed(signal?: AbortSignal): Promise<void> {
    return new Promise(resolve => {
      const done = () => {
        this.#wakers.delete(done)
        signal?.removeEventListener('abort', done)
        resolve()
      }
      this.#wakers.add(done)
      signal?.addEventListener('abort', done)
    })
  }
}

/** What `map` makes of a value, and of each that follows. */
export function mapped<T, U>(source: LiveValue<T>, map: (value: T) => U): LiveValue<U> {
  const result = new LiveValue(map(source.get()))
  source.subscribe(value => result.set(map(value)))
  return result
}
