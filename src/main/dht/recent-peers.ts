import { MemoryDatastore } from 'datastore-core'
import { Key } from 'interface-datastore'

export interface RecentPeersInit {
  /** How many are remembered. */
  mostPeers: number
  /** Ids, as CIDs, of the peers that are connected: they are not forgotten. */
  connected: () => readonly string[]
}

/** Of all that are remembered, as many go at once when there are too many. */
const forgottenShare = 0.1

/**
 * What libp2p knows of peers. By itself it remembers whoever was connected once for hours, each in a piece of a buffer of 64 KiB
 * that cannot be freed meanwhile: somebody who comes again and again as somebody else would fill this machine's memory.
 */
export class RecentPeers extends MemoryDatastore {
  readonly #init: RecentPeersInit
  /** Keys, those used last at the end. */
  readonly #used = new Set<string>()

  constructor(init: RecentPeersInit) {
    super()
    this.#init = init
  }

  get size(): number {
    return this.#used.size
  }

  override put(key: Key, value: Uint8Array): Key {
    super.put(key, new Uint8Array(value))
    this.#use(key)
    if (this.#used.size > this.#init.mostPeers) this.#forget()
    return key
  }

  override get(key: Key): Uint8Array {
    const value = super.get(key) as Uint8Array
    this.#use(key)
    return value
  }

  override delete(key: Key): void {
    super.delete(key)
    this.#used.delete(key.toString())
  }

  #use(key: Key): void {
    const name = key.toString()
    this.#used.delete(name)
    this.#used.add(name)
  }

  #forget(): void {
    const connected = new Set(this.#init.connected())
    let left = Math.ceil(this.#init.mostPeers * forgottenShare)
    for (const name of this.#used) {
      if (left === 0) return
      if (connected.has(name.slice(name.lastIndexOf('/') + 1))) continue
      this.delete(new Key(name))
      left--
    }
  }
}
