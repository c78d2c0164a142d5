import type { ServerResponse } from 'node:http'
import { RmaError } from '../../shared/errors.ts'
import type { Milliseconds } from '../../shared/units.ts'

/** Aborts what is done for a request when its requester is gone, or when its time is up. */
export class RequestEnd {
  readonly #controller = new AbortController()
  #timer: NodeJS.Timeout | undefined

  constructor(outgoing: ServerResponse) {
    outgoing.once('close', () => {
      clearTimeout(this.#timer)
      if (!outgoing.writableFinished) this.#controller.abort(new RmaError('CANCELLED', 'the requester is gone'))
    })
  }

  /** Aborts with CANCELLED or DEADLINE. */
  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** Sets the time that is left; the answer must be out by then. */
  within(leftMs: Milliseconds): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      this.#controller.abort(new RmaError('DEADLINE', `no answer within ${Math.round(leftMs)} ms`))
    }, leftMs)
    this.#timer.unref()
  }
}
