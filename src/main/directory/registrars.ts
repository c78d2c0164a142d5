import type { PeerIdText } from '../../shared/schema/primitives.ts'
import type { ClosestPeers } from '../dht/closest.ts'
import type { Contact, Contacts } from '../dht/contacts.ts'
import type { Host } from '../dht/host.ts'
import { closestOf, isAmongClosest } from './closeness.ts'
import { type KeyText, keyPosition, type Position, peerPosition, registrarsPerKey } from './keys.ts'

/** Keys whose registrars, as found, are remembered. */
const maxRememberedKeys = 256

/** A DHT server that may keep records. */
export interface Registrar {
  peerId: PeerIdText
  position: Position
  /** Group of the address it is reached at. */
  group: string
  /** Whether this node is connected with it; otherwise others have named it. */
  connected: boolean
}

export interface RegistrarsComponents {
  host: Pick<Host, 'peerId' | 'isServer' | 'mode'>
  contacts: Contacts
  closest: Pick<ClosestPeers, 'find'>
}

/** The DHT servers that keep the records of a key, this node included where it is one of them. */
export class Registrars {
  readonly self: Registrar & { party: string }
  readonly #components: RegistrarsComponents
  readonly #named = new Map<KeyText, readonly Contact[]>()
  /** How many of a key's registrars had no room for a connection when they were last looked up, where any had none. */
  readonly #full = new Map<KeyText, number>()
  /** Answers of `of`, until a peer is met or lost. */
  readonly #answers = new Map<KeyText, readonly Registrar[]>()

  constructor(components: RegistrarsComponents) {
    const peerId = components.host.peerId.toString()
    this.#components = components
    this.self = { peerId, position: peerPosition(peerId), group: 'self', party: 'self', connected: true }
    components.contacts.onChange(() => this.#answers.clear())
    components.host.mode.subscribe(() => this.#answers.clear())
  }

  /** Servers this node is connected to. */
  get others(): number {
    return this.#components.contacts.size
  }

  /** The registrars of a key as far as this node knows, closest first, itself included where it is one. */
  of(key: KeyText): readonly Registrar[] {
    const known = this.#answers.get(key)
    if (known !== undefined) return known
    const registrars = this.#closest(key)
    if (this.#answers.size >= maxRememberedKeys) this.#answers.clear()
    this.#answers.set(key, registrars)
    return registrars
  }

  /** Whether this node keeps records under `key`: it is one of the servers closest to it, as far as it knows. */
  keeps(key: KeyText): boolean {
    return isAmongClosest(this.self.position, this.#components.contacts.met(), keyPosition(key))
  }

  /**
   * Finds out who is closest to the key, `sure` of whom have to answer themselves; `of` knows more afterwards. Returns
   * whether there can hardly be others; a node that has nobody to ask cannot tell.
   */
  async refresh(key: KeyText, sure: number, signal: AbortSignal): Promise<boolean> {
    const { closest, contacts } = this.#components
    const near = (this.#named.get(key) ?? []).filter(({ peerId }) => contacts.get(peerId) !== undefined)
    const found = await closest.find(keyPosition(key), { sure, near, signal })
    contacts.hear(found.closest)
    this.#named.delete(key)
    this.#named.set(key, found.closest)
    this.#full.delete(key)
    if (found.full > 0) this.#full.set(key, found.full)
    for (const oldest of this.#named.keys()) {
      if (this.#named.size <= maxRememberedKeys) break
      this.#named.delete(oldest)
      this.#full.delete(oldest)
    }
    this.#answers.delete(key)
    return found.certain && found.closest.length > 0
  }

  /** How many of those closest to the key had no room for a connection when it was last looked up. */
  full(key: KeyText): number {
    return this.#full.get(key) ?? 0
  }

  /** No longer counts the peer as a registrar, until it connects or is found again. */
  forget(peerId: PeerIdText): void {
    this.#components.contacts.forget(peerId)
  }

  /** Calls `listener` after peers were met or lost, until the returned function is called. */
  onChange(listener: () => void): () => void {
    return this.#components.contacts.onChange(listener)
  }

  #closest(key: KeyText): readonly Registrar[] {
    const { host, contacts } = this.#components
    const known = new Map<PeerIdText, Registrar & { party: string }>()
    if (host.isServer) known.set(this.self.peerId, this.self)
    for (const named of this.#named.get(key) ?? []) if (contacts.get(named.peerId)) known.set(named.peerId, named)
    for (const met of contacts.met()) known.set(met.peerId, met)
    return closestOf(known.values(), keyPosition(key), registrarsPerKey)
  }
}
