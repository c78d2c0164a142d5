import { RmaError } from '../../shared/errors.ts'
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
  file: MembershipFile
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
  #lastWrite: Promise<void> = Promise.resolve()

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

  /** Takes on a certificate the CA has issued to this node; resolves once it is on disk. */
  async adopt(token: string): Promise<HeldCertificate> {
    const certificate = await this.#own(token)
    await this.#keep({ certificate: token })
    return this.#setCertificate(token, certificate)
  }

  /** Takes a list on where it is newer than the one held, and says whether it was. Rejects where the CA did not sign it. */
  async adoptRevocations(token: string): Promise<boolean> {
    if (token === this.revocations.get()?.token) return false
    const revocations = await verifyRevocations(token, this)
    if (revocations.version <= this.revocationsVersion) return false
    this.#setRevocations(token, revocations)
    await this.#keep({ revocations: token })
    return true
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

  #keep(change: { certificate?: string; revocations?: string }): Promise<void> {
    const certificate = change.certificate ?? this.certificate.get()?.token
    const revocations = change.revocations ?? this.revocations.get()?.token
    const held = {
      ...(certificate === undefined ? {} : { certificate }),
      ...(revocations === undefined ? {} : { revocations }),
    }
    const write = this.#lastWrite.then(() => this.#components.file.write(held))
    this.#lastWrite = write.catch(error => {
      this.#components.log.error({ err: error }, 'the membership could not be kept on disk')
    })
    return write
  }
}
