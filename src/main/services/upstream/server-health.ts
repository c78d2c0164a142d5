import { request } from 'undici'
import { KiB, second } from '../../../shared/units.ts'
import type { Clock, StopTimer } from '../../clock.ts'

const askEveryMs = 15 * second
const answerMs = 5 * second

/** Whether a server says that it is well: asked at once, each 15 s, and when a job of it has failed. */
export class ServerHealth {
  readonly #clock: Clock
  readonly #url: URL
  readonly #onChange: () => void
  #problem: string | undefined = 'it has not answered yet'
  #stopTimer: StopTimer = () => undefined
  #abort = new AbortController()
  #asking: Promise<void> | undefined

  constructor(components: { clock: Clock }, init: { url: URL; onChange: () => void }) {
    this.#clock = components.clock
    this.#url = init.url
    this.#onChange = init.onChange
  }

  /** In words; undefined while it is well. */
  get problem(): string | undefined {
    return this.#problem
  }

  start(): void {
    this.#abort = new AbortController()
    this.#stopTimer = this.#clock.every(askEveryMs, () => void this.ask())
    void this.ask()
  }

  stop(): void {
    this.#stopTimer()
    this.#abort.abort()
  }

  ask(): Promise<void> {
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined
    })
    return this.#asking
  }

  async #ask(): Promise<void> {
    const { signal } = this.#abort
    const problem = await problemOf(this.#url, signal)
    if (signal.aborted || problem === this.#problem) return
    this.#problem = problem
    this.#onChange()
  }
}

async function problemOf(url: URL, signal: AbortSignal): Promise<string | undefined> {
  try {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(answerMs)])
    const { statusCode, body } = await request(url, { signal: limit })
    await body.dump({ limit: 64 * KiB, signal: limit })
    if (statusCode >= 200 && statusCode < 300) return undefined
    return `${url.pathname} answered with HTTP status ${statusCode}`
  } catch (error) {
    if (error instanceof Error && error.name === 'TimeoutError') return `${url.pathname} did not answer within 5 s`
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'no connection'
    return `nothing answers at ${url.origin} (${code})`
  }
}
