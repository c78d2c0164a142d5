import type { Clock } from '../../src/main/clock.ts'
import type { Milliseconds } from '../../src/shared/units.ts'
import { Emitter } from './emitter.ts'
import { receive, type SimulatedPeer } from './simulated-peer.ts'

/** Yamux's header and what Noise adds, for a frame that fits one of each. */
const frameOverheadBytes = 30

/** One end of a stream. What is sent arrives at the other end as one message, once it has crossed the network. */
export class SimulatedStream extends Emitter {
  readonly writeBufferLength = 0
  readonly protocol: string
  readonly #connection: SimulatedConnection
  /** Whether this is the end that has opened it, and asks. */
  readonly #asks: boolean
  #other: SimulatedStream | undefined
  #open = true

  private constructor(protocol: string, connection: SimulatedConnection, asks: boolean) {
    super()
    this.protocol = protocol
    this.#asks = asks
    this.#connection = connection
  }

  static pair(
    protocol: string,
    here: SimulatedConnection,
    there: SimulatedConnection,
  ): [SimulatedStream, SimulatedStream] {
    const near = new SimulatedStream(protocol, here, true)
    const far = new SimulatedStream(protocol, there, false)
    near.#other = far
    far.#other = near
    return [near, far]
  }

  send(data: Uint8Array): boolean {
    if (!this.#open) throw new Error('the stream is closed')
    if (this.#asks) this.#connection.local.traffic.questions++
    else this.#connection.remote.traffic.answerBytesIn += data.length
    this.#connection.counts(kindOf(data), data.length + frameOverheadBytes)
    this.#connection.cross(() => this.#other?.arrived(data))
    return true
  }

  abort(_reason: Error): void {
    if (!this.#open) return
    this.#end()
    this.#connection.cross(() => this.#other?.ended())
  }

  async close(): Promise<void> {
    this.abort(new Error('closed'))
  }

  pause(): void {
    // Nothing waits here.
  }

  resume(): void {
    // Nothing has waited.
  }

  /** The other end or the connection is gone. */
  ended(): void {
    if (!this.#open) return
    this.#end()
    this.emit('close')
  }

  #end(): void {
    this.#open = false
    this.#connection.forget(this)
  }

  arrived(data: Uint8Array): void {
    if (this.#open) this.emit('message', { data })
  }
}

/** One end of a connection between two peers. */
export class SimulatedConnection {
  readonly timeline: { open: Milliseconds }
  readonly direction: 'inbound' | 'outbound'
  readonly local: SimulatedPeer
  readonly remote: SimulatedPeer
  status: 'open' | 'closed' = 'open'
  streams: SimulatedStream[] = []
  #other: SimulatedConnection | undefined
  readonly #clock: Clock
  readonly #oneWayMs: Milliseconds

  private constructor(
    direction: 'inbound' | 'outbound',
    [local, remote]: [SimulatedPeer, SimulatedPeer],
    clock: Clock,
    oneWayMs: Milliseconds,
  ) {
    this.direction = direction
    this.local = local
    this.remote = remote
    this.timeline = { open: clock.now() }
    this.#clock = clock
    this.#oneWayMs = oneWayMs
  }

  static pair(
    from: SimulatedPeer,
    to: SimulatedPeer,
    clock: Clock,
    oneWayMs: Milliseconds,
  ): [SimulatedConnection, SimulatedConnection] {
    const near = new SimulatedConnection('outbound', [from, to], clock, oneWayMs)
    const far = new SimulatedConnection('inbound', [to, from], clock, oneWayMs)
    near.#other = far
    far.#other = near
    return [near, far]
  }

  get remotePeer() {
    return this.remote.peerId
  }

  get remoteAddr() {
    return this.remote.seenAt
  }

  /** Opens a stream; its first message tells the other end of it, without the round trip that libp2p takes to agree on the protocol. */
  open(protocol: string): SimulatedStream {
    const there = this.#other
    if (this.status !== 'open' || there === undefined) throw new Error('the connection is closed')
    const [near, far] = SimulatedStream.pair(protocol, this, there)
    this.streams.push(near)
    this.cross(() => {
      if (there.status !== 'open') return
      there.streams.push(far)
      if (!this.remote.accepts(protocol, far, there)) far.abort(new Error(`${protocol} is not served`))
    })
    return near
  }

  async close(): Promise<void> {
    const other = this.#other
    this.lost()
    this.cross(() => other?.lost())
  }

  /** This end is gone, and all that was on it. */
  lost(): void {
    if (this.status === 'closed') return
    this.status = 'closed'
    for (const stream of [...this.streams]) stream.ended()
    this.local.disconnected(this)
  }

  /** Where there was no goodbye: the other end finds out by itself, later. */
  get otherEnd(): SimulatedConnection | undefined {
    return this.#other
  }

  /** Calls `arrive` when what is sent now reaches the other end. */
  cross(arrive: () => void): void {
    if (this.local.internet.reaches(this.local, this.remote)) this.#clock.after(this.#oneWayMs, arrive)
  }

  counts(kind: string, bytes: number): void {
    const { internet, traffic } = this.local
    internet.frames++
    traffic.bytesOut += bytes
    traffic.framesOut++
    this.remote.traffic.framesIn++
    receive(this.remote.traffic, kind, bytes)
  }

  forget(stream: SimulatedStream): void {
    this.streams = this.streams.filter(other => other !== stream)
  }
}

/** What a frame of the directory is, such as `found`: the text behind the key `kind`, which comes early. */
function kindOf(data: Uint8Array): string {
  const frame = Buffer.from(data.buffer, data.byteOffset, data.length)
  const at = frame.indexOf('kind') + 'kind'.length
  return frame.toString('latin1', at + 1, at + 1 + (Number(frame[at]) & 0x1f))
}
