import { type Datastore, Key } from 'interface-datastore'
import { fromString } from 'uint8arrays/from-string'
import { toString as bytesToText } from 'uint8arrays/to-string'
import { z } from 'zod'
import { timestampSchema } from '../../shared/schema/primitives.ts'
import { day, hour, type Milliseconds, minute } from '../../shared/units.ts'
import type { Clock } from '../clock.ts'
import type { Startable } from '../lifecycle.ts'
import type { Logger } from '../log.ts'

/** How long to wait after questions that led nowhere, by how many there were in a row; a day after the last of these. */
const waitsMs: readonly Milliseconds[] = [15 * minute, 1 * hour, 4 * hour, 16 * hour]
/** After one that led to a peer: its answer is kept for a day, and those who were in it are tried first. */
const waitAfterHelpMs = 1 * hour

const stateSchema = z.strictObject({
  /** Day that `today` counts, in UTC. */
  day: z.string().max(10),
  today: z.number().int().min(0),
  askedAt: timestampSchema.optional(),
  /** Questions since the last one that led to a peer. */
  inVain: z.number().int().min(0),
})
export type EdgeState = z.infer<typeof stateSchema>

/**
 * When the edge router may be asked for seeds again. It is only asked while nobody else can be reached: its free plan is
 * shared by the whole network, and its answer holds for a day. A clock that was set back asks at once. Pure.
 */
export function mayAskAt({ askedAt, inVain }: EdgeState, now: Milliseconds): Milliseconds {
  if (askedAt === undefined || askedAt > now) return now
  return askedAt + (inVain === 0 ? waitAfterHelpMs : (waitsMs[inVain - 1] ?? day))
}

const key = new Key('/edge-requests')

export interface EdgeAllowanceComponents {
  datastore: Datastore
  clock: Clock
  log: Logger
}

/** Counts this node's requests to the edge router, over restarts, and says when the next is allowed. */
export class EdgeAllowance implements Startable {
  readonly #parts: EdgeAllowanceComponents
  #state: EdgeState = { day: '', today: 0, inVain: 0 }

  constructor(components: EdgeAllowanceComponents) {
    this.#parts = components
  }

  async start(): Promise<void> {
    const { datastore, log } = this.#parts
    if (!(await datastore.has(key))) return
    try {
      this.#state = stateSchema.parse(JSON.parse(bytesToText(await datastore.get(key))))
    } catch (error) {
      log.warn({ err: error }, 'the count of edge requests is unreadable: starting anew')
    }
  }

  stop(): void {
    this.#state = { day: '', today: 0, inVain: 0 }
  }

  /** Requests since midnight UTC. */
  get today(): number {
    return this.#state.day === this.#date() ? this.#state.today : 0
  }

  /** When the next question is allowed. */
  get allowedAt(): Milliseconds {
    return mayAskAt(this.#state, this.#parts.clock.now())
  }

  /** Notes a question for seeds; it counts as in vain until `helped` is called. */
  async asked(): Promise<void> {
    this.#state = { ...this.#state, askedAt: this.#parts.clock.now(), inVain: this.#state.inVain + 1 }
    await this.count()
  }

  /** Notes a request of any kind. */
  async count(): Promise<void> {
    this.#state = { ...this.#state, day: this.#date(), today: this.today + 1 }
    await this.#write()
  }

  /** Somebody was reached since. */
  async helped(): Promise<void> {
    if (this.#state.inVain === 0) return
    this.#state = { ...this.#state, inVain: 0 }
    await this.#write()
  }

  #date(): string {
    return new Date(this.#parts.clock.now()).toISOString().slice(0, 10)
  }

  async #write(): Promise<void> {
    try {
      await this.#parts.datastore.put(key, fromString(JSON.stringify(this.#state)))
    } catch (error) {
      this.#parts.log.warn({ err: error }, 'the count of edge requests could not be saved')
    }
  }
}
