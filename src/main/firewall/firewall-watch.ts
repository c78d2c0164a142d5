import { hour, type Milliseconds, minute } from '../../shared/units.ts'
import type { Clock, StopTimer } from '../clock.ts'
import type { Startable } from '../lifecycle.ts'
import type { Logger } from '../log.ts'
import type { FirewallState } from './windows-firewall.ts'

/** By then whoever sits there has answered what Windows asks when a program begins to listen. */
const firstLookMs: Milliseconds = minute
/** Each look starts a program of the system's. */
const lookEveryMs: Milliseconds = hour

export interface FirewallWatchInit {
  /** Missing where the system's firewall cannot be asked about a program. */
  ask?: (() => Promise<FirewallState>) | undefined
}

/** What the system's firewall says of this program: a minute after the start, and each hour, as rules may change. */
export class FirewallWatch implements Startable {
  readonly #clock: Clock
  readonly #log: Logger
  readonly #ask: FirewallWatchInit['ask']
  #state: FirewallState | undefined
  #stopTimers: StopTimer[] = []

  constructor({ clock, log }: { clock: Clock; log: Logger }, { ask }: FirewallWatchInit) {
    this.#clock = clock
    this.#log = log.child({ component: 'firewall' })
    this.#ask = ask
  }

  /** Undefined where it is not known. */
  get state(): FirewallState | undefined {
    return this.#state
  }

  start(): void {
    const ask = this.#ask
    if (ask === undefined) return
    const look = () => void this.#look(ask)
    this.#stopTimers = [this.#clock.after(firstLookMs, look), this.#clock.every(lookEveryMs, look)]
  }

  stop(): void {
    for (const stop of this.#stopTimers) stop()
    this.#stopTimers = []
  }

  async #look(ask: () => Promise<FirewallState>): Promise<void> {
    const before = this.#state
    try {
      this.#state = await ask()
      if (this.#state === 'blocked' && before !== 'blocked')
        this.#log.warn('the firewall of this system keeps other nodes from this one')
    } catch (error) {
      this.#state = undefined
      this.#log.debug({ err: error }, 'the firewall could not be asked about this program')
    }
  }
}
