import { type Datastore, Key } from 'interface-datastore'
import { fromString } from 'uint8arrays/from-string'
import { toString as bytesToText } from 'uint8arrays/to-string'
import { z } from 'zod'
import type { VerifiedSeed } from '../../shared/membership/seed-envelope.ts'
import type { PeerIdText } from '../../shared/schema/primitives.ts'
import { timestampSchema } from '../../shared/schema/primitives.ts'
import { maxEnvelopeLength } from '../../shared/schema/seeds.ts'
import { day, type Milliseconds } from '../../shared/units.ts'
import type { Clock } from '../clock.ts'
import type { Startable } from '../lifecycle.ts'
import type { Logger } from '../log.ts'
import type { OpenSeed } from './seed-fetcher.ts'

const keptMs = 1 * day
const maxKept = 32

const storedSchema = z.array(
  z.strictObject({ envelope: z.string().max(maxEnvelopeLength), fetchedAt: timestampSchema }),
)

interface KeptSeed extends VerifiedSeed {
  fetchedAt: Milliseconds
}

export interface SeedCacheComponents {
  datastore: Datastore
  openSeed: OpenSeed
  clock: Clock
  log: Logger
}

/** Seeds that were fetched within the last 24 h, kept over restarts, so that nobody need be asked for them again. */
export class SeedCache implements Startable {
  readonly #parts: SeedCacheComponents
  readonly #key: Key
  readonly #seeds = new Map<PeerIdText, KeptSeed>()

  constructor(components: SeedCacheComponents, { networkId }: { networkId: string }) {
    this.#parts = components
    this.#key = new Key(`/networks/${networkId}/seeds`)
  }

  /** Reads what is kept, and verifies it again: the disk proves nothing, and who was a coordinator may be none any more. */
  async start(): Promise<void> {
    const { openSeed, clock, log } = this.#parts
    for (const { envelope, fetchedAt } of await this.#read()) {
      try {
        const seed = await openSeed(envelope, clock.now())
        this.#seeds.set(seed.seed.node_id, { ...seed, fetchedAt })
      } catch (error) {
        log.debug({ err: error }, 'a kept seed no longer holds')
      }
    }
  }

  stop(): void {
    this.#seeds.clear()
  }

  /** Those that still hold, newest first. */
  seeds(): VerifiedSeed[] {
    const now = this.#parts.clock.now()
    return [...this.#seeds.values()]
      .filter(({ expiresAt, fetchedAt }) => expiresAt > now && fetchedAt > now - keptMs && fetchedAt <= now + keptMs)
      .sort((a, b) => b.issuedAt - a.issuedAt)
  }

  /** Keeps what has been verified; what a coordinator said before gives way to what it said later. */
  async keep(seeds: readonly VerifiedSeed[]): Promise<void> {
    const fetchedAt = this.#parts.clock.now()
    for (const seed of seeds) {
      const { node_id: id } = seed.seed
      const held = this.#seeds.get(id)
      if (held === undefined || held.issuedAt <= seed.issuedAt) this.#seeds.set(id, { ...seed, fetchedAt })
    }
    const kept = this.seeds().slice(0, maxKept)
    for (const id of this.#seeds.keys()) if (!kept.some(({ seed }) => seed.node_id === id)) this.#seeds.delete(id)
    await this.#write()
  }

  async #write(): Promise<void> {
    const stored = [...this.#seeds.values()].map(({ seed, fetchedAt }) => ({ envelope: seed.envelope, fetchedAt }))
    try {
      await this.#parts.datastore.put(this.#key, fromString(JSON.stringify(stored)))
    } catch (error) {
      this.#parts.log.warn({ err: error }, 'the seeds could not be saved')
    }
  }

  async #read(): Promise<z.infer<typeof storedSchema>> {
    const { datastore, log } = this.#parts
    if (!(await datastore.has(this.#key))) return []
    try {
      return storedSchema.parse(JSON.parse(bytesToText(await datastore.get(this.#key))))
    } catch (error) {
      log.warn({ err: error }, 'the saved seeds are unreadable: starting without')
      return []
    }
  }
}
