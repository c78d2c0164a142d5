import type { Milliseconds } from '../../shared/units.ts'
import type { KeyText } from './keys.ts'
import type { KeyIndex, RegistryEntry } from './registry-entry.ts'
import { chooseToGiveWay } from './registry-room.ts'

export interface RegistryIndexInit {
  maxKeys: number
  maxWorkersPerKey: number
}

/** Which workers stand under which key. */
export class RegistryIndex {
  readonly #init: RegistryIndexInit
  readonly #keys = new Map<KeyText, KeyIndex>()

  constructor(init: RegistryIndexInit) {
    this.#init = init
  }

  /** How many keys have any workers. */
  get size(): number {
    return this.#keys.size
  }

  /** Live workers under a key. Looks at each of them only when one may have expired since the last time. */
  under(key: KeyText, now: Milliseconds): readonly RegistryEntry[] {
    const index = this.#keys.get(key)
    if (index === undefined) return []
    if (index.nextExpiry <= now) {
      for (const entry of index.entries.filter(entry => entry.expiresAt <= now))
        this.leave(entry, other => other === key)
      index.nextExpiry = index.entries.reduce(
        (first, { expiresAt }) => Math.min(first, expiresAt),
        Number.POSITIVE_INFINITY,
      )
    }
    return index.entries
  }

  /** To be called when a worker's expiry has changed. */
  noteExpiry(entry: RegistryEntry): void {
    for (const index of entry.indexes) index.nextExpiry = Math.min(index.nextExpiry, entry.expiresAt)
  }

  /** Puts a worker under a key; false where there is no room and nobody has to give way. */
  enter(entry: RegistryEntry, key: KeyText, now: Milliseconds): boolean {
    const index = this.#keys.get(key) ?? { key, entries: [], nextExpiry: Number.POSITIVE_INFINITY }
    if (entry.indexes.includes(index)) return true
    if (index.entries.length === 0 && this.#keys.size >= this.#init.maxKeys) return false
    if (index.entries.length >= this.#init.maxWorkersPerKey) {
      const givesWay = chooseToGiveWay(index.entries, entry.group, now)
      if (givesWay === undefined) return false
      this.leave(givesWay, other => other === key)
    }
    this.#keys.set(key, index)
    index.entries.push(entry)
    entry.indexes.push(index)
    index.nextExpiry = Math.min(index.nextExpiry, entry.expiresAt)
    return true
  }

  /** Takes a worker out from under all of its keys that `leaves` names. */
  leave(entry: RegistryEntry, leaves: (key: KeyText) => boolean): void {
    const left = entry.indexes.filter(index => leaves(index.key))
    for (const index of left) {
      remove(index.entries, entry)
      if (index.entries.length === 0) this.#keys.delete(index.key)
    }
    entry.indexes = entry.indexes.filter(index => !left.includes(index))
  }
}

/** The order does not matter, so the last one fills the gap. */
function remove(entries: RegistryEntry[], entry: RegistryEntry): void {
  const at = entries.indexOf(entry)
  const last = entries.pop()
  if (last !== undefined && last !== entry) entries[at] = last
}
