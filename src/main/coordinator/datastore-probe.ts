import { type Datastore, Key } from 'interface-datastore'
import { type Milliseconds, second } from '../../shared/units.ts'
import type { Clock } from '../clock.ts'
import type { Logger } from '../log.ts'

const key = new Key('/health/probe')
/** Health is asked for by many; the disk is asked this often at most. */
const probeEveryMs = 5 * second

/** Finds out whether the datastore can be written to, by writing to it. */
export class DatastoreProbe {
  readonly #datastore: Datastore
  readonly #clock: Clock
  readonly #log: Logger
  #probedAt: Milliseconds = Number.NEGATIVE_INFINITY
  #last: Promise<boolean> = Promise.resolve(false)

  constructor({ datastore, clock, log }: { datastore: Datastore; clock: Clock; log: Logger }) {
    this.#datastore = datastore
    this.#clock = clock
    this.#log = log
  }

  isWritable(): Promise<boolean> {
    const now = this.#clock.now()
    if (now - this.#probedAt >= probeEveryMs || now < this.#probedAt) {
      this.#probedAt = now
      this.#last = this.#probe()
    }
    return this.#last
  }

  async #probe(): Promise<boolean> {
    try {
      await this.#datastore.put(key, new Uint8Array([1]))
      return true
    } catch (error) {
      this.#log.error({ err: error }, 'the datastore cannot be written to')
      return false
    }
  }
}
