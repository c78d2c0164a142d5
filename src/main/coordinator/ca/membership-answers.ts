import type { RevokedAt } from '../../../shared/membership/revocations.ts'
import type { Application, InviteAnswer, MemberAnswer } from '../../../shared/schema/membership-api.ts'
import type { Milliseconds } from '../../../shared/units.ts'
import { inviteState } from './admission.ts'
import type { StoredApplication, StoredInvite, StoredMember } from './membership-store.ts'

// What the operator is told of what is stored.

export function inviteAnswer(invite: StoredInvite, now: Milliseconds): InviteAnswer {
  const { id, roles, uses, used, note, createdAt, expiresAt } = invite
  return { id, roles, uses, used, note, state: inviteState(invite, now), created_at: createdAt, expires_at: expiresAt }
}

export function memberAnswer(member: StoredMember, revoked: RevokedAt): MemberAnswer {
  const { peerId, roles, label, via, enrolledAt, admittedAt, certificateExpiresAt } = member
  return {
    peer_id: peerId,
    roles,
    label,
    state: (revoked[peerId] ?? -1) >= admittedAt ? 'revoked' : 'member',
    via,
    enrolled_at: enrolledAt,
    certificate_expires_at: certificateExpiresAt,
  }
}

export function applicationAnswer({ peerId, label, askedAt, refusedAt }: StoredApplication): Application {
  return { peer_id: peerId, label, asked_at: askedAt, state: refusedAt === null ? 'pending' : 'refused' }
}
