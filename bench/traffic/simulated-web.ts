/** Answers a request to one origin. */
export type WebHandler = (request: Request) => Promise<Response>

/** The web as nodes reach it with `fetch`: nobody but the handlers that are there. Counts requests by origin. */
export class SimulatedWeb {
  readonly #handlers = new Map<string, WebHandler>()
  readonly #original = globalThis.fetch
  /** Requests and other work that has not ended. */
  #pending = 0
  /** Whether anything has begun since this was last asked. */
  #stirred = false

  serve(url: string, handler: WebHandler): void {
    this.#handlers.set(new URL(url).origin, handler)
  }

  /** From now on the process's own `fetch` reaches this web alone, until the returned function is called. */
  install(): () => void {
    globalThis.fetch = (input, init) => this.track(() => this.#fetch(new Request(input, init)))
    return () => {
      globalThis.fetch = this.#original
    }
  }

  /** Has `settle` wait for work that takes real time. */
  async track<T>(work: () => Promise<T>): Promise<T> {
    this.#stirred = true
    this.#pending++
    try {
      return await work()
    } finally {
      this.#pending--
    }
  }

  /** Resolves when all that was begun has ended, and what follows from it; time stands still meanwhile. */
  async settle(): Promise<void> {
    do {
      this.#stirred = false
      // Long enough for what was awaited, and for what that began in turn.
      for (let round = 0; round < 3; round++) await nextRound()
    } while (this.#stirred || this.#pending > 0)
  }

  /** Whether there is something to wait for. */
  get stirred(): boolean {
    return this.#stirred || this.#pending > 0
  }

  async #fetch(request: Request): Promise<Response> {
    const handler = this.#handlers.get(new URL(request.url).origin)
    if (handler === undefined) throw new TypeError(`${request.url} cannot be reached`)
    return handler(request)
  }
}

function nextRound(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}
