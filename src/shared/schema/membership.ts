import { z } from 'zod'
import { rolesSchema } from '../membership/certificate.ts'
import { maxInviteLength } from '../membership/invite.ts'
import { peerTextSchema, timestampSchema } from './primitives.ts'

/** When this node asks for its next certificate, and why it could not have it so far. */
export const renewalSchema = z.object({
  nextTryAt: timestampSchema,
  failure: z.object({ code: z.string(), message: z.string(), since: timestampSchema }).optional(),
})
export type Renewal = z.infer<typeof renewalSchema>

/** What this node is in its network. */
export const membershipSchema = z.discriminatedUnion('kind', [
  /** The network has no CA: everybody takes part. */
  z.object({ kind: z.literal('open') }),
  z.object({ kind: z.literal('member'), roles: rolesSchema, until: timestampSchema, renewal: renewalSchema }),
  /** Was a member until then; the others no longer speak with it. */
  z.object({ kind: z.literal('expired'), until: timestampSchema, renewal: renewalSchema }),
  /** Asked, and the operator has yet to approve. */
  z.object({ kind: z.literal('pending'), renewal: renewalSchema }),
  z.object({ kind: z.literal('outside'), renewal: renewalSchema }),
])
export type Membership = z.infer<typeof membershipSchema>

export const joinInputSchema = z.object({
  /** `rma1…` or its link. */
  invite: z
    .string()
    .min(1)
    .max(2 * maxInviteLength),
  /** What the operator sees of this machine where somebody has to approve. */
  label: peerTextSchema(64).optional(),
})

export type JoinInput = z.infer<typeof joinInputSchema>

export const joinResultSchema = z.object({
  network: z.string(),
  /** `pending`: the settings are made, and the operator has yet to approve. */
  status: z.enum(['member', 'pending']),
  /** The node takes part in the network once it has started anew, which a node that can does by itself. */
  restarting: z.boolean(),
})
export type JoinResult = z.infer<typeof joinResultSchema>
