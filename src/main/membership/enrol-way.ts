import type { PeerId } from '@libp2p/interface'
import { request as httpRequest } from 'undici'
import { z } from 'zod'
import { type ErrorCode, isErrorCode, RmaError, toRmaError } from '../../shared/errors.ts'
import { type EnrolAnswer, type EnrolRequest, enrolAnswerSchema } from '../../shared/membership/enrolment.ts'
import { safeParse } from '../../shared/safe-parse.ts'
import { KiB, type Milliseconds, second } from '../../shared/units.ts'
import type { Host } from '../dht/host.ts'
import { apiUrlOf } from '../dht/seed-fetcher.ts'
import { askMembership } from './membership-protocol.ts'

const maxAnswerBytes = 96 * KiB
const wayTimeoutMs = 8 * second

/** One way to put a request before the CA. */
export interface EnrolWay {
  /** For people and the log. */
  readonly name: string
  enrol(request: EnrolRequest, signal: AbortSignal): Promise<EnrolAnswer>
}

/** `POST /api/enrol` at a coordinator. */
export function overHttp(coordinatorUrl: string): EnrolWay {
  return {
    name: coordinatorUrl,
    enrol: async (request, signal) => {
      const { statusCode, body } = await httpRequest(`${apiUrlOf(coordinatorUrl)}/api/enrol`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(request),
        signal,
      })
      const chunks: Buffer[] = []
      let bytes = 0
      for await (const chunk of body as AsyncIterable<Buffer>) {
        bytes += chunk.length
        if (bytes > maxAnswerBytes) throw new RmaError('PROTOCOL', 'the coordinator answered more than it may')
        chunks.push(chunk)
      }
      const json = parseJson(Buffer.concat(chunks).toString('utf8'))
      const parsed = safeParse(enrolAnswerSchema, json)
      if (statusCode === 200 && parsed.success) return parsed.data
      throw refusalIn(json) ?? new RmaError('PROTOCOL', `the coordinator answered ${statusCode}, and no certificate`)
    },
  }
}

/** A coordinator, or a peer that passes the request on, over its open connection. */
export function overPeer(host: Host, peer: PeerId, name: string, relayed = false): EnrolWay {
  return { name, enrol: (request, signal) => askMembership(host, peer, { request, relayed }, signal) }
}

/**
 * Goes one way after the other until one answers. `sign` makes each of them a request of its own, dated `now`. Rejects with
 * the refusal of a coordinator where one has refused, else with NO_COORDINATOR.
 */
export async function enrolBy(
  ways: readonly EnrolWay[],
  sign: (now: Milliseconds) => Promise<EnrolRequest>,
  now: () => Milliseconds,
  signal: AbortSignal,
): Promise<EnrolAnswer> {
  let refusal: RmaError | undefined
  const failures: string[] = []
  for (const way of ways) {
    signal.throwIfAborted()
    try {
      return await tryWay(way, sign, now(), AbortSignal.any([signal, AbortSignal.timeout(wayTimeoutMs)]))
    } catch (thrown) {
      signal.throwIfAborted()
      const error = toRmaError(thrown)
      failures.push(`${way.name}: ${error.message}`)
      if (isRefusal(error)) refusal ??= error
    }
  }
  throw refusal ?? new RmaError('NO_COORDINATOR', unreachable(failures), { failures })
}

/** A clock that is wrong must not keep anybody out: the coordinator says what time it is. */
async function tryWay(
  way: EnrolWay,
  sign: (now: Milliseconds) => Promise<EnrolRequest>,
  now: Milliseconds,
  signal: AbortSignal,
): Promise<EnrolAnswer> {
  try {
    return await way.enrol(await sign(now), signal)
  } catch (error) {
    if (!(error instanceof RmaError) || error.code !== 'ENROLMENT_STALE') throw error
    const { now: theirs } = error.details
    if (typeof theirs !== 'number') throw error
    return way.enrol(await sign(theirs), signal)
  }
}

/** Whether a coordinator has decided, and asking another way is unlikely to help. */
function isRefusal({ code }: RmaError): boolean {
  return /^(MEMBERSHIP|INVITE|ENROLMENT)_/.test(code)
}

function unreachable(failures: readonly string[]): string {
  if (failures.length === 0) return 'no coordinator is known or connected'
  return `no coordinator could be reached (${failures.join('; ')})`
}

const refusalSchema = z.object({
  error: z.object({
    code: z.custom<ErrorCode>(isErrorCode),
    message: z.string().catch(''),
    details: z.object({ now: z.number().optional().catch(undefined) }).catch({}),
  }),
})

/** What a coordinator refuses for; undefined where its answer does not say. */
export function refusalIn(json: unknown): RmaError | undefined {
  const { data } = safeParse(refusalSchema, json)
  if (data === undefined) return undefined
  const { code, message, details } = data.error
  return new RmaError(code, message.slice(0, 512), details.now === undefined ? {} : { now: details.now })
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
