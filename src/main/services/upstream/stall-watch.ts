import type { Milliseconds } from '../../../shared/units.ts'
import type { Clock, StopTimer } from '../../clock.ts'

/** Who else takes part in a request: a server may have to wait for them. */
type Party = 'requester' | 'reader'

export interface StallWatchInit {
  /** How long the server may give no sign of life. */
  limitMs: Milliseconds
  onStall: () => void
}

/** Notices when a server gives no sign of life for too long. The time in which it has to wait for others does not count. */
export class StallWatch {
  readonly #clock: Clock
  readonly #init: StallWatchInit
  readonly #awaited = new Set<Party>()
  #ended = false
  #stopTimer: StopTimer = () => undefined

  constructor({ clock }: { clock: Clock }, init: StallWatchInit) {
    this.#clock = clock
    this.#init = init
    this.#restart()
  }

  /** Nothing counts until they have acted. */
  waitFor(whom: Party): void {
    this.#awaited.add(whom)
    this.#restart()
  }

  /** Time counts anew, unless another is waited for. Nothing changes if they were not. */
  hasActed(whom: Party): void {
    if (this.#awaited.delete(whom)) this.#restart()
  }

  end(): void {
    this.#ended = true
    this.#stopTimer()
  }

  #restart(): void {
    this.#stopTimer()
    if (this.#ended || this.#awaited.size > 0) return
    this.#stopTimer = this.#clock.after(this.#init.limitMs, this.#init.onStall)
  }
}
