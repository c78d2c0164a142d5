import { encode } from '@ipld/dag-cbor'
import { z } from 'zod'
import { type ErrorCode, isErrorCode } from '../../shared/errors.ts'
import { enrolAnswerSchema, enrolRequestSchema } from '../../shared/membership/enrolment.ts'
import { KiB } from '../../shared/units.ts'
import { decodeMessage } from '../directory/frames.ts'

/** Largest request in bytes: a certificate and what is said around it. */
export const maxMembershipAskBytes = 4 * KiB
/** Largest answer in bytes: it may carry the list of revocations. */
export const maxMembershipAnswerBytes = 64 * KiB

export const membershipAskSchema = z.object({
  request: enrolRequestSchema,
  /** A peer passes it on for somebody who reaches no coordinator: it is not passed on again. */
  relayed: z.boolean().optional(),
})
export type MembershipAsk = z.infer<typeof membershipAskSchema>

export const membershipAnswerSchema = z.union([
  z.object({ answer: enrolAnswerSchema }),
  z.object({
    error: z.object({
      code: z
        .string()
        .regex(/^[A-Z_]{1,32}$/)
        .transform((code): ErrorCode => (isErrorCode(code) ? code : 'PROTOCOL')),
      message: z.string().max(256),
      /** The coordinator's clock, with ENROLMENT_STALE. */
      now: z.number().int().min(0).max(8_640_000_000_000_000).optional(),
    }),
  }),
])
export type MembershipAnswer = z.input<typeof membershipAnswerSchema>

export function encodeMembership(message: MembershipAsk | MembershipAnswer): Uint8Array {
  return encode(message)
}

/** Throws TOO_LARGE or PROTOCOL. */
export function decodeMembershipAsk(bytes: Uint8Array): MembershipAsk {
  return decodeMessage(membershipAskSchema, bytes, maxMembershipAskBytes)
}

/** Throws TOO_LARGE or PROTOCOL. */
export function decodeMembershipAnswer(bytes: Uint8Array): z.infer<typeof membershipAnswerSchema> {
  return decodeMessage(membershipAnswerSchema, bytes, maxMembershipAnswerBytes)
}
