import { RmaError, toRmaError } from '../../../shared/errors.ts'
import type { CaKey } from '../../../shared/membership/ca-key.ts'
import {
  type Certificate,
  issueCertificate,
  maxCertificateLifeMs,
  type Role,
  verifyCertificate,
} from '../../../shared/membership/certificate.ts'
import {
  type EnrolAnswer,
  type EnrolRequest,
  enrolRequestSchema,
  verifyEnrolRequest,
} from '../../../shared/membership/enrolment.ts'
import { formatInvite, inviteLink } from '../../../shared/membership/invite.ts'
import { networkId } from '../../../shared/membership/network-id.ts'
import type { Lighthouse } from '../../../shared/membership/vpn-lease.ts'
import { safeParse } from '../../../shared/safe-parse.ts'
import {
  type Application,
  type CreatedInvite,
  type InviteAnswer,
  type MemberAnswer,
  type NewInvite,
  newInviteSchema,
  type Policy,
  policySchema,
} from '../../../shared/schema/membership-api.ts'
import type { PeerIdText } from '../../../shared/schema/primitives.ts'
import { day, type Milliseconds, minute, second } from '../../../shared/units.ts'
import type { Clock } from '../../clock.ts'
import type { Startable } from '../../lifecycle.ts'
import type { LiveValue } from '../../live-value.ts'
import type { Logger } from '../../log.ts'
import { type Applicant, admit, plainRoles } from './admission.ts'
import { hashInviteCode, newInviteCode } from './invite-code.ts'
import { applicationAnswer, inviteAnswer, memberAnswer } from './membership-answers.ts'
import type { MembershipStore, StoredMember } from './membership-store.ts'
import { ReplayGuard } from './replay-guard.ts'
import { RevocationList } from './revocation-list.ts'
import { VpnRegistry } from './vpn/vpn-registry.ts'

/** Most requests that wait for the operator. */
const maxApplications = 1_000
/** Who still wants to become a member asks again by itself, and waits anew. */
const applicationLifeMs = 7 * day
const pendingRetryMs = 5 * minute

export interface AuthorityComponents {
  store: MembershipStore
  key: CaKey
  /** Corrected by the measured offset where one is known. */
  clock: Pick<Clock, 'now'>
  log: Logger
}

export interface AuthorityInit {
  network: string
  /** Default and most: 7 days. */
  certificateLifeMs?: Milliseconds
  /** Who tells members of the VPN where the others are. Default: nobody. */
  lighthouses?: () => readonly Lighthouse[]
}

/**
 * A network's CA: admits members, renews their certificates, takes them back. What it decides is on disk before it is
 * answered, so a coordinator killed at any moment has neither forgotten a member nor counted an invite twice.
 */
export class MembershipAuthority implements Startable {
  readonly networkId: string
  readonly caPublicKey: string
  readonly network: string
  /** The newest signed list of what was taken back; undefined as long as nothing was. */
  readonly revocations: LiveValue<string | undefined>
  readonly #components: AuthorityComponents
  readonly #lifeMs: Milliseconds
  readonly #replays = new ReplayGuard()
  readonly #revocations: RevocationList
  readonly #vpn: VpnRegistry

  constructor(components: AuthorityComponents, init: AuthorityInit) {
    this.#components = components
    this.network = init.network
    this.caPublicKey = components.key.publicKey
    this.networkId = networkId(init.network, this.caPublicKey)
    this.#lifeMs = Math.min(init.certificateLifeMs ?? maxCertificateLifeMs, maxCertificateLifeMs)
    this.#revocations = new RevocationList(components, { networkId: this.networkId, certificateLifeMs: this.#lifeMs })
    this.revocations = this.#revocations.signed
    const { lighthouses = () => [] } = init
    this.#vpn = new VpnRegistry(components, { networkId: this.networkId, lighthouses })
  }

  /** The store has to be open by then. */
  async start(): Promise<void> {
    await this.#revocations.start()
  }

  async stop(): Promise<void> {
    await this.#revocations.stop()
  }

  get policy(): Policy {
    return policySchema.catch('invite').parse(this.#components.store.fact('policy'))
  }

  setPolicy(policy: Policy): void {
    this.#components.store.setFact('policy', policy)
    this.#components.log.info({ policy }, 'the policy for new members was changed')
  }

  /**
   * Answers a request to become or remain a member. Rejects with BAD_INPUT, MEMBERSHIP_WRONG_NETWORK, MEMBERSHIP_FORGED,
   * ENROLMENT_STALE, ENROLMENT_REPLAYED, ENROLMENT_REFUSED, MEMBERSHIP_REVOKED, MEMBERSHIP_EXPIRED (and what else may be
   * wrong with a certificate), INVITE_REQUIRED, INVITE_UNKNOWN, INVITE_EXPIRED, INVITE_REVOKED, INVITE_USED_UP or
   * QUOTA_EXCEEDED.
   */
  async enrol(untrusted: unknown): Promise<EnrolAnswer> {
    const request = readRequest(untrusted)
    const { clock, log } = this.#components
    const now = clock.now()
    await verifyEnrolRequest(request, { networkId: this.networkId, now })
    this.#replays.take(`${request.peer_id} ${request.nonce}`, now)
    const certificate = await this.#presented(request, now)
    const member = this.#components.store.transaction(() => this.#decide(request, certificate, now))
    if (member === undefined) return { status: 'pending', retry_after_seconds: pendingRetryMs / second }
    const vpnIp = certificate instanceof RmaError ? undefined : certificate?.vpnIp
    const answer = await this.#issue(member, { key: request.vpn_key, ip: vpnIp })
    log.info({ peer: member.peerId, roles: member.roles, via: member.via }, 'a certificate was issued')
    return answer
  }

  /** A certificate for this coordinator itself, or for another node the operator runs. */
  async issueFor(peerId: PeerIdText, roles: readonly Role[], vpnKey?: string): Promise<EnrolAnswer> {
    const now = this.#components.clock.now()
    const known = this.#components.store.member(peerId)
    const member = { ...(known ?? newMember(peerId, '', 'operator', now)), roles: [...roles] }
    this.#components.store.putMember(member)
    return this.#issue(member, { key: vpnKey })
  }

  /** Throws BAD_INPUT. */
  createInvite(wanted: NewInvite, seeds: string[]): CreatedInvite {
    const { roles, uses, expires_in_seconds, note } = newInviteSchema.parse(wanted)
    const code = newInviteCode()
    const codeHash = hashInviteCode(code)
    const createdAt = this.#components.clock.now()
    const id = codeHash.slice(0, 12)
    const stored = { id, roles, uses, note, createdAt, expiresAt: createdAt + expires_in_seconds * second }
    const invite = formatInvite({ network: this.network, caPublicKey: this.caPublicKey, seeds, code })
    this.#components.store.addInvite({ ...stored, codeHash })
    return { ...inviteAnswer({ ...stored, used: 0, revokedAt: null }, createdAt), invite, link: inviteLink(invite) }
  }

  invites(): InviteAnswer[] {
    const now = this.#components.clock.now()
    return this.#components.store.invites().map(invite => inviteAnswer(invite, now))
  }

  /** Those whom it let in remain. Throws NOT_FOUND. */
  revokeInvite(id: string): void {
    if (this.#components.store.invite(id) === undefined)
      throw new RmaError('NOT_FOUND', `there is no invite ${id} at this coordinator`)
    this.#components.store.revokeInvite(id, this.#components.clock.now())
  }

  members(): MemberAnswer[] {
    const revoked = this.#components.store.revoked()
    return this.#components.store.members().map(member => memberAnswer(member, revoked))
  }

  /** What a member may do from its next certificate on. Throws NOT_FOUND. */
  setRoles(peerId: PeerIdText, roles: readonly Role[]): void {
    if (this.#components.store.member(peerId) === undefined) throw unknownMember(peerId)
    this.#components.store.setRoles(peerId, roles)
  }

  /** Takes a peer's certificates back, and issues no more; it need not be a member of this coordinator's. */
  async revoke(peerId: PeerIdText): Promise<void> {
    this.#components.log.warn({ peer: peerId }, 'a member was taken out')
    const now = this.#components.clock.now()
    await this.#revocations.add([peerId, ...this.#vpn.certificatesOf(peerId, { now, issuedBy: now })])
  }

  /**
   * Lets a peer that was taken out enrol again at this coordinator: what was revoked stays so, new certificates count.
   * Throws NOT_FOUND.
   */
  reinstate(peerId: PeerIdText): void {
    const { store, clock } = this.#components
    const member = store.member(peerId)
    const revokedAt = store.revokedAt(peerId)
    if (member === undefined && revokedAt === undefined) throw unknownMember(peerId)
    const admittedAt = Math.max(Math.floor(clock.now() / second), (revokedAt ?? 0) + 1)
    const known = member ?? { ...newMember(peerId, '', 'operator', clock.now()), roles: [...plainRoles] }
    store.putMember({ ...known, admittedAt })
  }

  applications(): Application[] {
    return this.#components.store.applications().map(applicationAnswer)
  }

  /** The peer gets its certificate when it asks again. Throws NOT_FOUND. */
  approve(peerId: PeerIdText, roles: readonly Role[] = plainRoles): void {
    const { store, clock } = this.#components
    store.transaction(() => {
      const application = this.#application(peerId)
      store.putMember({ ...newMember(peerId, application.label, 'approval', clock.now()), roles: [...roles] })
      store.removeApplication(peerId)
    })
  }

  /** Throws NOT_FOUND. */
  refuse(peerId: PeerIdText): void {
    const application = this.#application(peerId)
    this.#components.store.putApplication({ ...application, refusedAt: this.#components.clock.now() })
  }

  /** Takes in what another coordinator of this CA has revoked, and signs a list of both where the two differ. */
  async learn(token: string): Promise<void> {
    await this.#revocations.learn(token)
    const { store, clock } = this.#components
    const revoked = store.revoked()
    // Which certificates of the VPN somebody has, only the coordinator knows that issued them.
    const issuedHere = Object.entries(revoked).flatMap(([subject, at]) =>
      this.#vpn.certificatesOf(subject, { now: clock.now(), issuedBy: (at + 1) * second }),
    )
    const unlisted = issuedHere.filter(fingerprint => revoked[fingerprint] === undefined)
    if (unlisted.length > 0) await this.#revocations.add(unlisted)
  }

  #application(peerId: PeerIdText) {
    const application = this.#components.store.application(peerId)
    if (application === undefined) throw new RmaError('NOT_FOUND', `${peerId} has not asked to become a member here`)
    return application
  }

  async #presented({ certificate, peer_id }: EnrolRequest, now: Milliseconds): Promise<Applicant['certificate']> {
    if (certificate === undefined) return undefined
    const { networkId, caPublicKey } = this
    const revoked = this.#components.store.revoked()
    return verifyCertificate(certificate, { networkId, caPublicKey, now, shownBy: peer_id, revoked }).catch(toRmaError)
  }

  /** Within a transaction: looks, decides and writes down. Undefined: the operator has to approve first. */
  #decide(request: EnrolRequest, certificate: Applicant['certificate'], now: Milliseconds): StoredMember | undefined {
    const { store } = this.#components
    const peerId = request.peer_id
    const member = store.member(peerId)
    const admission = admit(this.#applicant(request, member, certificate), this.policy, now)
    if (admission.kind === 'refused') throw admission.error
    if (admission.kind === 'pending') {
      this.#apply(request, now)
      return undefined
    }
    if (admission.redeems !== undefined) store.addRedemption(admission.redeems, peerId, now)
    // What another coordinator has once admitted dates from then: it can be taken back from then on.
    const since = admission.via === 'certificate' && certificate !== undefined ? issuedAtOf(certificate, now) : now
    const known = member ?? newMember(peerId, request.label ?? '', admission.via, since)
    const admitted = { ...known, roles: [...admission.roles] }
    store.putMember(admitted)
    store.removeApplication(peerId)
    return admitted
  }

  #applicant(
    { peer_id, code }: EnrolRequest,
    member: StoredMember | undefined,
    certificate: Applicant['certificate'],
  ): Applicant {
    const { store } = this.#components
    const invite = code === undefined ? undefined : (store.inviteOf(hashInviteCode(code)) ?? null)
    const application = store.application(peer_id)
    return {
      revoked: (store.revokedAt(peer_id) ?? -1) >= (member?.admittedAt ?? 0),
      ...(member === undefined ? {} : { member: member.roles }),
      ...(invite === undefined
        ? {}
        : { invite: invite && { ...invite, redeemed: store.hasRedeemed(invite.id, peer_id) } }),
      ...(certificate === undefined ? {} : { certificate }),
      ...(application === undefined ? {} : { application: application.refusedAt === null ? 'pending' : 'refused' }),
    }
  }

  #apply({ peer_id, label }: EnrolRequest, now: Milliseconds): void {
    const { store } = this.#components
    if (store.application(peer_id) !== undefined) return
    store.forgetApplications({ pendingBefore: now - applicationLifeMs, refusedKept: maxApplications })
    if (store.pendingApplications() >= maxApplications)
      throw new RmaError('QUOTA_EXCEEDED', `${maxApplications} requests are already waiting for the operator`)
    store.putApplication({ peerId: peer_id, label: label ?? '', askedAt: now, refusedAt: null })
  }

  async #issue(
    { peerId, roles, admittedAt }: StoredMember,
    vpn: { key?: string | undefined; ip?: string | undefined },
  ): Promise<EnrolAnswer> {
    const { key, clock, store } = this.#components
    // Above a revocation that was lifted within the same second.
    const issuedAt = Math.max(clock.now(), admittedAt * second)
    // An address that was once given stays in the certificate, so that any coordinator gives the same one.
    const vpnIp = vpn.key === undefined ? vpn.ip : this.#vpn.address(peerId, vpn.ip, issuedAt)
    const address = vpnIp === undefined ? {} : { vpnIp }
    const request = { peerId, roles, networkId: this.networkId, ...address, issuedAt, lifeMs: this.#lifeMs }
    const certificate = await issueCertificate(request, key)
    const lease =
      vpn.key === undefined || vpnIp === undefined
        ? undefined
        : await this.#vpn.lease({ peerId, roles, vpnKey: vpn.key, ip: vpnIp, now: issuedAt })
    const expiresAt = (Math.floor(issuedAt / second) + Math.floor(this.#lifeMs / second)) * second
    store.noteCertificate(peerId, expiresAt)
    const revocations = this.revocations.get()
    return {
      status: 'member',
      certificate,
      roles,
      expires_at: expiresAt,
      ...(revocations === undefined ? {} : { revocations }),
      ...(lease === undefined ? {} : { vpn: lease }),
      network: { name: this.network, id: this.networkId, ca_public_key: this.caPublicKey },
    }
  }
}

function readRequest(untrusted: unknown): EnrolRequest {
  const parsed = safeParse(enrolRequestSchema, untrusted)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  throw new RmaError('BAD_INPUT', `${issue?.path.join('.') || 'request'}: ${issue?.message}`)
}

function newMember(peerId: PeerIdText, label: string, via: string, now: Milliseconds): StoredMember {
  const admittedAt = Math.floor(now / second)
  return { peerId, roles: [], label, via, enrolledAt: now, admittedAt, certificateExpiresAt: null }
}

function issuedAtOf(certificate: Certificate | RmaError, fallback: Milliseconds): Milliseconds {
  return certificate instanceof RmaError ? fallback : certificate.issuedAt
}

function unknownMember(peerId: PeerIdText): RmaError {
  return new RmaError('NOT_FOUND', `${peerId} is no member that this coordinator knows`)
}
