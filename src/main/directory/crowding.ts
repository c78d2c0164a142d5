import type { PeerIdText, ServiceType } from '../../shared/schema/primitives.ts'
import { type Milliseconds, minute } from '../../shared/units.ts'
import { type KeyText, maxShardDigits, type Position, serviceKey, shardOf } from './keys.ts'

/** A registrar without room under a key is left alone for this long, a quarter more or less. */
const restMs = 30 * minute
const spread = 0.25
/** Its word still counts for this long when it is asked again, so that a worker does not leave its place for a refusal. */
const graceMs = 5 * minute

/** Which registrars had no room for this worker under which keys. */
export class Crowding {
  readonly #restUntil = new Map<KeyText, Map<PeerIdText, Milliseconds>>()
  readonly #overrunUntil = new Map<KeyText, Milliseconds>()

  /** `chance` is from 0 to 1. */
  refused(key: KeyText, peerId: PeerIdText, now: Milliseconds, chance: number): void {
    const ofKey = this.#restUntil.get(key) ?? new Map()
    ofKey.set(peerId, restEnd(now, chance))
    this.#restUntil.set(key, ofKey)
  }

  /** Half of the key's registrars have no room for so much as a connection. `chance` is from 0 to 1. */
  overrun(key: KeyText, now: Milliseconds, chance: number): void {
    this.#overrunUntil.set(key, restEnd(now, chance))
  }

  /** Whether a key that was overrun is to be looked up again. */
  isToBeSeenAgain(key: KeyText, now: Milliseconds): boolean {
    const until = this.#overrunUntil.get(key)
    return until !== undefined && now >= until
  }

  reachable(key: KeyText): void {
    this.#overrunUntil.delete(key)
  }

  taken(key: KeyText, peerId: PeerIdText): void {
    this.#restUntil.get(key)?.delete(peerId)
  }

  /** Whether the registrar is not to be asked to keep the key now. */
  isResting(key: KeyText, peerId: PeerIdText, now: Milliseconds): boolean {
    return now < (this.#restUntil.get(key)?.get(peerId) ?? 0)
  }

  /** Whether half of a key's registrars, or more, had no room, or could not be reached: then a worker stands under the next key as well. */
  isCrowded(key: KeyText, registrars: readonly PeerIdText[], now: Milliseconds): boolean {
    if (now < (this.#overrunUntil.get(key) ?? 0) + graceMs) return true
    const ofKey = this.#restUntil.get(key)
    if (ofKey === undefined || registrars.length === 0) return false
    const full = registrars.filter(peerId => now < (ofKey.get(peerId) ?? 0) + graceMs).length
    return full * 2 >= registrars.length
  }

  clear(): void {
    this.#restUntil.clear()
    this.#overrunUntil.clear()
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
