import type { Connection, Stream, StreamMessageEvent } from '@libp2p/interface'
import { RmaError, toRmaError } from '../../shared/errors.ts'
import type { PeerIdText } from '../../shared/schema/primitives.ts'
import { KiB, second } from '../../shared/units.ts'
import type { Clock, StopTimer } from '../clock.ts'
import { addressGroup } from '../dht/address-group.ts'
import type { Host } from '../dht/host.ts'
import type { Startable } from '../lifecycle.ts'
import type { Logger } from '../log.ts'
import { FrameReader, withLength } from './frame-reader.ts'
import {
  type AnswerFrame,
  decodeRequest,
  encodeFrame,
  errorFrame,
  maxRequestFrameBytes,
  type RequestFrame,
} from './frames.ts'
import { type Allowance, TokenBucket } from './token-bucket.ts'

/** One in use and one that takes over from it. */
const maxStreamsPerConnection = 2
/** A frame that has begun has to end, and an answer has to be taken, within this time in all. */
const transferDeadlineMs = 10 * second
/** Answers a slow reader may leave untaken before nothing more is read from it. */
const maxUnsentBytes = 512 * KiB

/** What one stream may ask. An asker stays far below this; a flood is answered with short refusals. */
const allowance: Allowance = { perSecond: 2_000, burst: 4_000 }

/** Who asks: the authenticated peer at the other end of the connection, and the group of its address. */
export interface Asker {
  from: PeerIdText
  group?: string
}

/** Answers one request; may throw an RmaError, which travels to the asker. */
export type Answerer = (request: RequestFrame, asker: Asker) => AnswerFrame

export interface DirectoryServerComponents {
  host: Host
  answer: Answerer
  clock: Clock
  log: Logger
}

/** The registrar's end of the directory protocol. */
export class DirectoryServer implements Startable {
  readonly #components: DirectoryServerComponents
  readonly #sessions = new Set<Session>()

  constructor(components: DirectoryServerComponents) {
    this.#components = components
  }

  async start(): Promise<void> {
    const { host } = this.#components
    await host.libp2p.handle(host.protocols.directory, this.#serve, { maxInboundStreams: maxStreamsPerConnection })
  }

  async stop(): Promise<void> {
    const { host } = this.#components
    await host.libp2p.unhandle(host.protocols.directory)
    for (const session of [...this.#sessions]) session.end(new Error('this node stops serving'))
  }

  readonly #serve = (stream: Stream, connection: Connection): void => {
    const asker = { from: connection.remotePeer.toString(), group: addressGroup(connection.remoteAddr) }
    const session = new Session(stream, asker, this.#components, () => this.#sessions.delete(session))
    this.#sessions.add(session)
  }
}

/** One stream of requests from one peer. */
class Session {
  readonly #stream: Stream
  readonly #asker: Asker
  readonly #components: DirectoryServerComponents
  readonly #onEnd: () => void
  readonly #reader = new FrameReader(maxRequestFrameBytes)
  readonly #bucket: TokenBucket
  #stopFrameTimer: StopTimer | undefined
  #stopDrainTimer: StopTimer | undefined
  #ended = false

  constructor(stream: Stream, asker: Asker, components: DirectoryServerComponents, onEnd: () => void) {
    this.#stream = stream
    this.#asker = asker
    this.#components = components
    this.#onEnd = onEnd
    this.#bucket = new TokenBucket(allowance, components.clock.now())
    stream.addEventListener('message', this.#onMessage)
    stream.addEventListener('drain', this.#onDrain)
    stream.addEventListener('close', this.#onClose)
    stream.addEventListener('remoteCloseWrite', this.#onClose)
  }

  end(reason: Error): void {
    if (this.#ended) return
    this.#ended = true
    this.#stopFrameTimer?.()
    this.#stopDrainTimer?.()
    this.#stream.removeEventListener('message', this.#onMessage)
    this.#stream.removeEventListener('drain', this.#onDrain)
    this.#stream.removeEventListener('close', this.#onClose)
    this.#stream.removeEventListener('remoteCloseWrite', this.#onClose)
    this.#stream.abort(reason)
    this.#onEnd()
  }

  readonly #onClose = (): void => this.end(new Error('the peer closed the stream'))

  readonly #onMessage = (event: StreamMessageEvent): void => {
    try {
      for (const bytes of this.#reader.read(event.data)) this.#answer(decodeRequest(bytes))
    } catch (error) {
      // Beyond a frame that cannot be read the next one cannot be found: the stream is of no use any more.
      this.#components.log.debug({ peer: this.#asker.from, err: error }, 'a peer sent no valid request')
      this.end(toRmaError(error))
      return
    }
    this.#watchFrame()
  }

  /** The deadline runs from the first byte of a frame, not from the last one: a trickle does not move it. */
  #watchFrame(): void {
    if (!this.#reader.midFrame) {
      this.#stopFrameTimer?.()
      this.#stopFrameTimer = undefined
    } else {
      this.#stopFrameTimer ??= this.#components.clock.after(transferDeadlineMs, () =>
        this.end(new RmaError('DEADLINE', `a request took longer than ${transferDeadlineMs} ms to arrive`)),
      )
    }
  }

  #answer(request: RequestFrame): void {
    let answer: AnswerFrame
    try {
      this.#checkRate()
      answer = this.#components.answer(request, this.#asker)
    } catch (error) {
      answer = errorFrame(request.id, toRmaError(error))
    }
    if (!this.#ended) this.#send(answer)
  }

  #checkRate(): void {
    if (!this.#bucket.take(this.#components.clock.now()))
      throw new RmaError('QUOTA_EXCEEDED', `a peer may ask ${allowance.perSecond} times a second in the long run`)
  }

  #send(answer: AnswerFrame): void {
    try {
      this.#stream.send(withLength(encodeFrame(answer)))
    } catch (error) {
      this.end(toRmaError(error))
      return
    }
    if (this.#stream.writeBufferLength > maxUnsentBytes && this.#stopDrainTimer === undefined) {
      this.#stream.pause()
      this.#stopDrainTimer = this.#components.clock.after(transferDeadlineMs, () =>
        this.end(new RmaError('DEADLINE', `answers were not taken for ${transferDeadlineMs} ms`)),
      )
    }
  }

  readonly #onDrain = (): void => {
    if (this.#stopDrainTimer === undefined) return
    this.#stopDrainTimer()
    this.#stopDrainTimer = undefined
    this.#stream.resume()
  }
}
