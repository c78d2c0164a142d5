import type { PeerIdText, ServiceType } from '../../shared/schema/primitives.ts'
import { type Milliseconds, minute } from '../../shared/units.ts'
import { type KeyText, maxShardDigits, type Position, registrarsPerKey, serviceKey, shardOf } from './keys.ts'

/** A registrar without room under a key is left alone for this long, a quarter more or less. */
const restMs = 30 * minute
const spread = 0.25
/** Its word still counts for this long when it is asked again, so that a worker does not leave its place for a refusal. */
const graceMs = 5 * minute

/** How many of a key's registrars had no room for a connection, and until when that counts. */
interface Full {
  count: number
  until: Milliseconds
}

/** Which registrars had no room for this worker under which keys. */
export class Crowding {
  readonly #restUntil = new Map<KeyText, Map<PeerIdText, Milliseconds>>()
  readonly #full = new Map<KeyText, Full>()

  /** `chance` is from 0 to 1. */
  refused(key: KeyText, peerId: PeerIdText, now: Milliseconds, chance: number): void {
    const ofKey = this.#restUntil.get(key) ?? new Map()
    ofKey.set(peerId, restEnd(now, chance))
    this.#restUntil.set(key, ofKey)
  }

  /** So many of those closest to the key have no room for so much as a connection. `chance` is from 0 to 1. */
  full(key: KeyText, count: number, now: Milliseconds, chance: number): void {
    if (count === 0) this.#full.delete(key)
    else this.#full.set(key, { count, until: restEnd(now, chance) })
  }

  /** Whether it is time to see whether a key's registrars that had no room have some now. */
  isToBeSeenAgain(key: KeyText, now: Milliseconds): boolean {
    const full = this.#full.get(key)
    return full !== undefined && now >= full.until
  }

  taken(key: KeyText, peerId: PeerIdText): void {
    this.#restUntil.get(key)?.delete(peerId)
  }

  /** Whether the registrar is not to be asked to keep the key now. */
  isResting(key: KeyText, peerId: PeerIdText, now: Milliseconds): boolean {
    return now < (this.#restUntil.get(key)?.get(peerId) ?? 0)
  }

  /**
   * Whether half of a key's registrars, or more, had no room: then a worker stands under the next key as well. `registrars` are
   * those that can be reached, the closest first.
   */
  isCrowded(key: KeyText, registrars: readonly PeerIdText[], now: Milliseconds): boolean {
    const full = this.#full.get(key)
    const outside = full !== undefined && now < full.until + graceMs ? full.count : 0
    const ofKey = this.#restUntil.get(key)
    const present = registrars.slice(0, registrarsPerKey - outside)
    const refusing = present.filter(peerId => now < (ofKey?.get(peerId) ?? 0) + graceMs).length
    const all = outside > 0 ? registrarsPerKey : present.length
    return all > 0 && (outside + refusing) * 2 >= all
  }

  clear(): void {
    this.#restUntil.clear()
    this.#full.clear()
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
