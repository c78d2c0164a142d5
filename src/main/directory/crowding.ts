import type { PeerIdText, ServiceType } from '../../shared/schema/primitives.ts'
import { type Milliseconds, minute } from '../../shared/units.ts'
import { isResting } from '../resting.ts'
import { type KeyText, maxShardDigits, type Position, registrarsPerKey, serviceKey, shardOf } from './keys.ts'

/** A registrar without room under a key is left alone for this long, a quarter more or less. */
const restMs = 30 * minute
const spread = 0.25
const longestRestMs = restMs * (1 + spread)
/** Its word still counts for this long when it is asked again, so that a worker does not leave its place for a refusal. */
const graceMs = 5 * minute

interface Seen {
  /** How many of a key's registrars had no room for a connection. */
  full: number
  /** When the key is to be looked up again, crowded or not. */
  until: Milliseconds
}

/** Which registrars had no room for this worker under which keys. */
export class Crowding {
  readonly #restUntil = new Map<KeyText, Map<PeerIdText, Milliseconds>>()
  /** Those that keep the worker under a key and say that the key is full. */
  readonly #full = new Map<KeyText, Set<PeerIdText>>()
  readonly #seen = new Map<KeyText, Seen>()

  /** `chance` is from 0 to 1. */
  refused(key: KeyText, peerId: PeerIdText, now: Milliseconds, chance: number): void {
    const ofKey = this.#restUntil.get(key) ?? new Map()
    ofKey.set(peerId, restEnd(now, chance))
    this.#restUntil.set(key, ofKey)
  }

  /** The key was looked up: so many of those closest to it have no room for so much as a connection. `chance` is from 0 to 1. */
  seen(key: KeyText, full: number, now: Milliseconds, chance: number): void {
    this.#seen.set(key, { full, until: restEnd(now, chance) })
  }

  /** Whether it is time to see who keeps a crowded key now, and whether those that had no room have some. */
  isToBeSeenAgain(key: KeyText, now: Milliseconds): boolean {
    const seen = this.#seen.get(key)
    return seen === undefined || !isResting(seen.until, now, longestRestMs)
  }

  taken(key: KeyText, peerId: PeerIdText, { full }: { full: boolean }): void {
    this.#restUntil.get(key)?.delete(peerId)
    const ofKey = this.#full.get(key) ?? new Set()
    if (full) this.#full.set(key, ofKey.add(peerId))
    else ofKey.delete(peerId)
  }

  /** Whether the registrar is not to be asked to keep the key now. */
  isResting(key: KeyText, peerId: PeerIdText, now: Milliseconds): boolean {
    return isResting(this.#restUntil.get(key)?.get(peerId) ?? 0, now, longestRestMs)
  }

  /**
   * Whether half of a key's registrars, or more, had no room or say that it is full: then a worker stands under the next key
   * as well. `registrars` are those that can be reached, the closest first.
   */
  isCrowded(key: KeyText, registrars: readonly PeerIdText[], now: Milliseconds): boolean {
    const seen = this.#seen.get(key)
    const stillCounts = (until: Milliseconds) => isResting(until + graceMs, now, longestRestMs + graceMs)
    const outside = seen !== undefined && stillCounts(seen.until) ? seen.full : 0
    const restUntil = this.#restUntil.get(key)
    const full = this.#full.get(key)
    const present = registrars.slice(0, registrarsPerKey - outside)
    const goOn = present.filter(
      peerId => full?.has(peerId) === true || stillCounts(restUntil?.get(peerId) ?? Number.NEGATIVE_INFINITY),
    ).length
    const all = outside > 0 ? registrarsPerKey : present.length
    return all > 0 && (outside + goOn) * 2 >= all
  }

  clear(): void {
    this.#restUntil.clear()
    this.#full.clear()
    this.#seen.clear()
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
