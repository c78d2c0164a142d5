import { isErrorCode, RmaError, toRmaError } from '../../../shared/errors.ts'
import type { TokenSigner } from '../../../shared/membership/peer-token.ts'
import { safeParse } from '../../../shared/safe-parse.ts'
import {
  apiErrorSchema,
  type WorkerAccepted,
  type WorkerHeartbeat,
  type WorkerRegistration,
  workerAcceptedSchema,
} from '../../../shared/schema/coordinator-api.ts'
import { KiB, type Milliseconds, second } from '../../../shared/units.ts'
import { readJson } from '../../bounded-json.ts'
import type { Clock, StopTimer } from '../../clock.ts'
import { retryDelay } from '../../dht/retry-delay.ts'
import type { RecordDraft } from '../../directory/announce-plan.ts'
import type { Startable } from '../../lifecycle.ts'
import type { LiveValue } from '../../live-value.ts'
import type { Logger } from '../../log.ts'
import { capabilitiesAnswer } from '../topology-answer.ts'
import { proofHeader, sealProof } from '../worker-proof.ts'
import type { LinkedCoordinator } from './coordinator-link.ts'

const postTimeoutMs = 10 * second
const maxAnswerBytes = 64 * KiB
/** A move of the load at least this large is told at once, but not more often than the interval below. */
const loadMove = 0.2
const soonestMs = 5 * second
/** The coordinator had not noticed the connection yet. */
const unreachableRetryMs = 1 * second
const soonRetries = 3
const longestUnreachableRetryMs = 30 * second

export interface HttpAnnouncerComponents {
  coordinator: LiveValue<LinkedCoordinator | undefined>
  signer: TokenSigner
  /** Corrected by what the others' clocks say. */
  clock: Clock
  log: Logger
}

export interface HttpAnnouncerInit {
  networkId: string
  heartbeatIntervalMs: Milliseconds
}

interface Said {
  /** All but what a heartbeat can change. */
  lasting: string
  load: number
  state: RecordDraft['state']
  at: Milliseconds
  to: string
}

/** Makes this worker known to the coordinator it is linked to, over HTTP: for nodes that take no part in the DHT. */
export class HttpAnnouncer implements Startable {
  readonly #parts: HttpAnnouncerComponents
  readonly #init: HttpAnnouncerInit
  #draft: RecordDraft | undefined
  #said: Said | undefined
  #reachable = false
  #life = new AbortController()
  #stopTimer: StopTimer | undefined
  #unsubscribe: () => void = () => undefined
  #working: Promise<void> | undefined
  #again = false
  #failures = 0
  /** How often in a row the coordinator has said that it does not reach this worker. */
  #unreachable = 0
  /** How often the coordinator wants to hear of this worker, where that is more often than this worker would say something. */
  #wantedEveryMs = Number.POSITIVE_INFINITY
  /** The date of the last message that was accepted: each has to be later than the one before. */
  #acceptedAt: Milliseconds = 0

  constructor(components: HttpAnnouncerComponents, init: HttpAnnouncerInit) {
    this.#parts = components
    this.#init = init
  }

  /** Coordinators that know of this worker and can reach it. */
  get heldBy(): number {
    return this.#said !== undefined && this.#reachable ? 1 : 0
  }

  start(): void {
    this.#life = new AbortController()
    this.#unsubscribe = this.#parts.coordinator.subscribe(() => {
      this.#unreachable = 0
      this.#wake()
    })
    this.#wake()
  }

  stop(): void {
    this.#unsubscribe()
    this.#life.abort()
    this.#stopTimer?.()
    this.#said = undefined
  }

  update(draft: RecordDraft): void {
    this.#draft = draft
    this.#wake()
  }

  /** Tells the coordinator that this worker has gone; resolves once it knows, or could not be told. */
  async leave(): Promise<void> {
    const draft = this.#draft
    this.#draft = undefined
    this.#stopTimer?.()
    await this.#working
    const said = this.#said
    this.#said = undefined
    const coordinator = this.#parts.coordinator.get()
    if (draft === undefined || said === undefined || coordinator === undefined) return
    try {
      await this.#heartbeat(coordinator, { ...draft, state: 'left' })
    } catch (error) {
      this.#parts.log.debug({ err: error }, 'the coordinator could not be told that this worker leaves')
    }
  }

  #wake(): void {
    this.#again = true
    this.#working ??= this.#work().finally(() => {
      this.#working = undefined
      if (this.#again && !this.#life.signal.aborted) this.#wake()
    })
  }

  async #work(): Promise<void> {
    while (this.#again && !this.#life.signal.aborted) {
      this.#again = false
      try {
        await this.#sayWhatIsDue()
        this.#failures = 0
      } catch (error) {
        if (this.#life.signal.aborted) return
        this.#noteFailure(toRmaError(error))
      }
    }
  }

  async #sayWhatIsDue(): Promise<void> {
    const draft = this.#draft
    const coordinator = this.#parts.coordinator.get()
    this.#stopTimer?.()
    if (draft === undefined || coordinator === undefined) return
    const now = this.#parts.clock.now()
    const due = dueIn(draft, coordinator.peerId, this.#said, now, this.#intervalMs)
    if (due === 'register') await this.#say(coordinator, draft, this.#register(coordinator, draft))
    else if (due === 0) await this.#say(coordinator, draft, this.#remind(coordinator, draft))
    const nextMs = dueIn(draft, coordinator.peerId, this.#said, this.#parts.clock.now(), this.#intervalMs)
    this.#wakeIn(this.#reachable ? (nextMs === 'register' ? 0 : nextMs) : this.#unreachableDelay())
  }

  async #say({ peerId }: LinkedCoordinator, draft: RecordDraft, saying: Promise<WorkerAccepted>): Promise<void> {
    const { reachable, heartbeat_interval_seconds, ttl_seconds } = await saying
    this.#wantedEveryMs = Math.max(1, Math.min(heartbeat_interval_seconds, ttl_seconds / 3)) * second
    this.#reachable = reachable
    this.#unreachable = reachable ? 0 : this.#unreachable + 1
    if (this.#unreachable === soonRetries)
      this.#parts.log.warn(
        { coordinator: peerId },
        'the coordinator does not reach this worker, or may not send it anything',
      )
    const at = this.#parts.clock.now()
    // Where the coordinator does not see the connection yet, the same is said again.
    this.#said = reachable
      ? { lasting: lastingOf(draft), load: draft.load, state: draft.state, at, to: peerId }
      : undefined
  }

  get #intervalMs(): Milliseconds {
    return Math.min(this.#init.heartbeatIntervalMs, this.#wantedEveryMs)
  }

  #noteFailure(error: RmaError): void {
    this.#said = undefined
    this.#reachable = false
    this.#failures++
    const log = this.#failures === 1 ? 'debug' : 'warn'
    this.#parts.log[log]({ code: error.code, reason: error.message }, 'the coordinator was not told of this worker')
    this.#wakeIn(retryDelay(this.#failures, Math.random()))
  }

  /** Its connection with this worker is there within moments, or something is wrong that may last. */
  #unreachableDelay(): Milliseconds {
    if (this.#unreachable <= soonRetries) return unreachableRetryMs
    return Math.min(longestUnreachableRetryMs, retryDelay(this.#unreachable - soonRetries, Math.random()))
  }

  #wakeIn(delayMs: Milliseconds): void {
    this.#stopTimer?.()
    this.#stopTimer = this.#parts.clock.after(Math.max(1, delayMs), () => this.#wake())
  }

  #register({ url }: LinkedCoordinator, draft: RecordDraft): Promise<WorkerAccepted> {
    const { services, choices, capabilities, load, queue, state, vpnIp, tunnelUrl, location } = draft
    const registration: WorkerRegistration = {
      worker_id: this.#parts.signer.peerId,
      vpn_ip: vpnIp ?? null,
      tunnel_url: tunnelUrl ?? null,
      services,
      ...(choices === undefined ? {} : { choices }),
      capabilities: capabilitiesAnswer(capabilities),
      load,
      queue,
      state: state === 'left' ? 'draining' : state,
      location: location ?? null,
    }
    return this.#post(url, '/api/worker/register', registration)
  }

  /** A coordinator that has forgotten this worker, as it was restarted for instance, is told all of it at once. */
  async #remind(coordinator: LinkedCoordinator, draft: RecordDraft): Promise<WorkerAccepted> {
    try {
      return await this.#heartbeat(coordinator, draft)
    } catch (error) {
      if (toRmaError(error).code !== 'NOT_FOUND') throw error
      this.#parts.log.debug({ coordinator: coordinator.peerId }, 'the coordinator knows this worker no more')
      return await this.#register(coordinator, draft)
    }
  }

  #heartbeat({ url }: LinkedCoordinator, { load, queue, state }: RecordDraft): Promise<WorkerAccepted> {
    const heartbeat: WorkerHeartbeat = { worker_id: this.#parts.signer.peerId, load, queue, state }
    return this.#post(url, '/api/worker/heartbeat', heartbeat)
  }

  async #post(url: string, path: string, message: object): Promise<WorkerAccepted> {
    const body = new TextEncoder().encode(JSON.stringify(message))
    const at = Math.max(this.#acceptedAt + 1, Math.floor(this.#parts.clock.now()))
    const request = { networkId: this.#init.networkId, path, body, at }
    const response = await fetch(`${url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', [proofHeader]: await sealProof(request, this.#parts.signer) },
      body,
      redirect: 'error',
      signal: AbortSignal.timeout(postTimeoutMs),
    })
    const accepted = acceptedBy(await readJson(response, { maxBytes: maxAnswerBytes, from: url }), response)
    this.#acceptedAt = at
    return accepted
  }
}

/** What a coordinator makes of a registration. Throws the refusal it names, PROTOCOL for what is no answer. */
export function acceptedBy(answer: unknown, { ok, status }: Pick<Response, 'ok' | 'status'>): WorkerAccepted {
  const accepted = safeParse(workerAcceptedSchema, answer)
  if (ok && accepted.success) return accepted.data
  const refused = safeParse(apiErrorSchema, answer)
  if (!refused.success)
    throw new RmaError('PROTOCOL', `expected a coordinator’s answer, got another with status ${status}`)
  const { code, message: why, details } = refused.data.error
  throw isErrorCode(code) ? new RmaError(code, why, details) : new RmaError('PROTOCOL', why, details)
}

/** What there is to say, or how long until there is. Pure. */
function dueIn(
  draft: RecordDraft,
  to: string,
  said: Said | undefined,
  now: Milliseconds,
  intervalMs: Milliseconds,
): 'register' | Milliseconds {
  if (said === undefined || said.to !== to || said.lasting !== lastingOf(draft)) return 'register'
  if (draft.state !== said.state || now < said.at) return 0
  const moved = Math.abs(draft.load - said.load) >= loadMove
  return Math.max(0, said.at + (moved ? Math.min(soonestMs, intervalMs) : intervalMs) - now)
}

function lastingOf({ services, choices, capabilities, vpnIp, tunnelUrl, location }: RecordDraft): string {
  return JSON.stringify([services, choices, capabilities, vpnIp, tunnelUrl, location])
}
