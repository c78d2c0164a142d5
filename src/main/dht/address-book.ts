import { type Datastore, Key } from 'interface-datastore'
import { fromString } from 'uint8arrays/from-string'
import { toString as bytesToText } from 'uint8arrays/to-string'
import { z } from 'zod'
import { safeParse } from '../../shared/safe-parse.ts'
import { multiaddrTextSchema, type PeerIdText, peerIdSchema, timestampSchema } from '../../shared/schema/primitives.ts'
import { day, type Milliseconds, second } from '../../shared/units.ts'
import type { Clock, StopTimer } from '../clock.ts'
import type { Startable } from '../lifecycle.ts'
import type { Logger } from '../log.ts'
import { isTellable } from './tellable-address.ts'

export const maxBookPeers = 500
export const bookLifetimeMs = 30 * day
const maxAddressesOfPeer = 8
/** Changes are gathered this long before they are written. */
const writeDelayMs = 5 * second
/** With so few peers each is written at once: a node killed in its first seconds finds its way back without seeds. */
const fewPeers = 3

const bookPeerSchema = z.strictObject({
  peerId: peerIdSchema,
  /** Multiaddrs without the peer id. */
  addresses: z.array(multiaddrTextSchema).max(maxAddressesOfPeer),
  lastSeen: timestampSchema,
})
export type BookPeer = z.infer<typeof bookPeerSchema>

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
  #peers = new Map<PeerIdText, BookPeer>()
  #stopWrite: StopTimer | undefined
  #written: Promise<void> = Promise.resolve()

  constructor(components: AddressBookComponents, init: AddressBookInit) {
    this.#components = components
    this.#key = new Key(`/networks/${init.networkId}/address-book`)
  }

  async start(): Promise<void> {
    const stored = await this.#read()
    this.#peers = new Map(keepNewest(stored, this.#components.clock.now()).map(peer => [peer.peerId, peer]))
  }

  /** Writes what is not written yet. */
  async stop(): Promise<void> {
    if (this.#stopWrite !== undefined) this.#writeNow()
    await this.#written
  }

  /** Newest first. */
  peers(): BookPeer[] {
    return keepNewest([...this.#peers.values()], this.#components.clock.now())
  }

  /** Notes that the peer was reached, or reached us, just now. */
  seen(peerId: PeerIdText, said: string[]): void {
    const addresses = said.filter(isTellable).slice(0, maxAddressesOfPeer)
    if (addresses.length === 0) return
    const lastSeen = this.#components.clock.now()
    this.#peers.set(peerId, { peerId, addresses, lastSeen })
    if (this.#peers.size > maxBookPeers * 1.2) {
      this.#peers = new Map(this.peers().map(peer => [peer.peerId, peer]))
    }
    if (this.#peers.size <= fewPeers) this.#writeNow()
    else this.#stopWrite ??= this.#components.clock.after(writeDelayMs, () => this.#writeNow())
  }

  #writeNow(): void {
    this.#stopWrite?.()
    this.#stopWrite = undefined
    const bytes = fromString(JSON.stringify(this.peers()))
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

/** At most 500 peers seen in the last 30 days, newest first. */
export function keepNewest(peers: BookPeer[], now: Milliseconds): BookPeer[] {
  return peers
    .filter(peer => peer.lastSeen > now - bookLifetimeMs)
    .sort((a, b) => b.lastSeen - a.lastSeen)
    .slice(0, maxBookPeers)
}
