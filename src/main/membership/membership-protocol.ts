import type { Connection, PeerId, Stream } from '@libp2p/interface'
import { lpStream } from '@libp2p/utils'
import { RmaError, toRmaError } from '../../shared/errors.ts'
import type { EnrolAnswer, EnrolRequest } from '../../shared/membership/enrolment.ts'
import type { PeerIdText } from '../../shared/schema/primitives.ts'
import { second } from '../../shared/units.ts'
import type { Clock } from '../clock.ts'
import type { Host } from '../dht/host.ts'
import { ending } from '../dht/stream-end.ts'
import { RateLimit } from '../directory/rate-limit.ts'
import type { Startable } from '../lifecycle.ts'
import type { Logger } from '../log.ts'
import {
  decodeMembershipAnswer,
  decodeMembershipAsk,
  encodeMembership,
  type MembershipAnswer,
  maxMembershipAnswerBytes,
  maxMembershipAskBytes,
} from './membership-frames.ts'

/** The whole exchange, a coordinator asked on the way included; below the time that strangers are given. */
const deadlineMs = 4.5 * second
/** A peer renews once in days, and asks again a few times where it fails. */
const allowance = { perSecond: 1 / 30, burst: 5 }
/** Of all peers together: what a coordinator signs, and a relay passes on. */
const totalAllowance = { perSecond: 20, burst: 200 }

/** Answers a request that a peer has brought, its own or one that it passes on. */
export type EnrolAnswerer = (
  request: EnrolRequest,
  from: { relayed: boolean },
  signal: AbortSignal,
) => Promise<EnrolAnswer>

export interface MembershipProtocolComponents {
  host: Host
  answer: EnrolAnswerer
  clock: Clock
  log: Logger
}

/** Enrolment and renewal over libp2p: one question and one answer a stream. Strangers may ask, too. */
export class MembershipProtocol implements Startable {
  readonly #components: MembershipProtocolComponents
  readonly #rate = new RateLimit({ allowance, maxSources: 5_000 })
  readonly #totalRate = new RateLimit({ allowance: totalAllowance, maxSources: 1 })
  #life = new AbortController()

  constructor(components: MembershipProtocolComponents) {
    this.#components = components
  }

  async start(): Promise<void> {
    const { host } = this.#components
    this.#life = new AbortController()
    await host.libp2p.handle(host.protocols.membership, this.#serve, {
      maxInboundStreams: 2,
      runOnLimitedConnection: true,
    })
  }

  async stop(): Promise<void> {
    const { host } = this.#components
    this.#life.abort()
    await host.libp2p.unhandle(host.protocols.membership)
  }

  readonly #serve = async (stream: Stream, { remotePeer }: Connection): Promise<void> => {
    const signal = AbortSignal.any([this.#life.signal, AbortSignal.timeout(deadlineMs)])
    try {
      await ending(stream, async () => {
        const messages = lpStream(stream, { maxDataLength: maxMembershipAskBytes })
        const { request, relayed } = decodeMembershipAsk((await messages.read({ signal })).subarray())
        const answer = await this.#answer(request, { relayed: relayed ?? false }, remotePeer.toString(), signal)
        await messages.write(encodeMembership(answer), { signal })
      })
    } catch (error) {
      this.#components.log.debug({ peer: remotePeer.toString(), err: error }, 'a request for membership broke off')
    }
  }

  async #answer(
    request: EnrolRequest,
    from: { relayed: boolean },
    asker: PeerIdText,
    signal: AbortSignal,
  ): Promise<MembershipAnswer> {
    try {
      const now = this.#components.clock.now()
      if (!this.#rate.take(asker, now) || !this.#totalRate.take('all', now))
        throw new RmaError('QUOTA_EXCEEDED', 'membership may be asked for twice a minute in the long run')
      return { answer: await this.#components.answer(request, from, signal) }
    } catch (thrown) {
      const error = toRmaError(thrown)
      if (error.code === 'INTERNAL') this.#components.log.error({ err: thrown }, 'a request for membership failed')
      const message = error.code === 'INTERNAL' ? 'the coordinator failed' : error.message.slice(0, 256)
      const { now } = error.details
      return { error: { code: error.code, message, ...(typeof now === 'number' ? { now } : {}) } }
    }
  }
}

/** Asks one connected peer. Rejects with what it answers, or PROTOCOL. */
export async function askMembership(
  host: Host,
  peer: PeerId,
  question: { request: EnrolRequest; relayed?: boolean },
  signal: AbortSignal,
): Promise<EnrolAnswer> {
  const [connection] = host.libp2p.getConnections(peer)
  if (connection === undefined) throw new RmaError('NOT_FOUND', `${peer.toString()} is not connected any more`)
  const stream = await connection.newStream(host.protocols.membership, { signal, runOnLimitedConnection: true })
  const answered = await ending(stream, async () => {
    const messages = lpStream(stream, { maxDataLength: maxMembershipAnswerBytes })
    await messages.write(encodeMembership(question), { signal })
    return decodeMembershipAnswer((await messages.read({ signal })).subarray())
  })
  if ('answer' in answered) return answered.answer
  const { code, message, now } = answered.error
  throw new RmaError(code, message, now === undefined ? {} : { now })
}
