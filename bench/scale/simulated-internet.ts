import type { Clock } from '../../src/main/clock.ts'
import { connectionCheckIntervalMs, connectionTimeouts } from '../../src/main/dht/limits.ts'
import type { PeerIdText } from '../../src/shared/schema/primitives.ts'
import type { Milliseconds } from '../../src/shared/units.ts'
import { SimulatedConnection } from './simulated-connection.ts'
import { receive, type SimulatedPeer } from './simulated-peer.ts'

/** TCP, the choice of Noise and its handshake, the choice of Yamux: until then nothing can be sent. */
const connectRoundTrips = 4
/** Until identify has been exchanged after that. */
const identifyRoundTrips = 1.5
/** Handshakes and identify, each way. Read off real nodes: see docs/performance.md. */
const connectionBytes = 3_000
/** The part of a round trip that does not depend on how far it goes: the last miles. */
const accessMs = 6
/** One way across the whole map. */
const acrossMs = 40

export interface InternetInit {
  /** How long one way takes between two peers. Default: places on a map, 6 to 63 ms. */
  oneWayMs?: (from: SimulatedPeer, to: SimulatedPeer) => Milliseconds
}

/** Who is up and how long it takes to get there. */
export class SimulatedInternet {
  readonly #clock: Clock
  /** Frames that were sent, by everybody. */
  frames = 0
  /** Tells those apart that cannot reach the others; undefined: everybody reaches everybody. */
  #isApart: ((peer: SimulatedPeer) => boolean) | undefined
  readonly #up = new Map<PeerIdText, SimulatedPeer>()
  readonly #oneWayMs: (from: SimulatedPeer, to: SimulatedPeer) => Milliseconds

  constructor({ clock }: { clock: Clock }, { oneWayMs = onAMap }: InternetInit = {}) {
    this.#clock = clock
    this.#oneWayMs = oneWayMs
  }

  /** Whether anything that one peer sends gets to another. */
  reaches(from: SimulatedPeer, to: SimulatedPeer): boolean {
    return !from.cutOff && !to.cutOff && !this.#arePartedBy(this.#isApart, from, to)
  }

  /**
   * From now on those of whom `isApart` says the same reach each other, and nobody else. Connections between the two sides
   * stay until each end notices. `heal` ends it.
   */
  part(isApart: (peer: SimulatedPeer) => boolean): void {
    this.#isApart = isApart
    for (const peer of this.#up.values())
      for (const connection of peer.openConnections())
        if (this.#arePartedBy(isApart, peer, connection.remote)) this.#loseUnnoticed(connection)
  }

  heal(): void {
    this.#isApart = undefined
  }

  up(peer: SimulatedPeer): void {
    this.#up.set(peer.id, peer)
  }

  isUp(peer: SimulatedPeer): boolean {
    return this.#up.has(peer.id)
  }

  /** Its process ends; the others' connections are reset. */
  down(peer: SimulatedPeer): void {
    this.#up.delete(peer.id)
    for (const connection of peer.takeConnections()) {
      connection.status = 'closed'
      const { otherEnd } = connection
      this.#clock.after(this.#oneWayMs(peer, connection.remote), () => otherEnd?.lost())
    }
  }

  /** Nothing gets out of it or in any more; the others notice when they check their connections. */
  cutOff(peer: SimulatedPeer): void {
    this.#up.delete(peer.id)
    peer.cutOff = true
    for (const connection of peer.takeConnections()) {
      connection.status = 'closed'
      this.#loseUnnoticed(connection.otherEnd)
    }
  }

  /** Nothing comes over a connection any more: its end finds out when it checks it next. */
  #loseUnnoticed(end: SimulatedConnection | undefined): void {
    const noticedMs = Math.random() * connectionCheckIntervalMs + connectionTimeouts.dialTimeout
    this.#clock.after(noticedMs, () => end?.lost())
  }

  #arePartedBy(
    isApart: ((peer: SimulatedPeer) => boolean) | undefined,
    one: SimulatedPeer,
    other: SimulatedPeer,
  ): boolean {
    return isApart !== undefined && isApart(one) !== isApart(other)
  }

  oneWayMs(from: SimulatedPeer, to: SimulatedPeer): Milliseconds {
    return this.#oneWayMs(from, to)
  }

  /** Connects two peers. Rejects where there is nobody, no room, or nothing comes back. */
  dial(from: SimulatedPeer, peerId: PeerIdText): Promise<SimulatedConnection> {
    return new Promise((resolve, reject) => {
      const to = this.#up.get(peerId)
      if (to === undefined || !this.reaches(from, to)) {
        this.#clock.after(connectionTimeouts.dialTimeout, () => reject(new Error(`${peerId} does not answer`)))
        return
      }
      const oneWay = this.#oneWayMs(from, to)
      const known = () => this.isUp(from) && this.isUp(to) && this.reaches(from, to)
      this.#clock.after(2 * oneWay, () => {
        if (known() && to.connections >= to.limits.maxConnections) {
          to.traffic.turnedAway++
          reject(Object.assign(new Error('the connection was reset'), { code: 'ECONNRESET' }))
          return
        }
        this.#clock.after(2 * (connectRoundTrips - 1) * oneWay, () =>
          known() ? resolve(this.#join(from, to, oneWay)) : reject(new Error('the connection was lost')),
        )
      })
    })
  }

  #join(from: SimulatedPeer, to: SimulatedPeer, oneWay: Milliseconds): SimulatedConnection {
    const [near, far] = SimulatedConnection.pair(from, to, this.#clock, oneWay)
    for (const { traffic } of [from, to]) {
      receive(traffic, 'connecting', connectionBytes)
      traffic.bytesOut += connectionBytes
    }
    from.connected(near)
    to.connected(far)
    this.#clock.after(2 * identifyRoundTrips * oneWay, () => {
      from.identified(near)
      to.identified(far)
    })
    return near
  }
}

/** Peers lie on a square map; their number says where. */
function onAMap(from: SimulatedPeer, to: SimulatedPeer): Milliseconds {
  const [x, y] = placeOf(from)
  const [otherX, otherY] = placeOf(to)
  return Math.round(accessMs + acrossMs * Math.hypot(x - otherX, y - otherY))
}

/** Where a peer is, each coordinate from 0 to 1: the golden ratio's multiples spread evenly over the map. */
export function placeOf({ number }: SimulatedPeer): [number, number] {
  return [(number * 0.618_033_988_75) % 1, (number * 0.754_877_666_25) % 1]
}
