import type { Clock } from '../../src/main/clock.ts'
import type { Capacity } from '../../src/main/service-request.ts'
import { RmaError } from '../../src/shared/errors.ts'
import type { Milliseconds } from '../../src/shared/units.ts'

export interface SimulatedJobsInit {
  slots: number
  bound: number
  /** How long one job takes. */
  jobMs: () => Milliseconds
}

/** A donor's queue: so many jobs at once, so many waiting, each for as long as it takes. */
export class SimulatedJobs {
  /** Jobs done. */
  done = 0
  accepting = true
  readonly #clock: Clock
  readonly #init: SimulatedJobsInit
  readonly #onChange: () => void
  readonly #waiting: (() => void)[] = []
  #running = 0

  constructor({ clock }: { clock: Clock }, init: SimulatedJobsInit, onChange: () => void) {
    this.#clock = clock
    this.#init = init
    this.#onChange = onChange
  }

  capacity(): Capacity {
    const { slots, bound } = this.#init
    const waiting = this.#waiting.length
    const load = Math.min(1, Math.max(this.#running / slots, waiting / bound))
    return { load, queue: { running: this.#running, waiting, slots, bound } }
  }

  /** Calls `end` when the job is done. Throws PAUSED or BUSY. */
  take(end: () => void): void {
    if (!this.accepting) throw new RmaError('PAUSED', 'the owner needs the machine')
    if (this.#running >= this.#init.slots && this.#waiting.length >= this.#init.bound)
      throw new RmaError('BUSY', 'the queue is full', { retryAfterMs: 1_000 })
    const start = () => {
      this.#running++
      this.#clock.after(this.#init.jobMs(), () => {
        this.#running--
        this.done++
        this.#waiting.shift()?.()
        this.#onChange()
        end()
      })
    }
    if (this.#running < this.#init.slots) start()
    else this.#waiting.push(start)
    this.#onChange()
  }
}
