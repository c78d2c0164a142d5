import { RmaError } from '../../shared/errors.ts'
import type { Milliseconds } from '../../shared/units.ts'
import type { Clock } from '../clock.ts'
import type { RoutedAnswer } from '../routing/routed-answer.ts'
import type { ServiceRequest } from '../service-request.ts'

/** Counts the requests that run, and lets them come to their end before the node stops. */
export class Drain {
  readonly #clock: Clock
  readonly #limitMs: Milliseconds
  readonly #whenQuiet = new Set<() => void>()
  #draining = false
  #running = 0
  #finished = 0

  constructor({ clock }: { clock: Clock }, { limitMs }: { limitMs: Milliseconds }) {
    this.#clock = clock
    this.#limitMs = limitMs
  }

  get draining(): boolean {
    return this.#draining
  }

  /** Requests that run now, and that have ended. */
  get counts(): { running: number; finished: number } {
    return { running: this.#running, finished: this.#finished }
  }

  /** Counts a request in; what is returned counts it out. Throws DRAINING. */
  enter(): () => void {
    if (this.#draining) throw new RmaError('DRAINING', 'this coordinator is shutting down: ask another')
    this.#running++
    let inside = true
    return () => {
      if (!inside) return
      inside = false
      this.#running--
      this.#finished++
      if (this.#running === 0) for (const tell of this.#whenQuiet) tell()
    }
  }

  start(): void {
    this.#draining = false
  }

  /** Takes nothing new on. Resolves once nothing runs, with how many requests still did when the time was up. */
  drain(): Promise<number> {
    this.#draining = true
    return new Promise(resolve => {
      const done = () => {
        stopTimer()
        this.#whenQuiet.delete(done)
        resolve(this.#running)
      }
      const stopTimer = this.#clock.after(this.#limitMs, done)
      if (this.#running === 0) done()
      else this.#whenQuiet.add(done)
    })
  }
}

/** A router whose requests are counted until their answers have been read. */
export function countedIn(drain: Drain, router: RoutesRequests): RoutesRequests {
  return {
    async route(request) {
      const leave = drain.enter()
      // Whoever asked may be gone before the answer is read.
      request.signal.addEventListener('abort', leave, { once: true })
      try {
        const answer = await router.route(request)
        return { ...answer, body: leavingAfter(answer.body, leave) }
      } catch (error) {
        leave()
        throw error
      }
    },
  }
}

interface RoutesRequests {
  route(request: ServiceRequest): Promise<RoutedAnswer>
}

async function* leavingAfter(body: RoutedAnswer['body'], leave: () => void): AsyncGenerator<Uint8Array> {
  try {
    if (body instanceof Uint8Array) yield body
    else yield* body
  } finally {
    leave()
  }
}
