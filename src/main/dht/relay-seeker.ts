import type { PeerId } from '@libp2p/interface'
import type { PeerIdText } from '../../shared/schema/primitives.ts'
import { type Milliseconds, minute, second } from '../../shared/units.ts'
import type { Clock, StopTimer } from '../clock.ts'
import type { Startable } from '../lifecycle.ts'
import type { Logger } from '../log.ts'
import { askAgainAfter } from './ask-again.ts'
import { Dialer } from './dialer.ts'
import type { Host } from './host.ts'
import { relaysUsed } from './listening.ts'

/** So long it is left to coordinators, which are connected with in any case, to take this node's connections. */
const coordinatorsFirstMs = 10 * second
const lookEveryMs = 5 * second
/** Between two times that relays are looked for of whom this node has not heard yet. */
const findEveryMs = 15 * second
/** Asked of the directory, and dialled of these, in one round. */
const mostFound = 16
const dialledAtOnce = 2
/** One that was dialled and did not take this node is left alone for this long. */
const restMs = 10 * minute
const roundTimeoutMs = 10 * second
/** Of those that are connected with and gave no place. */
const askedAtOnce = 2

/** A donor that relays, with where it can truthfully be: multiaddrs that end with its peer id. */
export interface RelayPlace {
  peerId: PeerIdText
  addresses: string[]
}

export interface RelaySeekerComponents {
  host: Pick<Host, 'mode' | 'libp2p' | 'addresses' | 'circuits'>
  /** Donors who say that they relay. */
  find(options: { limit: number; signal: AbortSignal }): Promise<RelayPlace[]>
  clock: Clock
  log: Logger
}

/** Which to dial now: not those that are resting or connected with already, drawn at random so that none is everybody's. Pure. */
export function chooseRelays(
  found: readonly RelayPlace[],
  { dialledAt, connected, now, random }: ChoiceFacts,
): RelayPlace[] {
  return found
    .filter(({ peerId, addresses }) => addresses.length > 0 && !connected.has(peerId))
    .filter(({ peerId }) => now - (dialledAt.get(peerId) ?? Number.NEGATIVE_INFINITY) >= restMs)
    .map(place => ({ place, draw: random() }))
    .sort((a, b) => a.draw - b.draw)
    .slice(0, dialledAtOnce)
    .map(({ place }) => place)
}

export interface ChoiceFacts {
  dialledAt: ReadonlyMap<PeerIdText, Milliseconds>
  connected: ReadonlySet<PeerIdText>
  now: Milliseconds
  random: () => number
}

interface Refusals {
  /** In a row. */
  count: number
  /** Not asked again before. */
  until: Milliseconds
}

/**
 * Has relays take the connections of a node that others cannot reach. libp2p asks each that is connected with for a place, once,
 * and finds none by itself: while there are too few, those that are connected are asked again, for the answer may have been lost
 * or a place become free, and while there is none, donors who relay are connected with.
 */
export class RelaySeeker implements Startable {
  readonly #parts: RelaySeekerComponents
  readonly #dialer: Dialer
  readonly #dialledAt = new Map<PeerIdText, Milliseconds>()
  readonly #refusals = new Map<PeerIdText, Refusals>()
  #life = new AbortController()
  #clientSince: Milliseconds | undefined
  #foundAt = Number.NEGATIVE_INFINITY
  #looking = false
  #stops: StopTimer[] = []

  constructor(components: RelaySeekerComponents) {
    this.#parts = components
    this.#dialer = new Dialer({ libp2p: components.host.libp2p, log: components.log })
  }

  start(): void {
    const { clock } = this.#parts
    this.#life = new AbortController()
    this.#clientSince = undefined
    this.#foundAt = Number.NEGATIVE_INFINITY
    this.#dialledAt.clear()
    this.#refusals.clear()
    this.#stops = [clock.every(lookEveryMs, () => void this.look())]
  }

  stop(): void {
    this.#life.abort()
    for (const stop of this.#stops.splice(0)) stop()
  }

  /** Looks for relays where one is needed. Never rejects. */
  async look(): Promise<void> {
    const { host, clock, log } = this.#parts
    const { signal: life } = this.#life
    if (host.mode.get() !== 'client') {
      this.#clientSince = undefined
      return
    }
    this.#clientSince ??= clock.steady()
    if (this.#looking || life.aborted) return
    this.#looking = true
    try {
      if (host.circuits.taken < relaysUsed) await this.#askAgain()
      if (host.addresses().some(address => address.includes('/p2p-circuit'))) return
      const dueAt = Math.max(this.#clientSince + coordinatorsFirstMs, this.#foundAt + findEveryMs)
      if (clock.steady() < dueAt) return
      this.#foundAt = clock.steady()
      await this.#round(AbortSignal.any([life, AbortSignal.timeout(roundTimeoutMs)]))
    } catch (error) {
      if (!life.aborted) log.debug({ err: error }, 'no relay could be looked for')
    } finally {
      this.#looking = false
    }
  }

  async #askAgain(): Promise<void> {
    const { host, clock } = this.#parts
    const now = clock.steady()
    const relays = await host.circuits.untaken()
    const ids = new Set(relays.map(String))
    for (const id of this.#refusals.keys()) if (!ids.has(id)) this.#refusals.delete(id)
    const due = relays.filter(relay => now >= (this.#refusals.get(String(relay))?.until ?? 0))
    await Promise.all(due.slice(0, askedAtOnce).map(relay => this.#ask(relay, now)))
  }

  async #ask(relay: PeerId, now: Milliseconds): Promise<void> {
    const { host, log } = this.#parts
    const id = relay.toString()
    try {
      await host.circuits.ask(relay)
      this.#refusals.delete(id)
    } catch (error) {
      const count = (this.#refusals.get(id)?.count ?? 0) + 1
      this.#refusals.set(id, { count, until: now + askAgainAfter(count) })
      log.debug({ peer: id, err: error }, 'a relay gave this node no place')
    }
  }

  async #round(signal: AbortSignal): Promise<void> {
    const { host, find, clock, log } = this.#parts
    const found = await find({ limit: mostFound, signal })
    const now = clock.steady()
    for (const [peerId, at] of this.#dialledAt) if (now - at >= restMs) this.#dialledAt.delete(peerId)
    const connected = new Set(host.libp2p.getConnections().map(({ remotePeer }) => remotePeer.toString()))
    const chosen = chooseRelays(found, { dialledAt: this.#dialledAt, connected, now, random: Math.random })
    for (const { peerId } of chosen) this.#dialledAt.set(peerId, now)
    const reached = await this.#dialer.dialAll(
      chosen.flatMap(({ addresses }) => addresses),
      dialledAtOnce,
      signal,
    )
    if (chosen.length > 0) log.info({ found: found.length, reached }, 'looked for a donor that relays')
  }
}
