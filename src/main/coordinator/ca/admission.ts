import { type ErrorCode, RmaError } from '../../../shared/errors.ts'
import type { Certificate, Role } from '../../../shared/membership/certificate.ts'
import type { InviteAnswer, Policy } from '../../../shared/schema/membership-api.ts'
import type { Milliseconds } from '../../../shared/units.ts'
import type { StoredInvite } from './membership-store.ts'

/** Of whoever comes without an invite. */
export const plainRoles: readonly Role[] = ['donor', 'requester']

/** What a CA knows of a peer that asks. */
export interface Applicant {
  /** Taken out, and not taken in again since. */
  revoked: boolean
  /** Roles it was admitted with, here. */
  member?: readonly Role[]
  /** The invite whose code it brings; null: no invite has that code. */
  invite?: (StoredInvite & { redeemed: boolean }) | null
  /** The certificate it brings, or why that no longer counts. */
  certificate?: Certificate | RmaError
  application?: 'pending' | 'refused'
}

/** `via` says how a member came in; `redeems` that this uses its invite once. */
export type Admission =
  | { kind: 'member'; roles: readonly Role[]; via: string; redeems?: string }
  | { kind: 'pending' }
  | { kind: 'refused'; error: RmaError }

/** Decides who becomes or remains a member. Pure. */
export function admit(applicant: Applicant, policy: Policy, now: Milliseconds): Admission {
  const { revoked, member, invite, certificate, application } = applicant
  if (revoked) return refused('MEMBERSHIP_REVOKED', 'this member was taken out of the network')
  if (invite !== undefined) return byInvite(invite, member, now)
  if (member !== undefined) return { kind: 'member', roles: member, via: 'member' }
  if (certificate !== undefined && !(certificate instanceof RmaError))
    return { kind: 'member', roles: certificate.roles, via: 'certificate' }
  if (policy === 'open') return { kind: 'member', roles: plainRoles, via: 'open' }
  if (certificate !== undefined) return { kind: 'refused', error: certificate }
  if (policy === 'invite') return refused('INVITE_REQUIRED', 'an invite is needed to join this network')
  if (application === 'refused') return refused('ENROLMENT_REFUSED', 'the operator has declined this request')
  return { kind: 'pending' }
}

function byInvite(
  invite: NonNullable<Applicant['invite']> | null,
  member: Applicant['member'],
  now: number,
): Admission {
  if (invite === null) return refused('INVITE_UNKNOWN', 'this coordinator has made no invite with that code')
  const roles = [...new Set([...(member ?? []), ...invite.roles])]
  // Whoever was let in by it once may ask again: the answer may have been lost on its way.
  if (invite.redeemed) return { kind: 'member', roles: member ?? roles, via: invite.id }
  const state = inviteState(invite, now)
  if (state !== 'open') return refused(inviteRefusals[state], `the invite ${inviteWords[state]}`)
  return { kind: 'member', roles, via: invite.id, redeems: invite.id }
}

const inviteRefusals = { revoked: 'INVITE_REVOKED', expired: 'INVITE_EXPIRED', 'used-up': 'INVITE_USED_UP' } as const
const inviteWords = { revoked: 'was taken back', expired: 'has expired', 'used-up': 'was used as often as it may be' }

export function inviteState(
  { revokedAt, expiresAt, used, uses }: Pick<StoredInvite, 'revokedAt' | 'expiresAt' | 'used' | 'uses'>,
  now: Milliseconds,
): InviteAnswer['state'] {
  if (revokedAt !== null) return 'revoked'
  if (expiresAt <= now) return 'expired'
  return used >= uses ? 'used-up' : 'open'
}

function refused(code: ErrorCode, message: string): Admission {
  return { kind: 'refused', error: new RmaError(code, message) }
}
