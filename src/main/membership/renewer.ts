import type { Ed25519PrivateKey } from '@libp2p/interface'
import { type RmaError, toRmaError } from '../../shared/errors.ts'
import { randomToken } from '../../shared/membership/ca-token.ts'
import { type EnrolAnswer, signEnrolRequest } from '../../shared/membership/enrolment.ts'
import type { Membership, Renewal } from '../../shared/schema/membership.ts'
import { type Milliseconds, minute, second } from '../../shared/units.ts'
import type { Clock, StopTimer } from '../clock.ts'
import type { Startable } from '../lifecycle.ts'
import { LiveValue } from '../live-value.ts'
import type { Logger } from '../log.ts'
import { type EnrolWay, enrolBy } from './enrol-way.ts'
import { renewAt, retryAfter } from './renewal-plan.ts'
import type { Trust } from './trust.ts'

/** Looked at each minute and not set as a timer for days: a laptop that slept must not renew late. */
const checkIntervalMs = minute

export interface RenewerComponents {
  trust: Trust
  privateKey: Ed25519PrivateKey
  /** Ways to a coordinator as they are now, best first. */
  ways: () => EnrolWay[]
  /** Where this node may want a place in the VPN. */
  vpn?: { readonly askWith: string | undefined; take(lease: string): Promise<void> }
  /** Corrected by the measured offset where one is known. */
  clock: Clock
  log: Logger
}

/** Has this node's certificate renewed in time, and tried again for as long as that fails. */
export class Renewer implements Startable {
  readonly membership: LiveValue<Membership>
  readonly #components: RenewerComponents
  #life = new AbortController()
  #stopChecking: StopTimer = () => undefined
  #stopWatching: () => void = () => undefined
  #asking = false
  #askAgain = false
  #pending = false
  #failures = 0
  #renewal: Renewal
  /** When to try again what failed or is pending, by `Clock.steady`; undefined: as `#renewal` has it, by the certificate's own dates. */
  #retryAt: Milliseconds | undefined

  constructor(components: RenewerComponents) {
    this.#components = components
    this.#renewal = { nextTryAt: components.clock.now() }
    this.membership = new LiveValue(this.#describe())
  }

  start(): void {
    const { clock, trust } = this.#components
    this.#life = new AbortController()
    this.#planFrom(clock.now())
    this.#stopChecking = clock.every(checkIntervalMs, () => this.check())
    this.#stopWatching = trust.certificate.subscribe(() => this.#planFrom(clock.now()))
    this.check()
  }

  stop(): void {
    this.#life.abort()
    this.#stopChecking()
    this.#stopWatching()
  }

  /** Asks now where that is due. */
  check(): void {
    this.membership.set(this.#describe())
    const { clock } = this.#components
    const isDue = this.#retryAt === undefined ? this.#renewal.nextTryAt <= clock.now() : this.#retryAt <= clock.steady()
    if (isDue) void this.renew()
  }

  /** A way that was not there before has opened: whoever is without a certificate need not wait for the next try. */
  wayOpened(): void {
    const { failure } = this.#renewal
    if (failure?.code === 'NO_COORDINATOR') void this.renew()
  }

  /** Asks now, or once more where it is asking already: for what was not wanted a moment ago. */
  async renewAnew(): Promise<void> {
    if (this.#asking) this.#askAgain = true
    else await this.renew()
  }

  /** Asks now; resolves when it has been answered or given up. */
  async renew(): Promise<void> {
    if (this.#asking || this.#life.signal.aborted) return
    this.#asking = true
    const { trust, privateKey, ways, vpn, clock, log } = this.#components
    const vpnKey = vpn?.askWith
    try {
      const certificate = trust.certificate.get()?.token
      const { networkId, selfId: peerId } = trust
      const sign = (now: Milliseconds) =>
        signEnrolRequest({ peerId, networkId, now, nonce: randomToken(), certificate, vpnKey }, text =>
          privateKey.sign(text),
        )
      await this.#take(await enrolBy(ways(), sign, () => clock.now(), this.#life.signal))
    } catch (thrown) {
      if (this.#life.signal.aborted) return
      const error = toRmaError(thrown)
      log.warn({ code: error.code, reason: error.message }, 'the certificate of membership was not renewed')
      this.#failed(error)
    } finally {
      this.#asking = false
      this.membership.set(this.#describe())
    }
    if (!this.#askAgain) return
    this.#askAgain = false
    await this.renew()
  }

  async #take(answer: EnrolAnswer): Promise<void> {
    const { trust, vpn, clock, log } = this.#components
    this.#failures = 0
    this.#pending = answer.status === 'pending'
    if (answer.status === 'pending') {
      const delayMs = answer.retry_after_seconds * second
      this.#retryAt = clock.steady() + delayMs
      this.#renewal = { nextTryAt: clock.now() + delayMs }
      return
    }
    if (answer.revocations !== undefined) await trust.adoptRevocations(answer.revocations)
    const { roles, expiresAt } = await trust.adopt(answer.certificate)
    log.info({ roles, until: new Date(expiresAt).toISOString() }, 'the certificate of membership was renewed')
    if (answer.vpn !== undefined)
      await vpn?.take(answer.vpn).catch(error => log.warn({ err: error }, 'the lease of the VPN does not count'))
  }

  #failed(error: RmaError): void {
    const { clock } = this.#components
    const now = clock.now()
    const since = this.#renewal.failure?.since ?? now
    const delayMs = retryAfter(++this.#failures, Math.random())
    this.#retryAt = clock.steady() + delayMs
    this.#renewal = { nextTryAt: now + delayMs, failure: { code: error.code, message: error.message, since } }
  }

  #planFrom(now: Milliseconds): void {
    const certificate = this.#components.trust.certificate.get()
    this.#retryAt = undefined
    this.#renewal = { nextTryAt: certificate === undefined ? now : renewAt(certificate, Math.random()) }
    this.membership.set(this.#describe())
  }

  #describe(): Membership {
    const { trust, clock } = this.#components
    const certificate = trust.certificate.get()
    const renewal = { ...this.#renewal, nextTryAt: Math.round(this.#renewal.nextTryAt) }
    if (certificate === undefined) return { kind: this.#pending ? 'pending' : 'outside', renewal }
    const { roles, expiresAt: until } = certificate
    return until > clock.now() ? { kind: 'member', roles, until, renewal } : { kind: 'expired', until, renewal }
  }
}
