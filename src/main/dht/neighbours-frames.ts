import { encode } from '@ipld/dag-cbor'
import { peerIdFromString } from '@libp2p/peer-id'
import { z } from 'zod'
import { pathKindSchema, peerIdSchema } from '../../shared/schema/primitives.ts'
import { KiB } from '../../shared/units.ts'
import { decodeMessage } from '../directory/frames.ts'

/** Most neighbours one answer names. */
export const maxNeighbours = 256
/** Largest question in bytes. */
export const maxNeighboursAskBytes = 64
/** Largest answer in bytes. */
export const maxNeighboursAnswerBytes = 32 * KiB
/** A round trip that takes longer is said to take this long. */
export const maxRttMs = 60_000

export const neighboursAskSchema = z.object({ limit: z.number().int().min(1).max(maxNeighbours) })
export type NeighboursAsk = z.infer<typeof neighboursAskSchema>

/** A peer that the speaker has an open connection with. Never where it is: no addresses travel. */
export const neighbourSchema = z.object({
  peer: peerIdSchema.refine(isPeerId, 'expected a peer id'),
  path: pathKindSchema.exclude(['local']),
  rttMs: z.number().int().min(0).max(maxRttMs).optional(),
})
export type Neighbour = z.infer<typeof neighbourSchema>

export const neighboursAnswerSchema = z.object({ neighbours: z.array(neighbourSchema).max(maxNeighbours) })
export type NeighboursAnswer = z.infer<typeof neighboursAnswerSchema>

export function encodeNeighbours(message: NeighboursAsk | NeighboursAnswer): Uint8Array {
  return encode(message)
}

/** Throws TOO_LARGE or PROTOCOL. */
export function decodeNeighboursAsk(bytes: Uint8Array): NeighboursAsk {
  return decodeMessage(neighboursAskSchema, bytes, maxNeighboursAskBytes)
}

/** Throws TOO_LARGE or PROTOCOL. */
export function decodeNeighboursAnswer(bytes: Uint8Array): NeighboursAnswer {
  return decodeMessage(neighboursAnswerSchema, bytes, maxNeighboursAnswerBytes)
}

function isPeerId(text: string): boolean {
  try {
    peerIdFromString(text)
    return true
  } catch {
    return false
  }
}
