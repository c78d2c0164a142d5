import { RmaError, toRmaError } from '../../shared/errors.ts'
import {
  type Certificate,
  checkValidity,
  verifyCertificate,
  verifyIssued,
} from '../../shared/membership/certificate.ts'
import { type Revocations, verifyRevocations } from '../../shared/membership/revocations.ts'
import type { PeerIdText } from '../../shared/schema/primitives.ts'
import type { Milliseconds } from '../../shared/units.ts'
import type { Startable } from '../lifecycle.ts'
import { LiveValue } from '../live-value.ts'
import type { Logger } from '../log.ts'
import type { MembershipFile } from './membership-file.ts'

/** A certificate with the text that proves it. */
export interface HeldCertificate extends Certificate {
  token: string
}

export interface HeldRevocations extends Revocations {
  token: string
}

export interface TrustComponents {
  file: Pick<MembershipFile, 'read' | 'write'>
  /** Corrected by the measured offset where one is known. */
  now: () => Milliseconds
  log: Logger
}

export interface TrustInit {
  selfId: PeerIdText
  networkId: string
  /** Ed25519, base64url. */
  caPublicKey: string
}

/** What this node has from its network's CA, and its judgement of what others show. */
export class Trust implements Startable {
  /** This node's own certificate; it may have expired. */
  readonly certificate = new LiveValue<HeldCertificate | undefined>(undefined)
  readonly revocations = new LiveValue<HeldRevocations | undefined>(undefined)
  readonly networkId: string
  readonly caPublicKey: string
  readonly selfId: PeerIdText
  readonly #components: TrustComponents
  /** Why what is held is not on disk; undefined where it is. */
  #lastWrite: Promise<RmaError | undefined> = Promise.resolve(undefined)

  constructor(components: TrustComponents, { selfId, networkId, caPublicKey }: TrustInit) {
    this.#components = components
    this.selfId = selfId
    this.networkId = networkId
    this.caPublicKey = caPublicKey
  }

  async start(): Promise<void> {
    const { certificate, revocations } = await this.#components.file.read()
    const unusable = (error: unknown) =>
      this.#components.log.warn({ err: error }, 'what was kept of the membership does not count here')
    if (revocations !== undefined)
      await verifyRevocations(revocations, this).then(held => this.#setRevocations(revocations, held), unusable)
    if (certificate !== undefined)
      await this.#own(certificate).then(held => this.#setCertificate(certificate, held), unusable)
  }

  async stop(): Promise<void> {
    await this.#lastWrite
  }

  /** Rejects with what is wrong with the certificate that `peerId` shows. */
  async verify(token: string | undefined, peerId: PeerIdText): Promise<HeldCertificate> {
    if (token === undefined) throw new RmaError('MEMBERSHIP_MISSING', `${peerId} showed no certificate`)
    const certificate = await verifyCertificate(token, { ...this.#check(), shownBy: peerId })
    return { ...certificate, token }
  }

  /** Who a certificate is about, whoever passes it on. Rejects as `verify` does. */
  async read(token: string): Promise<HeldCertificate> {
    return { ...(await verifyCertificate(token, this.#check())), token }
  }

  /** Throws MEMBERSHIP_EXPIRED or MEMBERSHIP_REVOKED once a certificate that was verified counts no longer. */
  recheck(certificate: Certificate): void {
    checkValidity(certificate, this.#check())
  }

  /**
   * Takes on a certificate the CA has issued to this node. It counts from then on, and is on disk when this resolves, or the log
   * says why not. Rejects where it is none of this node's.
   */
  async adopt(token: string): Promise<HeldCertificate> {
    const held = this.#setCertificate(token, await this.#own(token))
    await this.#keep()
    return held
  }

  /**
   * Takes a list on where it is newer than the one held, and says whether it was; it is kept as a certificate is. Rejects where
   * the CA did not sign it.
   */
  async adoptRevocations(token: string): Promise<boolean> {
    if (token === this.revocations.get()?.token) return false
    const revocations = await verifyRevocations(token, this)
    if (revocations.version <= this.revocationsVersion) return false
    this.#setRevocations(token, revocations)
    await this.#keep()
    return true
  }

  /** Resolves once what was taken on is on disk; rejects with STORAGE_UNAVAILABLE where it could not be written. */
  async kept(): Promise<void> {
    const failure = await this.#lastWrite
    if (failure !== undefined) throw failure
  }

  /** 0 for none. */
  get revocationsVersion(): number {
    return this.revocations.get()?.version ?? 0
  }

  #own(token: string): Promise<Certificate> {
    return verifyIssued(token, { networkId: this.networkId, caPublicKey: this.caPublicKey, shownBy: this.selfId })
  }

  #check() {
    const revoked = this.revocations.get()?.revoked
    return {
      networkId: this.networkId,
      caPublicKey: this.caPublicKey,
      now: this.#components.now(),
      ...(revoked === undefined ? {} : { revoked }),
    }
  }

  #setCertificate(token: string, certificate: Certificate): HeldCertificate {
    const held = { ...certificate, token }
    this.certificate.set(held)
    return held
  }

  #setRevocations(token: string, revocations: Revocations): void {
    this.revocations.set({ ...revocations, token })
  }

  /** One write after the other, each of what is held by then. */
  #keep(): Promise<unknown> {
    this.#lastWrite = this.#lastWrite.then(() => this.#write())
    return this.#lastWrite
  }

  async #write(): Promise<RmaError | undefined> {
    const { file, log } = this.#components
    const certificate = this.certificate.get()?.token
    const revocations = this.revocations.get()?.token
    try {
      await file.write({
        ...(certificate === undefined ? {} : { certificate }),
        ...(revocations === undefined ? {} : { revocations }),
      })
      return undefined
    } catch (error) {
      log.error({ err: error }, 'the membership could not be kept on disk')
      return toRmaError(error)
    }
  }
}
