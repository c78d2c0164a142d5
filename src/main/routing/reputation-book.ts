import { type Datastore, Key } from 'interface-datastore'
import { fromString } from 'uint8arrays/from-string'
import { toString as bytesToText } from 'uint8arrays/to-string'
import { z } from 'zod'
import { type PeerIdText, peerIdSchema, timestampSchema } from '../../shared/schema/primitives.ts'
import { minute } from '../../shared/units.ts'
import type { Clock, StopTimer } from '../clock.ts'
import type { Startable } from '../lifecycle.ts'
import type { Logger } from '../log.ts'
import { afterVerdict, faded, type Standing, type Trust, trustIn } from './reputation.ts'

const mostKept = 2_000
const saveEveryMs = 1 * minute

const weightSchema = z.number().min(0).max(1_000_000)
const storedSchema = z
  .array(z.strictObject({ worker: peerIdSchema, agreed: weightSchema, disputed: weightSchema, at: timestampSchema }))
  .max(mostKept)

export interface ReputationBookComponents {
  clock: Clock
  /** Where it outlives the node. Default: it does not. */
  datastore?: Datastore
  log: Logger
}

/** What this node thinks of workers' answers, from its own checks alone: nobody is told, and nobody else is believed. */
export class ReputationBook implements Startable {
  readonly #parts: ReputationBookComponents
  readonly #key: Key
  readonly #standings = new Map<PeerIdText, Standing>()
  #changed = false
  #stopTimer: StopTimer = () => undefined

  constructor(components: ReputationBookComponents, { networkId }: { networkId: string }) {
    this.#parts = components
    this.#key = new Key(`/networks/${networkId}/reputation`)
  }

  async start(): Promise<void> {
    for (const { worker, ...standing } of await this.#read()) this.#standings.set(worker, standing)
    this.#stopTimer = this.#parts.clock.every(saveEveryMs, () => void this.#save())
  }

  async stop(): Promise<void> {
    this.#stopTimer()
    await this.#save()
    this.#standings.clear()
  }

  trustIn(worker: PeerIdText): Trust {
    return trustIn(this.#standings.get(worker), this.#parts.clock.now())
  }

  note(worker: PeerIdText, verdict: 'agreed' | 'disputed'): void {
    const standing = afterVerdict(this.#standings.get(worker), verdict, this.#parts.clock.now())
    // Deleting and setting again keeps the map in order of use.
    this.#standings.delete(worker)
    this.#standings.set(worker, standing)
    this.#changed = true
    if (this.#standings.size > mostKept) this.#forgetOne()
  }

  /** The one heard of longest ago; those that are distrusted stay, lest they be forgotten by bringing many others. */
  #forgetOne(): void {
    const workers = [...this.#standings.keys()]
    const forgotten = workers.find(worker => this.trustIn(worker) !== 'distrusted') ?? workers[0]
    if (forgotten !== undefined) this.#standings.delete(forgotten)
  }

  async #save(): Promise<void> {
    const { datastore, clock, log } = this.#parts
    if (datastore === undefined || !this.#changed) return
    this.#changed = false
    const now = clock.now()
    const stored = [...this.#standings].map(([worker, standing]) => ({ worker, ...faded(standing, now) }))
    try {
      await datastore.put(this.#key, fromString(JSON.stringify(stored)))
    } catch (error) {
      this.#changed = true
      log.warn({ err: error }, 'what is known of workers could not be saved')
    }
  }

  async #read(): Promise<z.infer<typeof storedSchema>> {
    const { datastore, log } = this.#parts
    if (datastore === undefined || !(await datastore.has(this.#key))) return []
    try {
      return storedSchema.parse(JSON.parse(bytesToText(await datastore.get(this.#key))))
    } catch (error) {
      log.warn({ err: error }, 'what was known of workers is unreadable: starting without')
      return []
    }
  }
}
