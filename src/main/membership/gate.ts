import type { Connection, StreamMiddleware } from '@libp2p/interface'
import { RmaError, toRmaError } from '../../shared/errors.ts'
import type { Role } from '../../shared/membership/certificate.ts'
import type { PeerIdText } from '../../shared/schema/primitives.ts'
import { type Milliseconds, minute, second } from '../../shared/units.ts'
import type { Clock, StopTimer } from '../clock.ts'
import type { Startable } from '../lifecycle.ts'
import type { Logger } from '../log.ts'
import type { HeldCertificate, Trust } from './trust.ts'

/** A connection whose other end has not shown a certificate by then is closed. */
export const unverifiedForMs = 5 * second
const sweepIntervalMs = 0.5 * minute

export interface MemberGateComponents {
  trust: Trust
  /** Of this machine: it only measures how long something takes. */
  clock: Clock
  log: Logger
}

export interface MemberGateInit {
  /** Protocols that strangers may speak too: what makes them members. */
  openProtocols: readonly string[]
  unverifiedForMs?: Milliseconds
}

/** `late`: it was refused on this connection before, and with it what it had opened streams for. */
export type OnMember = (certificate: HeldCertificate, how: { connection: Connection; late: boolean }) => void

/** What is known of the other end of one connection. */
interface Entry {
  connection: Connection
  certificate: HeldCertificate | undefined
  verdict: PromiseWithResolvers<void>
  /** Why the certificate it showed does not count. */
  refusal: RmaError | undefined
  stopTimer: StopTimer
}

/**
 * Lets nobody but members speak with this node, and lets this node speak with nobody else: each stream waits, in both
 * directions, until the other end's certificate was verified. Who shows none in time is disconnected, and so is a member
 * once its certificate has ended or was taken back.
 */
export class MemberGate implements Startable {
  readonly #components: MemberGateComponents
  readonly #open: ReadonlySet<string>
  readonly #unverifiedForMs: Milliseconds
  readonly #entries = new Map<string, Entry>()
  readonly #listeners = new Set<OnMember>()
  #stopSweeping: StopTimer = () => undefined
  #stopWatching: () => void = () => undefined

  constructor(components: MemberGateComponents, init: MemberGateInit) {
    this.#components = components
    this.#open = new Set(init.openProtocols)
    this.#unverifiedForMs = init.unverifiedForMs ?? unverifiedForMs
  }

  start(): void {
    const { trust, clock } = this.#components
    this.#stopSweeping = clock.every(sweepIntervalMs, () => this.#sweep())
    this.#stopWatching = trust.revocations.subscribe(() => this.#sweep())
  }

  stop(): void {
    this.#stopSweeping()
    this.#stopWatching()
    for (const entry of this.#entries.values()) this.#forget(entry)
  }

  /** Runs before each stream's handler, and before an outbound stream is handed out. */
  readonly middleware: StreamMiddleware = async (stream, connection, next) => {
    if (!this.#open.has(stream.protocol)) await this.#entry(connection).verdict.promise
    next(stream, connection)
  }

  /** Starts the time in which the other end of a new connection has to show its certificate. */
  opened(connection: Connection): void {
    this.#entry(connection)
  }

  /**
   * Judges the certificate that the other end has shown, the first or a renewed one, and rejects with what is wrong with
   * it. A connection that was verified before stays so until its own certificate ends.
   */
  async show(connection: Connection, token: string | undefined): Promise<HeldCertificate> {
    const { trust, log } = this.#components
    const peer = connection.remotePeer.toString()
    try {
      const certificate = await trust.verify(token, peer)
      const entry = this.#entry(connection)
      if (certificate.issuedAt >= (entry.certificate?.issuedAt ?? 0)) entry.certificate = certificate
      const late = entry.refusal !== undefined
      entry.stopTimer()
      entry.refusal = undefined
      entry.verdict.resolve()
      for (const listener of this.#listeners) listener(certificate, { connection, late })
      return certificate
    } catch (error) {
      const refusal = toRmaError(error)
      this.#refuse(this.#entry(connection), refusal)
      log.debug({ peer, code: refusal.code }, 'a peer has not shown that it is a member')
      throw refusal
    }
  }

  /** The certificate of a connected member. */
  certificateOf(peerId: PeerIdText): HeldCertificate | undefined {
    for (const { connection, certificate } of this.#entries.values())
      if (certificate !== undefined && connection.remotePeer.toString() === peerId) return certificate
    return undefined
  }

  /** Roles of this node itself or of a connected member; none of anybody else. */
  rolesOf(peerId: PeerIdText): readonly Role[] {
    const { trust } = this.#components
    const certificate = peerId === trust.selfId ? trust.certificate.get() : this.certificateOf(peerId)
    return certificate?.roles ?? []
  }

  /** Connected members, each once. */
  members(): HeldCertificate[] {
    const certificates = [...this.#entries.values()].flatMap(({ certificate }) => certificate ?? [])
    return [...new Map(certificates.map(certificate => [certificate.peerId, certificate])).values()]
  }

  /** Calls `listener` each time that the other end of a connection was verified, until the returned function is called. */
  onMember(listener: OnMember): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #entry(connection: Connection): Entry {
    const known = this.#entries.get(connection.id)
    if (known !== undefined) return known
    const verdict = newVerdict()
    const stopTimer = this.#components.clock.after(this.#unverifiedForMs, () =>
      this.#close(entry, entry.refusal ?? new RmaError('MEMBERSHIP_MISSING', 'no certificate was shown in time')),
    )
    const entry: Entry = { connection, certificate: undefined, verdict, refusal: undefined, stopTimer }
    this.#entries.set(connection.id, entry)
    connection.addEventListener('close', () => this.#forget(entry), { once: true })
    if (connection.status !== 'open') this.#forget(entry)
    return entry
  }

  /** What waits need not wait any longer; the other end may still show something better. */
  #refuse(entry: Entry, refusal: RmaError): void {
    entry.refusal = refusal
    if (entry.certificate !== undefined) return
    entry.verdict.reject(refusal)
    entry.verdict = newVerdict()
  }

  #sweep(): void {
    for (const entry of [...this.#entries.values()]) {
      if (entry.certificate === undefined) continue
      try {
        this.#components.trust.recheck(entry.certificate)
      } catch (error) {
        this.#close(entry, toRmaError(error))
      }
    }
  }

  #close(entry: Entry, error: RmaError): void {
    this.#components.log.info(
      { peer: entry.connection.remotePeer.toString(), code: error.code },
      'a connection was closed: the other end is no member',
    )
    this.#forget(entry, error)
    entry.connection.abort(error)
  }

  #forget(entry: Entry, error: Error = new Error('the connection was closed')): void {
    entry.stopTimer()
    entry.verdict.reject(error)
    this.#entries.delete(entry.connection.id)
  }
}

function newVerdict(): PromiseWithResolvers<void> {
  const verdict = Promise.withResolvers<void>()
  // Streams hear of it where any wait; that none does is no fault.
  verdict.promise.catch(() => undefined)
  return verdict
}
