import { type Datastore, Key } from 'interface-datastore'
import { fromString } from 'uint8arrays/from-string'
import { toString as bytesToText } from 'uint8arrays/to-string'
import { z } from 'zod'
import { safeParse } from '../../shared/safe-parse.ts'
import { multiaddrTextSchema, type PeerIdText, peerIdSchema, timestampSchema } from '../../shared/schema/primitives.ts'
import { day, hour, type Milliseconds, second } from '../../shared/units.ts'
import type { Clock, StopTimer } from '../clock.ts'
import type { Startable } from '../lifecycle.ts'
import type { Logger } from '../log.ts'
import { isTellable } from './tellable-address.ts'

export const maxBookPeers = 500
export const bookLifetimeMs = 30 * day
const maxAddressesOfPeer = 8
/** Changes are gathered this long before they are written. */
const writeDelayMs = 5 * second
/** Until who is still here is noted down as such. */
const refreshMs = 1 * hour
/** With so few peers each is written at once: a node killed in its first seconds finds its way back without seeds. */
const fewPeers = 3

const bookPeerSchema = z.strictObject({
  peerId: peerIdSchema,
  /** Multiaddrs without the peer id. */
  addresses: z.array(multiaddrTextSchema).max(maxAddressesOfPeer),
  lastSeen: timestampSchema,
})
type BookPeer = z.infer<typeof bookPeerSchema>

/** A peer as it is known while the node runs. */
export interface KnownPeer extends BookPeer {
  /** Whether it was a server when it was last here; one that was read from the store may be. */
  isServer: boolean
}

interface Entry extends KnownPeer {
  isHere: boolean
}

export interface AddressBookComponents {
  datastore: Datastore
  clock: Clock
  log: Logger
}

export interface AddressBookInit {
  networkId: string
}

/** Peers this node was connected to, kept over restarts: the first ones it tries when it is alone. */
export class AddressBook implements Startable {
  readonly #components: AddressBookComponents
  readonly #key: Key
  #peers = new Map<PeerIdText, Entry>()
  #stopWrite: StopTimer | undefined
  #stopRefresh: StopTimer = () => undefined
  #written: Promise<void> = Promise.resolve()

  constructor(components: AddressBookComponents, init: AddressBookInit) {
    this.#components = components
    this.#key = new Key(`/networks/${init.networkId}/address-book`)
  }

  async start(): Promise<void> {
    const stored = (await this.#read()).map(peer => ({ ...peer, isServer: true, isHere: false }))
    this.#keep(stored)
    this.#stopRefresh = this.#components.clock.every(refreshMs, () => this.#refresh())
  }

  /** Writes what is not written yet. */
  async stop(): Promise<void> {
    this.#stopRefresh()
    this.#refresh()
    await this.#written
  }

  /** Newest first: those that are here, then those that left last. */
  peers(): KnownPeer[] {
    return keepNewest(this.#entries(), this.#components.clock.now()).map(({ isHere: _, ...peer }) => peer)
  }

  /** Notes that the peer is here, and where it can be reached. To be followed by `left`. */
  seen(peerId: PeerIdText, said: readonly string[], { isServer }: { isServer: boolean }): void {
    const addresses = said.filter(isTellable).slice(0, maxAddressesOfPeer)
    if (addresses.length === 0) return
    const lastSeen = this.#components.clock.now()
    this.#peers.set(peerId, { peerId, addresses, lastSeen, isServer, isHere: true })
    if (this.#peers.size > maxBookPeers * 1.2) this.#keep(this.#entries())
    this.#write()
  }

  /** Notes that the peer is not here any more. */
  left(peerId: PeerIdText): void {
    const known = this.#peers.get(peerId)
    if (known === undefined || !known.isHere) return
    this.#peers.set(peerId, { ...known, lastSeen: this.#components.clock.now(), isHere: false })
    this.#write()
  }

  /** Who is here is seen now. */
  #entries(): Entry[] {
    const lastSeen = this.#components.clock.now()
    return [...this.#peers.values()].map(peer => (peer.isHere ? { ...peer, lastSeen } : peer))
  }

  #keep(entries: readonly Entry[]): void {
    this.#peers = new Map(keepNewest(entries, this.#components.clock.now()).map(peer => [peer.peerId, peer]))
  }

  #refresh(): void {
    const isAnybodyHere = [...this.#peers.values()].some(({ isHere }) => isHere)
    if (isAnybodyHere || this.#stopWrite !== undefined) this.#writeNow()
  }

  #write(): void {
    if (this.#peers.size <= fewPeers) this.#writeNow()
    else this.#stopWrite ??= this.#components.clock.after(writeDelayMs, () => this.#writeNow())
  }

  #writeNow(): void {
    this.#stopWrite?.()
    this.#stopWrite = undefined
    const peers: BookPeer[] = this.peers().map(({ peerId, addresses, lastSeen }) => ({ peerId, addresses, lastSeen }))
    const bytes = fromString(JSON.stringify(peers))
    this.#written = this.#written
      .then(() => this.#components.datastore.put(this.#key, bytes))
      .then(
        () => undefined,
        error => this.#components.log.warn({ err: error }, 'the address book could not be saved'),
      )
  }

  async #read(): Promise<BookPeer[]> {
    if (!(await this.#components.datastore.has(this.#key))) return []
    const text = bytesToText(await this.#components.datastore.get(this.#key))
    try {
      const entries = z.array(z.unknown()).parse(JSON.parse(text))
      const peers = entries.flatMap(entry => safeParse(bookPeerSchema, entry).data ?? [])
      if (peers.length < entries.length) {
        const unreadable = entries.length - peers.length
        this.#components.log.warn(
          { unreadable },
          'some entries of the saved address book are unreadable: they are left out',
        )
      }
      return peers
    } catch (error) {
      this.#components.log.warn({ err: error }, 'the saved address book is unreadable: starting with an empty one')
      return []
    }
  }
}

/**
 * At most 500 peers seen in the last 30 days, newest first. Those that are no servers give way before any others: they come and go,
 * and can seldom be reached. Pure.
 */
export function keepNewest<T extends KnownPeer>(peers: readonly T[], now: Milliseconds): T[] {
  const newestFirst = (one: T, other: T) => other.lastSeen - one.lastSeen
  return peers
    .filter(peer => peer.lastSeen > now - bookLifetimeMs)
    .sort((one, other) => Number(other.isServer) - Number(one.isServer) || newestFirst(one, other))
    .slice(0, maxBookPeers)
    .sort(newestFirst)
}
