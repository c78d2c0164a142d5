import { z } from 'zod'
import { rolesSchema } from '../membership/certificate.ts'
import { peerIdSchema, peerTextSchema, timestampSchema } from './primitives.ts'

/** What the operator of a coordinator says and hears about members, in the platform's snake_case. */

/** Who becomes a member: everybody, whoever has an invite, or whoever the operator approves. An invite admits under each. */
export const policySchema = z.enum(['open', 'invite', 'approval'])
export type Policy = z.infer<typeof policySchema>
export const policyAnswerSchema = z.strictObject({ policy: policySchema })

const inviteIdSchema = z.string().regex(/^[0-9a-f]{12}$/, 'expected the id of an invite: 12 hex digits')
export const labelSchema = peerTextSchema(64)
/** Longest an invite may be good for, in seconds. */
const longestInviteSeconds = 366 * 86_400

export const newInviteSchema = z.strictObject({
  roles: rolesSchema.default(['donor', 'requester']),
  uses: z.number().int().min(1).max(100_000).default(1),
  expires_in_seconds: z
    .number()
    .int()
    .min(1)
    .max(longestInviteSeconds)
    .default(7 * 86_400),
  note: labelSchema.default(''),
})
export type NewInvite = z.input<typeof newInviteSchema>

export const inviteAnswerSchema = z.object({
  id: inviteIdSchema,
  roles: rolesSchema,
  uses: z.number().int(),
  /** How many peers became members with it. */
  used: z.number().int(),
  state: z.enum(['open', 'used-up', 'expired', 'revoked']),
  note: z.string(),
  created_at: timestampSchema,
  expires_at: timestampSchema,
})
export type InviteAnswer = z.infer<typeof inviteAnswerSchema>

export const createdInviteSchema = inviteAnswerSchema.extend({
  /** Shown this once: only its hash is kept. */
  invite: z.string(),
  link: z.string(),
})
export type CreatedInvite = z.infer<typeof createdInviteSchema>
export const invitesSchema = z.object({ invites: z.array(inviteAnswerSchema) })

export const memberAnswerSchema = z.object({
  peer_id: peerIdSchema,
  roles: rolesSchema,
  label: z.string(),
  state: z.enum(['member', 'revoked']),
  /** How they came in: by an invite (its id), the policy, approval, or a certificate another coordinator had issued. */
  via: z.string(),
  enrolled_at: timestampSchema,
  certificate_expires_at: timestampSchema.nullable(),
})
export type MemberAnswer = z.infer<typeof memberAnswerSchema>
export const membersSchema = z.object({ members: z.array(memberAnswerSchema) })
export const memberRolesSchema = z.strictObject({ roles: rolesSchema })

export const applicationSchema = z.object({
  peer_id: peerIdSchema,
  label: z.string(),
  asked_at: timestampSchema,
  state: z.enum(['pending', 'refused']),
})
export type Application = z.infer<typeof applicationSchema>
export const applicationsSchema = z.object({ approvals: z.array(applicationSchema) })
export const approvalSchema = z.strictObject({ roles: rolesSchema.default(['donor', 'requester']) })
