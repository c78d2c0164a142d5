import type { PeerIdText, ServiceType } from '../../shared/schema/primitives.ts'
import { type Milliseconds, minute } from '../../shared/units.ts'
import { type KeyText, maxShardDigits, type Position, registrarsPerKey, serviceKey, shardOf } from './keys.ts'
import type { MissingRegistrars } from './registrars.ts'

/** A registrar without room under a key is left alone for this long, a quarter more or less. */
const restMs = 30 * minute
const spread = 0.25
/** Its word still counts for this long when it is asked again, so that a worker does not leave its place for a refusal. */
const graceMs = 5 * minute

/** Looks in a row at a key some of whose registrars may be dead: these are named for a moment more. */
const looksAtOnce = 3

/** How many of a key's registrars could not be reached, in how many looks in a row, and until when that counts. */
interface Missing {
  count: number
  looks: number
  until: Milliseconds
}

/** Which registrars had no room for this worker under which keys. */
export class Crowding {
  readonly #restUntil = new Map<KeyText, Map<PeerIdText, Milliseconds>>()
  readonly #missing = new Map<KeyText, Missing>()

  /** `chance` is from 0 to 1. */
  refused(key: KeyText, peerId: PeerIdText, now: Milliseconds, chance: number): void {
    const ofKey = this.#restUntil.get(key) ?? new Map()
    ofKey.set(peerId, restEnd(now, chance))
    this.#restUntil.set(key, ofKey)
  }

  /** Some of those closest to the key cannot be reached, or have no room for a connection. `chance` is from 0 to 1. */
  missed(key: KeyText, { count, full }: MissingRegistrars, now: Milliseconds, chance: number): void {
    const looks = full === count ? looksAtOnce : (this.#missing.get(key)?.looks ?? 0) + 1
    this.#missing.set(key, { count, looks, until: restEnd(now, chance) })
  }

  /** Whether a key some of whose registrars could not be reached is to be looked up again. */
  isToBeSeenAgain(key: KeyText, now: Milliseconds): boolean {
    const missing = this.#missing.get(key)
    return missing !== undefined && (missing.looks < looksAtOnce || now >= missing.until)
  }

  reachable(key: KeyText): void {
    this.#missing.delete(key)
  }

  taken(key: KeyText, peerId: PeerIdText): void {
    this.#restUntil.get(key)?.delete(peerId)
  }

  /** Whether the registrar is not to be asked to keep the key now. */
  isResting(key: KeyText, peerId: PeerIdText, now: Milliseconds): boolean {
    return now < (this.#restUntil.get(key)?.get(peerId) ?? 0)
  }

  /**
   * Whether half of a key's registrars, or more, had no room or could not be reached: then a worker stands under the next key as
   * well. `registrars` are those that can be reached, the closest first.
   */
  isCrowded(key: KeyText, registrars: readonly PeerIdText[], now: Milliseconds): boolean {
    const missing = this.#missing.get(key)
    const gone = missing !== undefined && now < missing.until + graceMs ? missing.count : 0
    const ofKey = this.#restUntil.get(key)
    const present = registrars.slice(0, registrarsPerKey - gone)
    const full = present.filter(peerId => now < (ofKey?.get(peerId) ?? 0) + graceMs).length
    const all = gone > 0 ? registrarsPerKey : present.length
    return all > 0 && (gone + full) * 2 >= all
  }

  clear(): void {
    this.#restUntil.clear()
    this.#missing.clear()
  }
}

function restEnd(now: Milliseconds, chance: number): Milliseconds {
  return now + restMs * (1 - spread + 2 * spread * chance)
}

/** The keys under which a worker stands for a service: each one that is crowded, and the first that is not. */
export function keysOfService(
  service: ServiceType,
  position: Position,
  isCrowded: (key: KeyText) => boolean,
): KeyText[] {
  const keys: KeyText[] = []
  for (let digits = 0; digits <= maxShardDigits; digits++) {
    const key = serviceKey(service, shardOf(position, digits))
    keys.push(key)
    if (!isCrowded(key)) break
  }
  return keys
}
