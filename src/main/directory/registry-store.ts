import { decode, encode } from '@ipld/dag-cbor'
import { type Datastore, Key } from 'interface-datastore'
import { z } from 'zod'
import type { PeerIdText } from '../../shared/schema/primitives.ts'
import { timestampSchema } from '../../shared/schema/primitives.ts'
import { type Milliseconds, second } from '../../shared/units.ts'
import type { Clock, StopTimer } from '../clock.ts'
import type { Startable } from '../lifecycle.ts'
import type { Logger } from '../log.ts'
import { byteStringSchema, maxAnnouncedKeys } from './frames.ts'
import { maxKeyLength } from './keys.ts'
import { maxRecordBytes } from './record.ts'
import type { Registry } from './registry.ts'

export interface RegistryStoreComponents {
  registry: Registry
  datastore: Datastore
  /** The corrected clock the registry is asked by. */
  clock: Clock
  log: Logger
}

export interface RegistryStoreInit {
  /** How long changes gather before they are written together. Default 5 s. */
  flushIntervalMs?: Milliseconds
}

const prefix = '/directory/worker'
const keyOf = (peerId: PeerIdText) => new Key(`${prefix}/${peerId}`)

const storedEntrySchema = z.strictObject({
  record: byteStringSchema(maxRecordBytes),
  keys: z.array(z.string().max(maxKeyLength)).max(maxAnnouncedKeys),
  lastExpiresAt: timestampSchema,
  group: z.string().max(64).optional(),
})

/**
 * Carries a registry across a restart: what changed is written behind, several changes at a time; what is read back is
 * verified like anything else. Renewals are not kept: the next one comes within a heartbeat.
 */
export class RegistryStore implements Startable {
  readonly #components: RegistryStoreComponents
  readonly #flushIntervalMs: Milliseconds
  readonly #changed = new Set<PeerIdText>()
  #writing: Promise<void> = Promise.resolve()
  #stopTimer: StopTimer | undefined
  #unsubscribe: (() => void) | undefined
  #failing = false

  constructor(components: RegistryStoreComponents, { flushIntervalMs = 5 * second }: RegistryStoreInit = {}) {
    this.#components = components
    this.#flushIntervalMs = flushIntervalMs
  }

  async start(): Promise<void> {
    const { registry, clock } = this.#components
    await this.#load()
    this.#unsubscribe = registry.subscribe(peerId => this.#changed.add(peerId))
    this.#stopTimer = clock.every(this.#flushIntervalMs, () => void this.flush())
  }

  async stop(): Promise<void> {
    this.#unsubscribe?.()
    this.#stopTimer?.()
    await this.flush()
  }

  /** Resolves once all changes so far are written, or have failed to be; those are tried again with the next ones. */
  flush(): Promise<void> {
    this.#writing = this.#writing.then(() => this.#write())
    return this.#writing
  }

  async #write(): Promise<void> {
    if (this.#changed.size === 0) return
    const { registry, datastore, log } = this.#components
    const peers = [...this.#changed]
    this.#changed.clear()
    try {
      const batch = datastore.batch()
      for (const peerId of peers) {
        const stored = registry.stored(peerId)
        if (stored === undefined) batch.delete(keyOf(peerId))
        else batch.put(keyOf(peerId), encode(stored))
      }
      await batch.commit()
      this.#failing = false
    } catch (error) {
      for (const peerId of peers) this.#changed.add(peerId)
      if (!this.#failing) log.warn({ err: error }, 'records kept for others cannot be saved; a restart would lose them')
      this.#failing = true
    }
  }

  async #load(): Promise<void> {
    const { datastore, log } = this.#components
    const useless: Key[] = []
    try {
      for await (const { key, value } of datastore.query({ prefix })) {
        if (!this.#restore(value)) useless.push(key)
      }
      for (const key of useless) await datastore.delete(key)
    } catch (error) {
      log.warn({ err: error }, 'records kept for others before the restart cannot be read')
    }
  }

  /** Whether the registry took it back. */
  #restore(value: Uint8Array): boolean {
    const { registry, clock, log } = this.#components
    try {
      return registry.restore(storedEntrySchema.parse(decode(value)), clock.now())
    } catch (error) {
      log.debug({ err: error }, 'a stored record is of no use any more')
      return false
    }
  }
}
