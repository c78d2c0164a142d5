import { RmaError, toRmaError } from '../../shared/errors.ts'
import { randomToken } from '../../shared/membership/ca-token.ts'
import type { TokenSigner } from '../../shared/membership/peer-token.ts'
import { sealRegistration } from '../../shared/membership/registration.ts'
import { safeParse } from '../../shared/safe-parse.ts'
import { apiErrorSchema } from '../../shared/schema/coordinator-api.ts'
import { type CoordinatorRegistration, registrationAcceptedSchema } from '../../shared/schema/edge-api.ts'
import type { Seed } from '../../shared/schema/seeds.ts'
import { hour, KiB, type Milliseconds, minute, second } from '../../shared/units.ts'
import { readJson } from '../bounded-json.ts'
import type { Clock, StopTimer } from '../clock.ts'
import type { EdgeAllowance } from '../dht/edge-allowance.ts'
import type { Startable } from '../lifecycle.ts'
import type { LiveValue } from '../live-value.ts'
import type { Logger } from '../log.ts'

const timeoutMs = 15 * second
const maxAnswerBytes = 64 * KiB
/** After so many failures in a row; the last of them goes on. */
const retriesMs: readonly Milliseconds[] = [1 * minute, 5 * minute, 15 * minute, 1 * hour]

export interface EdgeRegistrarComponents {
  /** This coordinator's seed: a new one is to be registered. It is made anew each 12 h and when addresses change. */
  seed: LiveValue<Seed | undefined>
  signer: TokenSigner
  /** The newest list of what the CA has taken back: it goes along, and a newer one is reason enough to register. */
  revocations: Pick<LiveValue<string | undefined>, 'get' | 'subscribe'>
  allowance: Pick<EdgeAllowance, 'count'>
  /** Corrected by what the others' clocks say. */
  clock: Clock
  log: Logger
}

export interface EdgeRegistrarInit {
  /** Of the edge router, without a slash at the end. */
  url: string
  networkId: string
}

/** What the edge router knows from this coordinator. */
interface Registered {
  envelope: string
  list: string | undefined
}

/** Tells the edge router that this coordinator is there, and at once who must not be handed out any more. */
export class EdgeRegistrar implements Startable {
  readonly #parts: EdgeRegistrarComponents
  readonly #init: EdgeRegistrarInit
  #life = new AbortController()
  #stopWatching: (() => void)[] = []
  #stopRetry: StopTimer | undefined
  #registered: Registered | undefined
  #working: Promise<void> | undefined
  #failures = 0

  constructor(components: EdgeRegistrarComponents, init: EdgeRegistrarInit) {
    this.#parts = components
    this.#init = init
  }

  start(): void {
    this.#life = new AbortController()
    const { seed, revocations } = this.#parts
    this.#stopWatching = [seed.subscribe(() => this.#wake()), revocations.subscribe(() => this.#wake())]
    this.#wake()
  }

  async stop(): Promise<void> {
    for (const stop of this.#stopWatching.splice(0)) stop()
    this.#stopRetry?.()
    this.#life.abort()
    await this.#working
    this.#registered = undefined
    this.#failures = 0
  }

  #wake(): void {
    this.#working ??= this.#work().finally(() => {
      this.#working = undefined
    })
  }

  /** One registration at a time; what came meanwhile is registered next. */
  async #work(): Promise<void> {
    for (;;) {
      const envelope = this.#parts.seed.get()?.envelope
      const list = this.#parts.revocations.get()
      const isKnown = envelope === this.#registered?.envelope && list === this.#registered?.list
      if (envelope === undefined || isKnown || this.#life.signal.aborted) return
      this.#stopRetry?.()
      try {
        await this.#register({ envelope, list })
        this.#registered = { envelope, list }
        this.#failures = 0
      } catch (error) {
        if (!this.#life.signal.aborted) this.#retryLater(error)
        return
      }
    }
  }

  async #register({ envelope, list }: Registered): Promise<void> {
    const { signer, allowance, clock, log } = this.#parts
    const { url, networkId } = this.#init
    // A registration is dated in whole milliseconds.
    const draft = { edgeUrl: url, networkId, envelope, nonce: randomToken(), now: Math.floor(clock.now()) }
    const body: CoordinatorRegistration = {
      registration: await sealRegistration(draft, signer),
      ...(list === undefined ? {} : { revocations: list }),
    }
    await allowance.count()
    const response = await fetch(`${url}/api/coordinator/register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      redirect: 'error',
      signal: AbortSignal.any([this.#life.signal, AbortSignal.timeout(timeoutMs)]),
    })
    const answer = await readJson(response, { maxBytes: maxAnswerBytes, from: url })
    const expiresAt = acceptedUntil(answer, response)
    log.info({ edge: url, expiresAt }, 'registered at the edge router')
  }

  #retryLater(thrown: unknown): void {
    const error = toRmaError(thrown)
    const delayMs = retriesMs[Math.min(this.#failures, retriesMs.length - 1)] ?? hour
    this.#failures++
    const details = { edge: this.#init.url, code: error.code, reason: error.message, again: delayMs }
    this.#parts.log.warn(details, 'the edge router did not take the registration')
    this.#stopRetry = this.#parts.clock.after(delayMs * (0.75 + Math.random() / 2), () => this.#wake())
  }
}

/** Until when the registration counts. Throws PROTOCOL for a refusal, and for what is no answer. */
export function acceptedUntil(answer: unknown, { ok, status }: Pick<Response, 'ok' | 'status'>): Milliseconds {
  if (!ok) throw refusalOf(answer, status)
  const { data } = safeParse(registrationAcceptedSchema, answer)
  if (data === undefined)
    throw new RmaError('PROTOCOL', 'expected the edge router to say until when it takes the registration')
  return data.expires_at
}

function refusalOf(answer: unknown, status: number): RmaError {
  const parsed = safeParse(apiErrorSchema, answer)
  const why = parsed.success ? `${parsed.data.error.code}: ${parsed.data.error.message}` : `status ${status}`
  return new RmaError('PROTOCOL', `the edge router refused the registration: ${why}`, { status })
}
