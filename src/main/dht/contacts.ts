import type { Connection, IdentifyResult, PeerId } from '@libp2p/interface'
import { isPrivate } from '@libp2p/utils'
import { CODE_P2P, type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import { closestOf, maxOfOneParty } from '../directory/closeness.ts'
import { type Position, peerPosition } from '../directory/keys.ts'
import type { Startable } from '../lifecycle.ts'
import { addressGroup } from './address-group.ts'
import { bucketOf } from './buckets.ts'
import type { Host } from './host.ts'
import { maxPeerAddrsToDial } from './limits.ts'
import type { LookupPeer } from './lookup.ts'

/** Contacts with the same number of leading bits in common with this node. Lookups need 8; the rest is choice. */
const maxPerBucket = 32
/** Peers whose addresses were heard and that were not met yet. */
const maxHeard = 1_000

/** A server of the DHT and the directory. */
export interface Contact extends LookupPeer {
  /** Group of the address it is reached at. */
  readonly group: string
  /** Where it can be reached, as far as it or others said. */
  readonly addresses: readonly string[]
}

export interface ContactsComponents {
  host: Host
}

/**
 * The servers this node knows: those it is connected with, which it names to others, and, apart from them, addresses of
 * those that others have named.
 */
export class Contacts implements Startable {
  readonly #host: Host
  readonly #self: Uint8Array
  readonly #met = new Map<string, Contact>()
  readonly #buckets = new Map<number, Set<Contact>>()
  readonly #heard = new Map<string, Contact>()
  readonly #listeners = new Set<() => void>()
  #topology: string | undefined

  constructor({ host }: ContactsComponents) {
    this.#host = host
    this.#self = peerPosition(host.peerId.toString())
  }

  async start(): Promise<void> {
    const { libp2p, protocols } = this.#host
    libp2p.addEventListener('peer:identify', this.#onIdentify)
    this.#topology = await libp2p.register(protocols.directory, {
      onConnect: (peer, connection) => this.#meet(peer, connection, []),
      onDisconnect: peer => this.forget(peer.toString()),
    })
  }

  stop(): void {
    const { libp2p } = this.#host
    libp2p.removeEventListener('peer:identify', this.#onIdentify)
    if (this.#topology !== undefined) libp2p.unregister(this.#topology)
    for (const known of [this.#met, this.#buckets, this.#heard]) known.clear()
  }

  /** How many there are that this node is connected with. */
  get size(): number {
    return this.#met.size
  }

  /** Those this node is connected with. */
  met(): Iterable<Contact> {
    return this.#met.values()
  }

  /** Those of them closest to a place, closest first. */
  closest(target: Position, count: number): Contact[] {
    return closestOf(this.#met.values(), target, count)
  }

  /** How many are connected in each bucket, the one of the farthest first. */
  bucketSizes(): number[] {
    const deepest = Math.max(-1, ...this.#buckets.keys())
    return Array.from({ length: deepest + 1 }, (_, index) => this.#buckets.get(index)?.size ?? 0)
  }

  /** A peer that was met or heard of. */
  get(peerId: string): Contact | undefined {
    return this.#met.get(peerId) ?? this.#heard.get(peerId)
  }

  /** Keeps what others said of peers that were not met, so that they can be dialled. */
  hear(contacts: Iterable<Contact>): void {
    for (const contact of contacts) {
      if (contact.connected || this.#met.has(contact.peerId)) continue
      this.#heard.delete(contact.peerId)
      this.#heard.set(contact.peerId, contact)
    }
    for (const oldest of this.#heard.keys()) {
      if (this.#heard.size <= maxHeard) break
      this.#heard.delete(oldest)
    }
  }

  /** To be called when a peer has answered: one that was forgotten while it was slow counts again. */
  answered(peer: PeerId): void {
    const [connection] = this.#host.libp2p.getConnections(peer)
    const addresses = this.#heard.get(peer.toString())?.addresses ?? []
    if (connection !== undefined) this.#meet(peer, connection, addresses.map(multiaddr))
  }

  /** The peer no longer counts as a server, until it connects or is heard of again. */
  forget(peerId: string): void {
    const contact = this.get(peerId)
    if (contact === undefined) return
    this.#heard.delete(peerId)
    this.#met.delete(peerId)
    this.#buckets.get(bucketOf(this.#self, contact.position))?.delete(contact)
    this.#tell()
  }

  /** Calls `listener` after peers were met or lost, until the returned function is called. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  readonly #onIdentify = ({ detail }: CustomEvent<IdentifyResult>): void => {
    if (detail.protocols.includes(this.#host.protocols.directory))
      this.#meet(detail.peerId, detail.connection, detail.listenAddrs)
  }

  #meet(peer: PeerId, connection: Connection, listenAddrs: readonly Multiaddr[]): void {
    const peerId = peer.toString()
    const known = this.#met.get(peerId)
    if (connection.status !== 'open' || (known !== undefined && listenAddrs.length === 0)) return
    const contact = contactAt(peerId, connection.remoteAddr, reachable(listenAddrs, connection), true)
    if (known !== undefined) this.#replace(known, contact)
    else if (this.#makeRoom(contact)) this.#add(contact)
  }

  #add(contact: Contact): void {
    const { peerId } = contact
    this.#heard.delete(peerId)
    this.#met.set(peerId, contact)
    this.#bucket(contact).add(contact)
    this.#tell()
  }

  #replace(old: Contact, contact: Contact): void {
    this.#met.set(contact.peerId, contact)
    const bucket = this.#bucket(contact)
    bucket.delete(old)
    bucket.add(contact)
  }

  /** A full bucket keeps those it has, but for the newest of a party with more than two in it. */
  #makeRoom(newcomer: Contact): boolean {
    const bucket = this.#bucket(newcomer)
    if (bucket.size < maxPerBucket) return true
    const ofParty = (party: string) => [...bucket].filter(contact => contact.party === party)
    if (ofParty(newcomer.party).length >= maxOfOneParty) return false
    const crowd = [...bucket].findLast(({ party }) => ofParty(party).length > maxOfOneParty)
    if (crowd === undefined) return false
    this.#met.delete(crowd.peerId)
    bucket.delete(crowd)
    return true
  }

  #bucket({ position }: Contact): Set<Contact> {
    const index = bucketOf(this.#self, position)
    const bucket = this.#buckets.get(index) ?? new Set()
    this.#buckets.set(index, bucket)
    return bucket
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener()
  }
}

/** A peer at an address. On a LAN all addresses are of one group, and so are all its machines: there each is a party. */
export function contactAt(
  peerId: string,
  address: Multiaddr,
  addresses: readonly string[],
  connected: boolean,
): Contact {
  const group = addressGroup(address)
  const party = isPrivate(address) ? peerId : group
  return { peerId, position: peerPosition(peerId), group, party, addresses, connected }
}

/** Where a peer says it listens, and where it was reached if this node dialled it. */
function reachable(listenAddrs: readonly Multiaddr[], { direction, remoteAddr }: Connection): string[] {
  const dialled = direction === 'outbound' ? [remoteAddr] : []
  const all = [...dialled, ...listenAddrs].map(address => address.decapsulateCode(CODE_P2P).toString())
  return [...new Set(all)].slice(0, maxPeerAddrsToDial)
}
