import { multiaddr } from '@multiformats/multiaddr'
import { type Milliseconds, minute, second } from '../../shared/units.ts'
import type { Clock, StopTimer } from '../clock.ts'
import { type Position, peerPosition } from '../directory/keys.ts'
import type { Startable } from '../lifecycle.ts'
import type { Logger } from '../log.ts'
import { timeLimit } from '../time-limit.ts'
import { bucketOf, randomPlaceIn } from './buckets.ts'
import { type AskCloser, type ClosestPeers, thorough } from './closest.ts'
import type { Contact, Contacts } from './contacts.ts'
import type { Host } from './host.ts'
import { soughtPeers } from './lookup.ts'
import { readPeerId } from './peer-ids.ts'

/** Peers that come in quick succession are a reason for one lookup now and one for the rest of them later. */
const restBetweenLookupsMs = 10 * second
/** What the node was started for comes first. */
const fillAfterMs = 1 * second
const fillIntervalMs = 1 * minute
/** A bucket that nobody could be found for is left alone this long, while nobody joins or leaves it. */
const exhaustedMs = 10 * minute
/** Each connection of a client takes up a place at a server, of which there may be few. */
export const enoughForClient = 8
/** Contacts asked who there is in a bucket. */
const askedForBucket = 2
/** Newcomers asked who is near this node: they may come from a part of the network that was cut off. */
const askedNewcomers = 3
const askTimeoutMs = 2 * second
const dialTimeoutMs = 5 * second

export interface TableFillerComponents {
  host: Host
  contacts: Contacts
  closest: ClosestPeers
  ask: AskCloser
  clock: Clock
  log: Logger
}

/**
 * Gives this node its place among the servers: it looks itself up as soon as it meets one, which makes it known to those
 * around it, and then sees to it that it is connected with 8 in each bucket, as far as there are as many. So connections
 * grow with the logarithm of the network's size: all of 20 nodes, some 40 of 100, 90 of 10,000. A client, whom nobody asks,
 * is content with 8 in all.
 */
export class TableFiller implements Startable {
  readonly #components: TableFillerComponents
  readonly #self: Position
  /** Buckets nobody could be found for: how many were in them, and when by `Clock.steady`. */
  readonly #exhausted = new Map<number, { size: number; at: Milliseconds }>()
  #known = new Set<string>()
  #life = new AbortController()
  #stopFilling: StopTimer | undefined
  #stopFirstFill: StopTimer | undefined
  #stopListening: (() => void) | undefined
  #stopRest: StopTimer | undefined
  #resting = false
  #lookAgain = false
  #filling = false

  constructor(components: TableFillerComponents) {
    this.#components = components
    this.#self = peerPosition(components.host.peerId.toString())
  }

  start(): void {
    const { contacts, clock } = this.#components
    this.#life = new AbortController()
    this.#resting = false
    this.#filling = false
    this.#known = new Set()
    this.#exhausted.clear()
    this.#stopListening = contacts.onChange(() => {
      if (!this.#knowsEnough && this.#newcomers().length > 0) void this.#lookAround()
    })
    this.#stopFilling = clock.every(fillIntervalMs, () => {
      if (contacts.size < soughtPeers) contacts.recall()
      void this.#fill()
    })
  }

  stop(): void {
    this.#life.abort()
    this.#stopListening?.()
    this.#stopRest?.()
    this.#stopFilling?.()
    this.#stopFirstFill?.()
  }

  get #knowsEnough(): boolean {
    const { host, contacts } = this.#components
    return !host.isServer && contacts.size >= enoughForClient
  }

  #newcomers(): Contact[] {
    return [...this.#components.contacts.met()].filter(({ peerId }) => !this.#known.has(peerId))
  }

  async #lookAround(): Promise<void> {
    if (this.#resting) {
      this.#lookAgain = true
      return
    }
    const { clock } = this.#components
    this.#resting = true
    this.#lookAgain = false
    await this.#quietly(this.#lookSelfUp())
    if (this.#life.signal.aborted) return
    this.#stopFirstFill?.()
    this.#stopFirstFill = clock.after(fillAfterMs, () => void this.#fill())
    this.#stopRest = clock.after(restBetweenLookupsMs, () => {
      this.#resting = false
      if (this.#lookAgain) void this.#lookAround()
    })
  }

  async #lookSelfUp(): Promise<void> {
    const { closest, contacts } = this.#components
    const newcomers = this.#newcomers().slice(0, askedNewcomers)
    this.#known = new Set([...contacts.met()].map(({ peerId }) => peerId))
    const near = (await this.#closeTo(newcomers, this.#self)) ?? []
    await closest.find(this.#self, { sure: thorough, near, signal: this.#life.signal })
  }

  /** One bucket after the other, so that a newcomer does not take up the time of many at once. */
  async #fill(): Promise<void> {
    if (this.#filling || this.#knowsEnough) return
    this.#filling = true
    const { contacts, clock } = this.#components
    for (const [bucket, size] of contacts.bucketSizes().entries()) {
      if (this.#life.signal.aborted || this.#knowsEnough) break
      const exhausted = this.#exhausted.get(bucket)
      const rests = exhausted?.size === size && clock.steady() - exhausted.at < exhaustedMs
      if (size >= soughtPeers || rests) continue
      const filling = await this.#fillBucket(bucket, soughtPeers - size)
      if (filling === 'exhausted') this.#exhausted.set(bucket, { size, at: clock.steady() })
    }
    this.#filling = false
  }

  /** `exhausted`: those who were asked know nobody new for it. Where none of them answered, that cannot be told. */
  async #fillBucket(bucket: number, wanted: number): Promise<'found' | 'exhausted' | 'unanswered'> {
    const { contacts, host } = this.#components
    const target = randomPlaceIn(bucket, this.#self)
    const named = await this.#closeTo(contacts.closest(target, askedForBucket), target)
    if (named === undefined) return 'unanswered'
    const missing = named.filter(
      ({ peerId, position }) =>
        bucketOf(this.#self, position) === bucket && host.libp2p.getConnections(readPeerId(peerId)).length === 0,
    )
    for (const contact of missing.slice(0, wanted)) await this.#quietly(this.#dial(contact))
    return missing.length > 0 ? 'found' : 'exhausted'
  }

  /** Whom the contacts know close to a place, each once; undefined where none of them answered. */
  async #closeTo(contacts: readonly Contact[], target: Position): Promise<Contact[] | undefined> {
    const options = { timeoutMs: askTimeoutMs, signal: this.#life.signal }
    const answers = await Promise.all(
      contacts.map(contact => this.#quietly(this.#components.ask(contact, target, options))),
    )
    const given = answers.filter(answer => answer !== undefined)
    if (given.length === 0) return undefined
    return [...new Map(given.flat().map(contact => [contact.peerId, contact])).values()]
  }

  async #dial({ peerId, addresses }: Contact): Promise<void> {
    const signal = AbortSignal.any([this.#life.signal, timeLimit(this.#components.clock, dialTimeoutMs)])
    await this.#components.host.libp2p.dial(
      addresses.map(address => multiaddr(`${address}/p2p/${peerId}`)),
      { signal },
    )
  }

  async #quietly<T>(action: Promise<T>): Promise<T | undefined> {
    try {
      return await action
    } catch (error) {
      if (!this.#life.signal.aborted) this.#components.log.debug({ err: error }, 'a step to fill the table failed')
      return undefined
    }
  }
}
