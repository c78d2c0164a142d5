import { z } from 'zod'
import { RmaError } from '../errors.ts'
import { maxRegistrationLength } from '../schema/edge-api.ts'
import { peerIdSchema, timestampSchema } from '../schema/primitives.ts'
import { maxEnvelopeLength } from '../schema/seeds.ts'
import { type Milliseconds, minute } from '../units.ts'
import { readToken, type TokenKind } from './ca-token.ts'
import { isSignedByPeer, sealPeerToken, type TokenSigner } from './peer-token.ts'
import { openSeed, type SeedReader, type VerifiedSeed } from './seed-envelope.ts'

/** How far a registration's time may be from the reader's clock. */
export const maxRegistrationSkewMs = 2 * minute

const claimsSchema = z.strictObject({
  iss: peerIdSchema,
  /** Origin of the edge router it is for. */
  aud: z.url().max(512),
  net: z.string().max(64),
  /** Milliseconds since the Unix epoch. */
  at: timestampSchema,
  /** Never used again by this coordinator within four minutes. */
  nonce: z.string().regex(/^[A-Za-z0-9_-]{22}$/),
  /** The envelope to hand out. */
  seed: z.string().max(maxEnvelopeLength),
})

const kind: TokenKind<z.infer<typeof claimsSchema>> = {
  type: 'rma-coordinator-registration',
  maxLength: maxRegistrationLength,
  schema: claimsSchema,
  malformed: 'REGISTRATION_MALFORMED',
}

export interface RegistrationDraft {
  /** Where it is sent; only its origin counts. */
  edgeUrl: string
  networkId: string
  /** What `sealSeed` made. */
  envelope: string
  /** 16 random bytes in base64url. */
  nonce: string
  now: Milliseconds
}

/**
 * Asks an edge router to hand out this coordinator's seed. An envelope alone would not do: it is public, and whoever has it
 * could keep a coordinator that is gone in the list.
 */
export async function sealRegistration(draft: RegistrationDraft, signer: TokenSigner): Promise<string> {
  const claims = {
    iss: signer.peerId,
    aud: new URL(draft.edgeUrl).origin,
    net: draft.networkId,
    at: draft.now,
    nonce: draft.nonce,
    seed: draft.envelope,
  }
  const registration = await sealPeerToken(kind.type, claims, signer)
  readToken(kind, registration)
  return registration
}

/** A registration of a certified coordinator; whether it has been seen before is for its reader to know. */
export interface VerifiedRegistration extends VerifiedSeed {
  at: Milliseconds
  nonce: string
}

export interface RegistrationReader extends SeedReader {
  /** The reader's own origin. */
  origin: string
}

/**
 * Verifies a registration, and the seed in it. Rejects with REGISTRATION_MALFORMED, MEMBERSHIP_WRONG_NETWORK,
 * REGISTRATION_FORGED, REGISTRATION_STALE, or what `openSeed` rejects with.
 */
export async function openRegistration(token: string, reader: RegistrationReader): Promise<VerifiedRegistration> {
  const { iss, aud, net, at, nonce, seed } = readToken(kind, token)
  if (net !== reader.networkId)
    throw new RmaError('MEMBERSHIP_WRONG_NETWORK', `the registration is for network ${net}, not ${reader.networkId}`)
  if (aud !== reader.origin)
    throw new RmaError('REGISTRATION_FORGED', `the registration is for ${aud}, and this is ${reader.origin}`)
  if (!(await isSignedByPeer(token, iss)))
    throw new RmaError('REGISTRATION_FORGED', `the registration is not signed by the key of ${iss}`)
  if (Math.abs(at - reader.now) > maxRegistrationSkewMs)
    throw new RmaError('REGISTRATION_STALE', `the registration is ${reader.now - at} ms old`, { now: reader.now })
  const verified = await openSeed(seed, reader)
  if (verified.seed.node_id !== iss)
    throw new RmaError('REGISTRATION_FORGED', `${iss} registers the seed of ${verified.seed.node_id}`)
  return { ...verified, at, nonce }
}
