import type { Connection, Stream } from '@libp2p/interface'
import { isPrivate, lpStream } from '@libp2p/utils'
import type { Multiaddr } from '@multiformats/multiaddr'
import { second } from '../../shared/units.ts'
import type { Clock } from '../clock.ts'
import {
  decodeHello,
  decodeHelloAnswer,
  encodeHello,
  type Hello,
  maxHelloAnswerBytes,
  maxHelloBytes,
} from '../directory/hello-frames.ts'
import type { Startable } from '../lifecycle.ts'
import { LiveValue } from '../live-value.ts'
import type { Logger } from '../log.ts'
import { addressGroup } from './address-group.ts'
import { aheadBy, type ClockSample, type ClockState, clockState, maxClockGroups } from './clock-offset.ts'
import type { Host } from './host.ts'
import { ending } from './stream-end.ts'

/** The whole exchange, from opening the stream to the end. */
const deadlineMs = 5 * second

export interface GreeterComponents {
  host: Host
  /** This node's own clock, uncorrected. */
  clock: Clock
  log: Logger
}

/**
 * Says hello on each new connection: whoever dialled asks, the other side answers, and both learn how far the other's
 * clock is from their own.
 */
export class Greeter implements Startable {
  readonly state = new LiveValue<ClockState>({ offsetMs: 0, groups: 0 })
  /** This node's clock, corrected by the offset: what records are dated and judged by. */
  readonly clock: Clock
  readonly #components: GreeterComponents
  readonly #samples = new Map<string, ClockSample>()
  #life = new AbortController()

  constructor(components: GreeterComponents) {
    const { clock } = components
    this.#components = components
    this.clock = {
      now: () => clock.now() + this.state.get().offsetMs,
      after: (delayMs, action) => clock.after(delayMs, action),
      every: (intervalMs, action) => clock.every(intervalMs, action),
    }
  }

  async start(): Promise<void> {
    const { host } = this.#components
    this.#life = new AbortController()
    host.libp2p.addEventListener('connection:open', this.#onOpen)
    await host.libp2p.handle(host.protocols.hello, this.#answer, { maxInboundStreams: 2 })
  }

  async stop(): Promise<void> {
    const { host } = this.#components
    this.#life.abort()
    host.libp2p.removeEventListener('connection:open', this.#onOpen)
    await host.libp2p.unhandle(host.protocols.hello)
    this.#samples.clear()
  }

  readonly #onOpen = ({ detail: connection }: CustomEvent<Connection>): void => {
    if (connection.direction === 'outbound') void this.#ask(connection)
  }

  async #ask(connection: Connection): Promise<void> {
    const { host, clock, log } = this.#components
    const signal = this.#deadline()
    try {
      const stream = await connection.newStream(host.protocols.hello, { signal, negotiateFully: false })
      await ending(stream, async () => {
        const messages = lpStream(stream, { maxDataLength: maxHelloAnswerBytes })
        const askedAt = clock.now()
        await messages.write(encodeHello(this.#hello()), { signal })
        const { now } = decodeHelloAnswer((await messages.read({ signal })).subarray())
        this.#note(connection, aheadBy(now, askedAt, clock.now()))
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
        const { now } = decodeHello((await messages.read({ signal })).subarray())
        this.#note(connection, aheadBy(now, clock.now(), clock.now()))
        await messages.write(encodeHello(this.#hello()), { signal })
      })
    } catch (error) {
      log.debug({ peer: connection.remotePeer.toString(), err: error }, 'a peer did not say hello properly')
    }
  }

  #hello(): Hello {
    return { revocationsVersion: 0, now: this.#components.clock.now() }
  }

  #deadline(): AbortSignal {
    return AbortSignal.any([this.#life.signal, AbortSignal.timeout(deadlineMs)])
  }

  #note(connection: Connection, aheadMs: number): void {
    const group = voteOf(connection.remoteAddr)
    this.#samples.delete(group)
    this.#samples.set(group, { group, aheadMs })
    for (const oldest of this.#samples.keys()) {
      if (this.#samples.size <= maxClockGroups) break
      this.#samples.delete(oldest)
    }
    this.state.set(clockState([...this.#samples.values()]))
  }
}

/** On a LAN all addresses are of one group, and so are all its machines: there each address has a vote. */
export function voteOf(address: Multiaddr): string {
  if (!isPrivate(address)) return addressGroup(address)
  const [ip] = address.getComponents()
  return `${ip?.name}:${ip?.value}`
}
