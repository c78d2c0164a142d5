import { closestOf, maxOfOneParty } from '../directory/closeness.ts'
import type { Position } from '../directory/keys.ts'
import { bucketOf } from './buckets.ts'
import type { LookupPeer } from './lookup.ts'

/** Contacts with the same number of leading bits in common with this node. Lookups need 8; the rest is choice. */
export const maxPerBucket = 32

/** Kademlia's buckets: peers sorted by how many leading bits of their place they have in common with this node's. */
export class ContactTable<C extends LookupPeer> {
  readonly #self: Position
  readonly #contacts = new Map<string, C>()
  readonly #buckets = new Map<number, Set<string>>()

  constructor(self: Position) {
    this.#self = self
  }

  get size(): number {
    return this.#contacts.size
  }

  get(peerId: string): C | undefined {
    return this.#contacts.get(peerId)
  }

  values(): Iterable<C> {
    return this.#contacts.values()
  }

  /** The `count` closest to a place. */
  closest(target: Position, count: number): C[] {
    return closestOf(this.#contacts.values(), target, count)
  }

  /** How many there are in each bucket, the one of the farthest first. */
  bucketSizes(): number[] {
    const used = [...this.#buckets].filter(([, bucket]) => bucket.size > 0).map(([index]) => index)
    return Array.from({ length: Math.max(-1, ...used) + 1 }, (_, index) => this.#buckets.get(index)?.size ?? 0)
  }

  /**
   * Adds a contact, or puts it in the place of what was known of it; false where its bucket is full. A full bucket keeps
   * those it has, but for the newest of a party with more than two in it.
   */
  put(contact: C): boolean {
    const bucket = this.#bucketOf(contact)
    if (!bucket.has(contact.peerId) && bucket.size >= maxPerBucket) {
      const givesWay = this.#chooseToGiveWay(bucket, contact)
      if (givesWay === undefined) return false
      this.remove(givesWay.peerId)
    }
    bucket.add(contact.peerId)
    this.#contacts.set(contact.peerId, contact)
    return true
  }

  remove(peerId: string): void {
    const contact = this.#contacts.get(peerId)
    if (contact === undefined) return
    this.#contacts.delete(peerId)
    this.#bucketOf(contact).delete(peerId)
  }

  clear(): void {
    this.#contacts.clear()
    this.#buckets.clear()
  }

  #chooseToGiveWay(bucket: Set<string>, newcomer: C): C | undefined {
    const contacts = [...this.#contacts.values()].filter(({ peerId }) => bucket.has(peerId))
    const ofParty = (party: string) => contacts.filter(contact => contact.party === party).length
    if (ofParty(newcomer.party) >= maxOfOneParty) return undefined
    return contacts.findLast(({ party }) => ofParty(party) > maxOfOneParty)
  }

  #bucketOf({ position }: C): Set<string> {
    const index = bucketOf(this.#self, position)
    const bucket = this.#buckets.get(index) ?? new Set()
    this.#buckets.set(index, bucket)
    return bucket
  }
}
