import type { Connection, IdentifyResult, PeerId } from '@libp2p/interface'
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import { type Position, peerPosition } from '../directory/keys.ts'
import { keepLatest } from '../keep-latest.ts'
import type { Startable } from '../lifecycle.ts'
import { addressGroup } from './address-group.ts'
import { ContactTable } from './contact-table.ts'
import type { Host } from './host.ts'
import { isRelayed } from './is-relayed.ts'
import type { LookupPeer } from './lookup.ts'
import { readPeerId } from './peer-ids.ts'
import { isPrivateAddress } from './private-address.ts'
import { reachableAddresses } from './reachable-addresses.ts'

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
  readonly #met: ContactTable<Contact>
  readonly #heard = new Map<string, Contact>()
  /** Those that were forgotten although they are connected: they have not answered. */
  readonly #mute = new Map<string, Contact>()
  readonly #listeners = new Set<() => void>()
  #topology: string | undefined

  constructor({ host }: ContactsComponents) {
    this.#host = host
    this.#met = new ContactTable(peerPosition(host.peerId.toString()))
  }

  async start(): Promise<void> {
    const { libp2p, protocols } = this.#host
    libp2p.addEventListener('peer:identify', this.#onIdentify)
    libp2p.addEventListener('peer:disconnect', this.#onDisconnect)
    // libp2p tells of those that are gone by what they served last: of one that has become a client meanwhile it does not.
    this.#topology = await libp2p.register(protocols.directory, {
      onConnect: (peer, connection) => this.#meet(peer, connection, []),
      onDisconnect: peer => this.#lose(peer.toString()),
    })
  }

  stop(): void {
    const { libp2p } = this.#host
    libp2p.removeEventListener('peer:identify', this.#onIdentify)
    libp2p.removeEventListener('peer:disconnect', this.#onDisconnect)
    if (this.#topology !== undefined) libp2p.unregister(this.#topology)
    this.#met.clear()
    this.#heard.clear()
    this.#mute.clear()
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
    return this.#met.closest(target, count)
  }

  /** How many are connected in each bucket, the one of the farthest first. */
  bucketSizes(): number[] {
    return this.#met.bucketSizes()
  }

  /** A peer that was met or heard of. */
  get(peerId: string): Contact | undefined {
    return this.#met.get(peerId) ?? this.#heard.get(peerId)
  }

  /** Peers that others have named and that were not met yet, the last named first. */
  heard(): Contact[] {
    return [...this.#heard.values()].reverse()
  }

  /** Keeps what others said of peers that were not met, so that they can be dialled. */
  hear(contacts: Iterable<Contact>): void {
    for (const contact of contacts) {
      if (contact.connected || this.#met.get(contact.peerId) !== undefined) continue
      keepLatest(this.#heard, contact.peerId, contact, maxHeard)
    }
  }

  /** To be called when a peer has answered: one that was forgotten while it was slow counts again. */
  answered(peer: PeerId): void {
    const [connection] = this.#host.libp2p.getConnections(peer)
    const addresses = this.#heard.get(peer.toString())?.addresses ?? []
    if (connection !== undefined) this.#meet(peer, connection, addresses.map(multiaddr))
  }

  /** To be called before this node hangs up on a peer that is a server all the same: where it is stays known. */
  part(peerId: string): void {
    const contact = this.#met.get(peerId)
    if (contact === undefined) return
    this.#met.remove(peerId)
    this.hear([{ ...contact, connected: false }])
    this.#tell()
  }

  /** To be called when a peer has not answered: it no longer counts as a server, until it connects or is heard of again. */
  forget(peerId: string): void {
    const known = this.#met.get(peerId) ?? this.#mute.get(peerId)
    if (known !== undefined && this.#isConnected(peerId)) this.#mute.set(peerId, known)
    else this.#mute.delete(peerId)
    if (this.get(peerId) === undefined) return
    this.#heard.delete(peerId)
    this.#met.remove(peerId)
    this.#tell()
  }

  /**
   * Counts those again that were forgotten and are still connected. A machine that slept or had no time for this node takes all
   * others for mute at once, and with everybody forgotten there would be nobody to hear of them from.
   */
  recall(): void {
    const recalled = [...this.#mute].filter(([peerId, contact]) => this.#isConnected(peerId) && this.#met.put(contact))
    this.#mute.clear()
    if (recalled.length > 0) this.#tell()
  }

  /** Calls `listener` after peers were met or lost, until the returned function is called. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** It has hung up or serves no more: one that is only not connected any more may still have been heard of. */
  #lose(peerId: string): void {
    this.#mute.delete(peerId)
    const isHeardOf = this.#isConnected(peerId) && this.#heard.delete(peerId)
    const isMet = this.#met.get(peerId) !== undefined
    this.#met.remove(peerId)
    if (isMet || isHeardOf) this.#tell()
  }

  readonly #onDisconnect = ({ detail }: CustomEvent<PeerId>): void => this.#lose(detail.toString())

  readonly #onIdentify = ({ detail }: CustomEvent<IdentifyResult>): void => {
    if (detail.protocols.includes(this.#host.protocols.directory))
      this.#meet(detail.peerId, detail.connection, detail.listenAddrs)
  }

  #meet(peer: PeerId, connection: Connection, listenAddrs: readonly Multiaddr[]): void {
    const peerId = peer.toString()
    const known = this.#met.get(peerId)
    if (connection.status !== 'open' || (known !== undefined && listenAddrs.length === 0)) return
    const position = this.get(peerId)?.position
    const contact = contactAt(
      peerId,
      connection.remoteAddr,
      reachableAddresses(listenAddrs, connection),
      true,
      position,
    )
    if (!this.#met.put(contact) || known !== undefined) return
    this.#heard.delete(peerId)
    this.#mute.delete(peerId)
    this.#tell()
  }

  #isConnected(peerId: string): boolean {
    return this.#host.libp2p.getConnections(readPeerId(peerId)).some(({ status }) => status === 'open')
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener()
  }
}

/**
 * A peer at an address. On a LAN all addresses are of one group, and so are all its machines: there each is a party. Where its
 * place is known already it need not be computed. Throws where `peerId` is none.
 */
export function contactAt(
  peerId: string,
  address: Multiaddr,
  addresses: readonly string[],
  connected: boolean,
  position: Position = peerPosition(peerId),
): Contact {
  const group = addressGroup(address)
  const party = isPrivateAddress(address) && !isRelayed(address) ? peerId : group
  return { peerId, position, group, party, addresses, connected }
}
