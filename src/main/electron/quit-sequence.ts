import { type Milliseconds, minute, second } from '../../shared/units.ts'
import type { Clock } from '../clock.ts'
import type { Logger } from '../log.ts'

/** Longest wait for jobs: what still runs then is handed back, and its requesters ask other workers. */
export const drainLimitMs: Milliseconds = 2 * minute
/** Longest wait for the node to stop; the app ends then in any case. */
const stopTimeoutMs: Milliseconds = 20 * second

export type QuitPhase = 'no' | 'draining' | 'stopping' | 'stopped'

export interface QuitSequenceComponents {
  clock: Clock
  log: Logger
}

export interface QuitSequenceInit {
  /** Takes nothing new on; resolves when no job is left, rejects with the signal's reason. */
  drain: (signal: AbortSignal) => Promise<void>
  stop: () => Promise<void>
  onPhase: (phase: QuitPhase) => void
  /** Ends the program, once all has stopped. */
  leave: () => void
}

/** How the app ends: its jobs are finished, its parts stopped, then it leaves. */
export class QuitSequence {
  readonly #clock: Clock
  readonly #log: Logger
  readonly #init: QuitSequenceInit
  readonly #hurry = new AbortController()
  #phase: QuitPhase = 'no'
  #leave: () => void

  constructor({ clock, log }: QuitSequenceComponents, init: QuitSequenceInit) {
    this.#clock = clock
    this.#log = log
    this.#init = init
    this.#leave = init.leave
  }

  get phase(): QuitPhase {
    return this.#phase
  }

  /** Begins it, unless it has begun; `leave` then takes the place of the usual end. */
  begin(leave: () => void = this.#init.leave): void {
    if (this.#phase === 'stopped' || this.#phase === 'stopping') return
    this.#leave = leave
    if (this.#phase === 'no') void this.#run()
  }

  /** Waits for no job any longer: the owner wants to leave now, or the system shuts down. */
  hurry(): void {
    this.#hurry.abort(new Error('the owner does not want to wait'))
  }

  async #run(): Promise<void> {
    this.#enter('draining')
    const stopTimer = this.#clock.after(drainLimitMs, () => this.hurry())
    try {
      await this.#init.drain(this.#hurry.signal)
    } catch (error) {
      this.#log.info({ err: error }, 'jobs that still run are handed back')
    }
    stopTimer()
    this.#enter('stopping')
    await this.#stop()
    this.#enter('stopped')
    this.#leave()
  }

  async #stop(): Promise<void> {
    const timeout = Promise.withResolvers<void>()
    const stopTimer = this.#clock.after(stopTimeoutMs, () => {
      this.#log.error({ waitedMs: stopTimeoutMs }, 'the node did not stop in time')
      timeout.resolve()
    })
    await Promise.race([this.#init.stop(), timeout.promise])
    stopTimer()
  }

  #enter(phase: QuitPhase): void {
    this.#phase = phase
    this.#init.onPhase(phase)
  }
}
