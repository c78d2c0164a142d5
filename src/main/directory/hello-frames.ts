import { encode } from '@ipld/dag-cbor'
import { z } from 'zod'
import { timestampSchema } from '../../shared/schema/primitives.ts'
import { KiB } from '../../shared/units.ts'
import { decodeMessage } from './frames.ts'

/** Longest membership certificate (JWT) in characters. */
const maxMembershipLength = 2 * KiB
/** Longest signed list of revocations in characters. */
const maxRevocationsLength = 56 * KiB

/** Largest hello in bytes. */
export const maxHelloBytes = 3 * KiB
/** Largest answer to a hello in bytes: it may carry the list of revocations. */
export const maxHelloAnswerBytes = 60 * KiB

/** The first thing each side of a connection says of itself. */
export const helloSchema = z.object({
  /** Membership certificate (JWT); missing in a network without a CA, or before enrolment. */
  membership: z.string().max(maxMembershipLength).optional(),
  /** Version of the newest list of revocations the speaker holds; 0 for none. */
  revocationsVersion: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER),
  /** The speaker's own, uncorrected clock, so that the other side can measure the offset. */
  now: timestampSchema,
})
export type Hello = z.infer<typeof helloSchema>

export const helloAnswerSchema = helloSchema.extend({
  /** The list of revocations, signed by the CA (JWS), where the answerer's is newer than the asker's. */
  revocations: z.string().max(maxRevocationsLength).optional(),
})
export type HelloAnswer = z.infer<typeof helloAnswerSchema>

export function encodeHello(hello: Hello | HelloAnswer): Uint8Array {
  return encode(hello)
}

/** Throws TOO_LARGE or PROTOCOL. */
export function decodeHello(bytes: Uint8Array): Hello {
  return decodeMessage(helloSchema, bytes, maxHelloBytes)
}

/** Throws TOO_LARGE or PROTOCOL. */
export function decodeHelloAnswer(bytes: Uint8Array): HelloAnswer {
  return decodeMessage(helloAnswerSchema, bytes, maxHelloAnswerBytes)
}
