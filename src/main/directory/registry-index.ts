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
  /** How many keys were first used by each address group. */
  readonly #opened = new Map<string | undefined, number>()

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
    this.#prune(index, now)
    return index.entries
  }

  /** Takes expired workers out from under all keys. */
  sweep(now: Milliseconds): void {
    for (const index of this.#keys.values()) this.#prune(index, now)
  }

  /** To be called when a worker's expiry has changed. */
  noteExpiry(entry: RegistryEntry): void {
    for (const index of entry.indexes) index.nextExpiry = Math.min(index.nextExpiry, entry.expiresAt)
  }

  /** Puts a worker under a key; false where there is no room and nobody has to give way. */
  enter(entry: RegistryEntry, key: KeyText, now: Milliseconds): boolean {
    const index = this.#keys.get(key) ?? this.#open(key, entry.group)
    if (index === undefined) return false
    if (entry.indexes.includes(index)) return true
    if (index.entries.length >= this.#init.maxWorkersPerKey) {
      const givesWay = chooseToGiveWay(index.entries, entry.group, now)
      if (givesWay === undefined) return false
      remove(index.entries, givesWay)
      givesWay.indexes = givesWay.indexes.filter(other => other !== index)
    }
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
      if (index.entries.length === 0) this.#close(index)
    }
    entry.indexes = entry.indexes.filter(index => !left.includes(index))
  }

  /** In one pass: after a long silence all of thousands may have expired at once. */
  #prune(index: KeyIndex, now: Milliseconds): void {
    if (index.nextExpiry > now) return
    index.nextExpiry = Number.POSITIVE_INFINITY
    let kept = 0
    for (const entry of index.entries) {
      if (entry.expiresAt > now) {
        index.entries[kept++] = entry
        index.nextExpiry = Math.min(index.nextExpiry, entry.expiresAt)
      } else entry.indexes = entry.indexes.filter(other => other !== index)
    }
    index.entries.length = kept
    if (kept === 0) this.#close(index)
  }

  /** A quarter of the keys at most may come from one address group, so that no single one can use them up. */
  #open(key: KeyText, group: string | undefined): KeyIndex | undefined {
    const opened = this.#openedBy(group)
    if (this.#keys.size >= this.#init.maxKeys || opened >= this.#init.maxKeys / 4) return undefined
    const index = { key, group, entries: [], nextExpiry: Number.POSITIVE_INFINITY }
    this.#keys.set(key, index)
    this.#opened.set(group, opened + 1)
    return index
  }

  #close({ key, group }: KeyIndex): void {
    this.#keys.delete(key)
    const opened = this.#openedBy(group) - 1
    if (opened > 0) this.#opened.set(group, opened)
    else this.#opened.delete(group)
  }

  #openedBy(group: string | undefined): number {
    return this.#opened.get(group) ?? 0
  }
}

/** The order does not matter, so the last one fills the gap. */
function remove(entries: RegistryEntry[], entry: RegistryEntry): void {
  const at = entries.indexOf(entry)
  const last = entries.pop()
  if (last !== undefined && last !== entry) entries[at] = last
}
