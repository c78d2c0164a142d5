import type { Connection, Stream } from '@libp2p/interface'
import { isPrivate, lpStream } from '@libp2p/utils'
import type { Multiaddr } from '@multiformats/multiaddr'
import { RmaError, toRmaError } from '../../shared/errors.ts'
import { minute, second } from '../../shared/units.ts'
import type { Clock } from '../clock.ts'
import {
  decodeHello,
  decodeHelloAnswer,
  encodeHello,
  type Hello,
  type HelloAnswer,
  maxHelloAnswerBytes,
  maxHelloBytes,
} from '../directory/hello-frames.ts'
import { RateLimit } from '../directory/rate-limit.ts'
import { keepLatest } from '../keep-latest.ts'
import type { Startable } from '../lifecycle.ts'
import { LiveValue } from '../live-value.ts'
import type { Logger } from '../log.ts'
import type { MemberGate } from '../membership/gate.ts'
import type { Trust } from '../membership/trust.ts'
import { addressGroup } from './address-group.ts'
import {
  aheadBy,
  type ClockReading,
  type ClockSample,
  type ClockState,
  clockState,
  maxClockGroups,
  setBy,
} from './clock-offset.ts'
import type { Host } from './host.ts'
import { isRelayed } from './is-relayed.ts'
import { ending } from './stream-end.ts'

/** The whole exchange, from opening the stream to the end. */
const deadlineMs = 5 * second
/** A connection is greeted anew when a certificate or the list of revocations has changed, and seldom more often. */
const allowance = { perSecond: 0.5, burst: 10 }
/** Greeted at once where all have to hear of something. */
const greetedAtOnce = 8
/** How soon it is noticed that this machine's clock was set. */
const readClockEveryMs = minute

export interface GreeterComponents {
  host: Host
  /** This node's own clock, uncorrected. */
  clock: Clock
  log: Logger
  /** In a network with a CA: what this node shows, and who judges what the others show. */
  membership?: { trust: Trust; gate: MemberGate }
}

/**
 * Says hello on each new connection: whoever dialled asks, the other side answers, and both learn how far the other's
 * clock is from their own. In a network with a CA both show their certificates, and whoever has the older list of
 * revocations gets the newer one, which is how it spreads to everybody. Once this node's clock was set, what is known of the
 * others' no longer holds: all are greeted anew.
 */
export class Greeter implements Startable {
  readonly state = new LiveValue<ClockState>({ offsetMs: 0, groups: 0 })
  /** This node's clock, corrected by the offset: what records are dated and judged by. */
  readonly clock: Clock
  readonly #components: GreeterComponents
  readonly #samples = new Map<string, ClockSample>()
  readonly #rate = new RateLimit({ allowance, maxSources: 5_000 })
  /** The version of the list of revocations that the other end of a connection has, as it last said. */
  readonly #versions = new WeakMap<Connection, number>()
  /** The newest list that was sent over a connection. */
  readonly #sent = new WeakMap<Connection, number>()
  readonly #stopWatching: (() => void)[] = []
  #life = new AbortController()
  #reading: ClockReading

  constructor(components: GreeterComponents) {
    const { clock } = components
    this.#components = components
    this.#reading = read(clock)
    this.clock = {
      now: () => clock.now() + this.state.get().offsetMs,
      steady: () => clock.steady(),
      after: (delayMs, action) => clock.after(delayMs, action),
      every: (intervalMs, action) => clock.every(intervalMs, action),
    }
  }

  async start(): Promise<void> {
    const { host, clock, membership } = this.#components
    this.#life = new AbortController()
    this.#reading = read(clock)
    host.libp2p.addEventListener('connection:open', this.#onOpen)
    await host.libp2p.handle(host.protocols.hello, this.#answer, { maxInboundStreams: 2, runOnLimitedConnection: true })
    this.#stopWatching.push(clock.every(readClockEveryMs, () => this.#readClock()))
    if (membership === undefined) return
    const { trust, gate } = membership
    for (const connection of host.libp2p.getConnections()) gate.opened(connection)
    this.#stopWatching.push(
      trust.certificate.subscribe(() => void this.#greet(() => true)),
      trust.revocations.subscribe(() => void this.#greet(connection => this.#isBehind(connection))),
    )
  }

  async stop(): Promise<void> {
    const { host } = this.#components
    this.#life.abort()
    for (const stop of this.#stopWatching.splice(0)) stop()
    host.libp2p.removeEventListener('connection:open', this.#onOpen)
    await host.libp2p.unhandle(host.protocols.hello)
    this.#samples.clear()
  }

  /** Compares with when the samples were begun, not with the last time: what a clock gains or loses over days adds up. */
  #readClock(): void {
    const { clock, log } = this.#components
    const reading = read(clock)
    const byMs = setBy(this.#reading, reading)
    if (byMs === 0) return
    log.info({ byMs }, 'the clock of this machine was set: others are asked for the time anew')
    this.#reading = reading
    this.#samples.clear()
    this.state.set(clockState([]))
    void this.#greet(() => true)
  }

  readonly #onOpen = ({ detail: connection }: CustomEvent<Connection>): void => {
    this.#components.membership?.gate.opened(connection)
    if (connection.direction === 'outbound') void this.#ask(connection)
  }

  async #ask(connection: Connection): Promise<void> {
    const { host, clock, log } = this.#components
    const signal = this.#deadline()
    const options = { signal, runOnLimitedConnection: true }
    try {
      const stream = await connection.newStream(host.protocols.hello, options)
      await ending(stream, async () => {
        const messages = lpStream(stream, { maxDataLength: maxHelloAnswerBytes })
        const askedAt = clock.now()
        await messages.write(encodeHello(this.#hello()), { signal })
        const answer = decodeHelloAnswer((await messages.read({ signal })).subarray())
        await this.#heard(connection, answer, aheadBy(answer.now, askedAt, clock.now()))
      })
    } catch (error) {
      log.debug({ peer: connection.remotePeer.toString(), err: error }, 'a peer did not answer hello')
    }
  }

  readonly #answer = async (stream: Stream, connection: Connection): Promise<void> => {
    const { clock, log } = this.#components
    const signal = this.#deadline()
    try {
      await ending(stream, async () => {
        const messages = lpStream(stream, { maxDataLength: maxHelloBytes })
        const hello = decodeHello((await messages.read({ signal })).subarray())
        if (!this.#rate.take(connection.id, clock.now()))
          throw new RmaError('QUOTA_EXCEEDED', 'hello is to be said when something has changed')
        await this.#heard(connection, hello, aheadBy(hello.now, clock.now(), clock.now()))
        await messages.write(encodeHello(this.#answerTo(connection, hello)), { signal })
        if (hello.revocationsVersion > this.#revocationsVersion) void this.#ask(connection)
      })
    } catch (error) {
      log.debug({ peer: connection.remotePeer.toString(), err: error }, 'a peer did not say hello properly')
    }
  }

  /** Takes the list of revocations first: it may be about the very peer that brings it. */
  async #heard(connection: Connection, hello: HelloAnswer, aheadMs: number): Promise<void> {
    const { membership, log } = this.#components
    if (membership === undefined) {
      this.#note(connection, aheadMs)
      return
    }
    this.#versions.set(connection, hello.revocationsVersion)
    const peer = connection.remotePeer.toString()
    if (hello.revocations !== undefined)
      await membership.trust.adoptRevocations(hello.revocations).catch(error => {
        log.warn({ peer, err: error }, 'a peer sent a list of revocations that the CA has not signed')
      })
    try {
      await membership.gate.show(connection, hello.membership)
    } catch (error) {
      // The gate keeps the reason, and closes the connection if nothing better comes.
      if (!mayBeOwnClock(toRmaError(error))) return
    }
    this.#note(connection, aheadMs)
  }

  #hello(): Hello {
    const certificate = this.#components.membership?.trust.certificate.get()
    return {
      ...(certificate === undefined ? {} : { membership: certificate.token }),
      revocationsVersion: this.#revocationsVersion,
      now: this.#components.clock.now(),
    }
  }

  /** A list goes over a connection once: it may be four times the size of all else a hello can hold. */
  #answerTo(connection: Connection, { revocationsVersion }: Hello): HelloAnswer {
    const list = this.#components.membership?.trust.revocations.get()
    const newest = Math.max(revocationsVersion, this.#sent.get(connection) ?? 0)
    if (list === undefined || list.version <= newest) return this.#hello()
    this.#sent.set(connection, list.version)
    return { ...this.#hello(), revocations: list.token }
  }

  get #revocationsVersion(): number {
    return this.#components.membership?.trust.revocationsVersion ?? 0
  }

  #isBehind(connection: Connection): boolean {
    return (this.#versions.get(connection) ?? 0) < this.#revocationsVersion
  }

  /** Says hello anew to everybody connected whom it concerns. */
  async #greet(concerns: (connection: Connection) => boolean): Promise<void> {
    const connections = this.#components.host.libp2p.getConnections().values()
    const greetNext = async (): Promise<void> => {
      for (const connection of connections) {
        if (this.#life.signal.aborted) return
        if (connection.status === 'open' && concerns(connection)) await this.#ask(connection)
      }
    }
    await Promise.all(Array.from({ length: greetedAtOnce }, greetNext))
  }

  #deadline(): AbortSignal {
    return AbortSignal.any([this.#life.signal, AbortSignal.timeout(deadlineMs)])
  }

  #note(connection: Connection, aheadMs: number): void {
    const group = voteOf(connection.remoteAddr)
    keepLatest(this.#samples, group, { group, aheadMs }, maxClockGroups)
    this.state.set(clockState([...this.#samples.values()]))
  }
}

function read(clock: Clock): ClockReading {
  return { now: clock.now(), steady: clock.steady() }
}

/** Strangers have no say in what time it is; those whose certificate only seems to be of another time may be right. */
function mayBeOwnClock({ code }: RmaError): boolean {
  return code === 'MEMBERSHIP_NOT_YET_VALID' || code === 'MEMBERSHIP_EXPIRED'
}

/**
 * On a LAN all addresses are of one group, and so are all its machines: there each address has a vote. All that come through relays
 * have one together, or one machine would speak with the voice of each relay.
 */
export function voteOf(address: Multiaddr): string {
  if (!isPrivate(address) || isRelayed(address)) return addressGroup(address)
  const [ip] = address.getComponents()
  return `${ip?.name}:${ip?.value}`
}
