import { z } from 'zod'
import { type ErrorDetails, RmaError } from '../errors.ts'
import { peerIdSchema } from '../schema/primitives.ts'
import { maxEnvelopeLength, type Seed, type SeedClaims, seedClaimsSchema, seedLifeMs } from '../schema/seeds.ts'
import { type Milliseconds, second } from '../units.ts'
import { readToken, type TokenKind } from './ca-token.ts'
import { type Certificate, maxCertificateLength } from './certificate.ts'
import { isSignedByPeer, sealPeerToken, type TokenSigner } from './peer-token.ts'

/** Why a seed is refused, as `details.reason` of SEED_REFUSED. */
export const seedRefusals = [
  /** No token of this kind, or one whose claims the schema does not allow. */
  'malformed',
  /** Made for another network. */
  'wrong-network',
  /** Not signed by the key of the coordinator it names. */
  'bad-signature',
  /** Dated later than the reader's clock plus the allowed skew. */
  'issued-in-future',
  /** Made to count longer than 48 hours. */
  'lives-too-long',
  'expired',
] as const
export type SeedRefusal = (typeof seedRefusals)[number]

/** Checks a certificate for the reader's network: CA, times, revocation. Rejects with the code of what is wrong. */
export type ReadCertificate = (certificate: string, now: Milliseconds) => Promise<Certificate>

export interface SeedReader {
  networkId: string
  now: Milliseconds
  /** Missing only in a network without a CA, where a seed proves no more than that its coordinator has that key. */
  verifyCertificate?: ReadCertificate
}

/** A seed whose coordinator has signed it. `seed` is made of what was signed. */
export interface VerifiedSeed {
  seed: Seed
  issuedAt: Milliseconds
  /** When the envelope or its certificate ends, whichever is first. */
  expiresAt: Milliseconds
  /** Missing only in a network without a CA. */
  certificate?: Certificate
}

/** How far ahead of the reader's clock a seed may be dated. */
const maxSkewMs = 60 * second

const payloadSchema = seedClaimsSchema.extend({
  iss: peerIdSchema,
  /** The network's id. */
  net: z.string().max(64),
  /** Seconds since the Unix epoch, as JWTs have them. */
  iat: z.number().int().min(0),
  exp: z.number().int().min(0),
  cert: z.string().max(maxCertificateLength).optional(),
})

const kind: TokenKind<z.infer<typeof payloadSchema>> = {
  type: 'rma-seed',
  maxLength: maxEnvelopeLength,
  schema: payloadSchema,
  malformed: 'SEED_REFUSED',
}

export interface SeedDraft {
  claims: SeedClaims
  networkId: string
  /** The coordinator's membership certificate; missing only in a network without a CA. */
  certificate?: string
  now: Milliseconds
}

/** A coordinator's word about where it is, signed with its own key, good for 48 hours. Rejects with SEED_REFUSED. */
export async function sealSeed({ claims, networkId, certificate, now }: SeedDraft, signer: TokenSigner): Promise<Seed> {
  checkAddresses(claims, signer.peerId)
  const iat = Math.floor(now / second)
  const exp = iat + seedLifeMs / second
  const payload = { iss: signer.peerId, net: networkId, iat, exp, ...claims }
  const envelope = await sealPeerToken(
    kind.type,
    certificate === undefined ? payload : { ...payload, cert: certificate },
    signer,
  )
  // What no reader would take is the maker's mistake.
  read(envelope)
  return { node_id: signer.peerId, ...claims, envelope }
}

/**
 * Verifies a seed: form, network, the coordinator's signature, times, certificate. Rejects with SEED_REFUSED,
 * MEMBERSHIP_MISSING, MEMBERSHIP_FOREIGN, MEMBERSHIP_ROLE, or what `verifyCertificate` rejects with.
 */
export async function openSeed(envelope: string, reader: SeedReader): Promise<VerifiedSeed> {
  const { iss, net, iat, exp, cert, ...claims } = read(envelope)
  checkAddresses(claims, iss)
  if (net !== reader.networkId)
    throw refused('wrong-network', `the seed is for network ${net}, not for ${reader.networkId}`)
  if (!(await isSignedByPeer(envelope, iss)))
    throw refused('bad-signature', `the seed is not signed by the key of ${iss}`)
  const times = { issuedAt: iat * second, expiresAt: exp * second }
  checkTimes(times, reader.now)
  const seed = { node_id: iss, ...claims, envelope }
  const certificate = await openCertificate(iss, cert, reader)
  if (certificate === undefined) return { seed, ...times }
  return { seed, ...times, expiresAt: Math.min(times.expiresAt, certificate.expiresAt), certificate }
}

/** A coordinator vouches for its own addresses, not for others'. */
function checkAddresses({ multiaddrs }: SeedClaims, nodeId: string): void {
  const foreign = multiaddrs.find(address => !address.endsWith(`/p2p/${nodeId}`))
  if (foreign !== undefined) throw refused('malformed', `expected addresses that end in /p2p/${nodeId}, got ${foreign}`)
}

function checkTimes({ issuedAt, expiresAt }: { issuedAt: Milliseconds; expiresAt: Milliseconds }, now: Milliseconds) {
  if (issuedAt > now + maxSkewMs)
    throw refused('issued-in-future', `the seed is dated ${issuedAt - now} ms from now`, { issuedAt, now })
  if (expiresAt - issuedAt > seedLifeMs)
    throw refused('lives-too-long', `a seed counts for at most ${seedLifeMs} ms, this one ${expiresAt - issuedAt}`)
  if (expiresAt <= now) throw refused('expired', `the seed expired ${now - expiresAt} ms ago`, { expiresAt, now })
}

async function openCertificate(
  nodeId: string,
  token: string | undefined,
  { verifyCertificate, now }: SeedReader,
): Promise<Certificate | undefined> {
  if (verifyCertificate === undefined) return undefined
  if (token === undefined) throw new RmaError('MEMBERSHIP_MISSING', `the seed of ${nodeId} carries no certificate`)
  const certificate = await verifyCertificate(token, now)
  if (certificate.peerId !== nodeId)
    throw new RmaError('MEMBERSHIP_FOREIGN', `the seed of ${nodeId} carries the certificate of ${certificate.peerId}`)
  if (!certificate.roles.includes('coordinator'))
    throw new RmaError('MEMBERSHIP_ROLE', `${nodeId} is certified, but not as a coordinator`)
  return certificate
}

function read(envelope: string): z.infer<typeof payloadSchema> {
  try {
    return readToken(kind, envelope)
  } catch (error) {
    throw refused('malformed', `expected a seed that its coordinator has signed: ${(error as Error).message}`)
  }
}

function refused(reason: SeedRefusal, message: string, details: ErrorDetails = {}): RmaError {
  return new RmaError('SEED_REFUSED', message, { ...details, reason })
}
