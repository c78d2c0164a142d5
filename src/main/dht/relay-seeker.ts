import type { PeerIdText } from '../../shared/schema/primitives.ts'
import { type Milliseconds, minute, second } from '../../shared/units.ts'
import type { Clock, StopTimer } from '../clock.ts'
import type { Startable } from '../lifecycle.ts'
import type { Logger } from '../log.ts'
import { Dialer } from './dialer.ts'
import type { Host } from './host.ts'

/** So long it is left to coordinators, which are connected with in any case, to take this node's connections. */
const coordinatorsFirstMs = 10 * second
const lookEveryMs = 15 * second
/** Asked of the directory, and dialled of these, in one round. */
const mostFound = 16
const dialledAtOnce = 2
/** One that was dialled and did not take this node is left alone for this long. */
const restMs = 10 * minute
const roundTimeoutMs = 10 * second

/** A donor that relays, with where it can truthfully be: multiaddrs that end with its peer id. */
export interface RelayPlace {
  peerId: PeerIdText
  addresses: string[]
}

export interface RelaySeekerComponents {
  host: Pick<Host, 'mode' | 'libp2p' | 'addresses'>
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

/**
 * Connects a node that others cannot reach with donors who relay, for as long as no relay takes its connections: libp2p
 * asks every relay that is connected with for a place, and finds none by itself.
 */
export class RelaySeeker implements Startable {
  readonly #parts: RelaySeekerComponents
  readonly #dialer: Dialer
  readonly #dialledAt = new Map<PeerIdText, Milliseconds>()
  #life = new AbortController()
  #clientSince: Milliseconds | undefined
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
    this.#dialledAt.clear()
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
    if (host.mode.get() !== 'client' || host.addresses().some(address => address.includes('/p2p-circuit'))) {
      this.#clientSince = undefined
      return
    }
    this.#clientSince ??= clock.now()
    if (this.#looking || life.aborted || clock.now() - this.#clientSince < coordinatorsFirstMs) return
    this.#looking = true
    try {
      await this.#round(AbortSignal.any([life, AbortSignal.timeout(roundTimeoutMs)]))
    } catch (error) {
      if (!life.aborted) log.debug({ err: error }, 'no relay could be looked for')
    } finally {
      this.#looking = false
    }
  }

  async #round(signal: AbortSignal): Promise<void> {
    const { host, find, clock, log } = this.#parts
    const found = await find({ limit: mostFound, signal })
    const now = clock.now()
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
