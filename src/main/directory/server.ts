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
import { RateLimit } from './rate-limit.ts'
import type { Allowance } from './token-bucket.ts'

/** One in use and one that takes over from it. */
const maxStreamsPerConnection = 2
/** A frame that has begun has to end, and an answer has to be taken, within this time in all. */
const transferDeadlineMs = 10 * second
/** Answers a slow reader may leave untaken before it gets no more and nothing more is read from it. */
const maxUnsentBytes = 512 * KiB

/** What one peer may ask. An asker stays far below this; a flood is answered with short refusals. */
const allowance: Allowance = { perSecond: 2_000, burst: 4_000 }
/** As many as have a connection. */
const mostAskersRemembered = 5_000

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
  readonly #rate = new RateLimit({ allowance, maxSources: mostAskersRemembered })
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
    const session = new Session(stream, asker, { ...this.#components, rate: this.#rate }, () =>
      this.#sessions.delete(session),
    )
    this.#sessions.add(session)
  }
}

interface SessionComponents extends DirectoryServerComponents {
  /** Of all streams of a peer together: a new one costs it nothing. */
  rate: RateLimit
}

/** One stream of requests from one peer. What it has asked and was not answered yet is in the reader. */
class Session {
  readonly #stream: Stream
  readonly #asker: Asker
  readonly #components: SessionComponents
  readonly #onEnd: () => void
  readonly #reader = new FrameReader(maxRequestFrameBytes)
  #stopFrameTimer: StopTimer | undefined
  #stopDrainTimer: StopTimer | undefined
  #resuming = false
  #ended = false

  constructor(stream: Stream, asker: Asker, components: SessionComponents, onEnd: () => void) {
    this.#stream = stream
    this.#asker = asker
    this.#components = components
    this.#onEnd = onEnd
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
    this.#reader.push(event.data)
    if (!this.#resuming) this.#answerAll()
  }

  /** One message may hold thousands of requests: they are answered as far as their answers are taken. */
  #answerAll(): void {
    try {
      for (let bytes = this.#nextFrame(); bytes !== undefined; bytes = this.#nextFrame())
        this.#answer(decodeRequest(bytes))
    } catch (error) {
      // Beyond a frame that cannot be read the next one cannot be found: the stream is of no use any more.
      this.#components.log.debug({ peer: this.#asker.from, err: error }, 'a peer sent no valid request')
      this.end(toRmaError(error))
      return
    }
    this.#watchFrame()
  }

  #nextFrame(): Buffer | undefined {
    return this.#isBehind || this.#ended ? undefined : this.#reader.next()
  }

  /** Whether the peer has to take answers before it gets more. */
  get #isBehind(): boolean {
    return this.#stopDrainTimer !== undefined
  }

  /**
   * The deadline runs from the first byte of a frame, not from the last one: a trickle does not move it. While nothing is read
   * there is none.
   */
  #watchFrame(): void {
    if (this.#isBehind || this.#ended || !this.#reader.midFrame) {
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
    const { rate, clock } = this.#components
    if (!rate.take(this.#asker.from, clock.now()))
      throw new RmaError('QUOTA_EXCEEDED', `a peer may ask ${allowance.perSecond} times a second in the long run`)
  }

  #send(answer: AnswerFrame): void {
    try {
      this.#stream.send(withLength(encodeFrame(answer)))
    } catch (error) {
      this.end(toRmaError(error))
      return
    }
    if (this.#stream.writeBufferLength > maxUnsentBytes && !this.#isBehind) {
      this.#stream.pause()
      this.#stopDrainTimer = this.#components.clock.after(transferDeadlineMs, () =>
        this.end(new RmaError('DEADLINE', `answers were not taken for ${transferDeadlineMs} ms`)),
      )
    }
  }

  /** The peer takes more, which may be a few bytes; they are sent right after this. */
  readonly #onDrain = (): void => {
    if (this.#isBehind) queueMicrotask(() => this.#goOn())
  }

  #goOn(): void {
    if (!this.#isBehind || this.#ended || this.#stream.writeBufferLength > maxUnsentBytes) return
    this.#stopDrainTimer?.()
    this.#stopDrainTimer = undefined
    this.#answerAll()
    if (!this.#isBehind && !this.#ended) this.#resume()
  }

  /** What came meanwhile is first taken over: a stream that is paused again while it is handed over lets the peer go on sending. */
  #resume(): void {
    this.#resuming = true
    this.#stream.resume()
    this.#resuming = false
    this.#answerAll()
  }
}
