import type { Connection, PeerId, Stream } from '@libp2p/interface'
import { lpStream } from '@libp2p/utils'
import { RmaError } from '../../shared/errors.ts'
import { second } from '../../shared/units.ts'
import type { Clock } from '../clock.ts'
import { RateLimit } from '../directory/rate-limit.ts'
import type { Startable } from '../lifecycle.ts'
import type { Logger } from '../log.ts'
import type { Host } from './host.ts'
import {
  decodeNeighboursAnswer,
  decodeNeighboursAsk,
  encodeNeighbours,
  maxNeighbours,
  maxNeighboursAnswerBytes,
  maxNeighboursAskBytes,
  maxRttMs,
  type Neighbour,
} from './neighbours-frames.ts'
import { ending } from './stream-end.ts'
import type { Link } from './topology.ts'

const answerTimeoutMs = 5 * second
/** Nobody has reason to ask more often than once a minute. */
const allowance = { perSecond: 1 / 20, burst: 3 }
const maxAskersRemembered = 1_000

export interface NeighboursComponents {
  host: Host
  /** The open connections of this node. */
  links(): Link[]
  clock: Clock
  log: Logger
}

/** What a peer said, and how many bytes it took. */
export interface Heard {
  neighbours: Neighbour[]
  bytes: number
}

/** Says who this node is connected with, and asks others. Answers are signed by nobody: they are hearsay. */
export class Neighbours implements Startable {
  readonly #components: NeighboursComponents
  readonly #rate = new RateLimit({ allowance, maxSources: maxAskersRemembered })
  #life = new AbortController()

  constructor(components: NeighboursComponents) {
    this.#components = components
  }

  async start(): Promise<void> {
    const { host } = this.#components
    this.#life = new AbortController()
    await host.libp2p.handle(host.protocols.neighbours, this.#answer, { maxInboundStreams: 2 })
  }

  async stop(): Promise<void> {
    const { host } = this.#components
    this.#life.abort()
    await host.libp2p.unhandle(host.protocols.neighbours)
  }

  /** Asks a connected peer. Rejects where it is not connected or does not answer, with PROTOCOL or TOO_LARGE for nonsense. */
  async ask(peer: PeerId, signal: AbortSignal): Promise<Heard> {
    const { host } = this.#components
    const [connection] = host.libp2p.getConnections(peer)
    if (connection === undefined) throw new RmaError('NOT_FOUND', `${peer.toString()} is not connected any more`)
    const stream = await connection.newStream(host.protocols.neighbours, { signal })
    return ending(stream, async () => {
      const messages = lpStream(stream, { maxDataLength: maxNeighboursAnswerBytes })
      await messages.write(encodeNeighbours({ limit: maxNeighbours }), { signal })
      const bytes = (await messages.read({ signal })).subarray()
      return { ...decodeNeighboursAnswer(bytes), bytes: bytes.length }
    })
  }

  readonly #answer = async (stream: Stream, { remotePeer }: Connection): Promise<void> => {
    const { clock, log } = this.#components
    const asker = remotePeer.toString()
    const signal = AbortSignal.any([this.#life.signal, AbortSignal.timeout(answerTimeoutMs)])
    try {
      await ending(stream, async () => {
        if (!this.#rate.take(asker, clock.now()))
          throw new RmaError('QUOTA_EXCEEDED', 'neighbours may be asked for three times a minute in the long run')
        const messages = lpStream(stream, { maxDataLength: maxNeighboursAskBytes })
        const { limit } = decodeNeighboursAsk((await messages.read({ signal })).subarray())
        await messages.write(encodeNeighbours({ neighbours: this.#neighbours(limit, asker) }), { signal })
      })
    } catch (error) {
      log.debug({ peer: asker, err: error }, 'a peer was not told the neighbours of this node')
    }
  }

  /** Without the asker: it knows about itself. */
  #neighbours(limit: number, asker: string): Neighbour[] {
    return this.#components
      .links()
      .filter(({ peerId }) => peerId !== asker)
      .slice(0, limit)
      .map(neighbourOf)
  }
}

function neighbourOf({ peerId, path, rttMs }: Link): Neighbour {
  return { peer: peerId, path, ...(rttMs === undefined ? {} : { rttMs: Math.min(Math.round(rttMs), maxRttMs) }) }
}
