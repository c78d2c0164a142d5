import { RmaError } from '../../shared/errors.ts'
import { second } from '../../shared/units.ts'
import type { Clock } from '../clock.ts'
import { RateLimit } from '../directory/rate-limit.ts'
import type { Allowance } from '../directory/token-bucket.ts'
import { Shares } from '../shares.ts'

/** How much one requester may ask. */
export interface QuotaInit {
  allowance: Allowance
  /** Requests of one source that may run at once. */
  atOnce: number
}

const maxSources = 16_384

/** Bounds what each source of requests may ask for: so many in the long run, so many at once. */
export class RequestQuota {
  readonly #clock: Clock
  readonly #init: QuotaInit
  readonly #rate: RateLimit
  readonly #running: Shares

  constructor({ clock }: { clock: Clock }, init: QuotaInit) {
    this.#clock = clock
    this.#init = init
    this.#running = new Shares(init.atOnce)
    this.#rate = new RateLimit({ allowance: init.allowance, maxSources })
  }

  /** Counts one more request; what is returned is to be called once it has ended. Throws QUOTA_EXCEEDED. */
  take(source: string): () => void {
    const { allowance, atOnce } = this.#init
    const end = this.#running.take(source)
    if (end === undefined) {
      throw new RmaError('QUOTA_EXCEEDED', `at most ${atOnce} requests of one requester run at once`, {
        atOnce,
        retryAfterMs: second,
      })
    }
    if (!this.#rate.take(source, this.#clock.now())) {
      end()
      const { burst, perSecond } = allowance
      const message = `at most ${burst} requests at once and ${perSecond * 60} a minute in the long run`
      throw new RmaError('QUOTA_EXCEEDED', message, { retryAfterMs: Math.ceil(second / perSecond) })
    }
    return end
  }
}
