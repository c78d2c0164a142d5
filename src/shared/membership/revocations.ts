import { toString as toText } from 'uint8arrays/to-string'
import { z } from 'zod'
import { RmaError } from '../errors.ts'
import { day, type Milliseconds, minute } from '../units.ts'
import { decodeBase64url } from './base64url.ts'
import type { CaKey } from './ca-key.ts'
import { rawKeySchema } from './ca-key.ts'
import { isTokenSignedBy, readToken, signToken, type TokenKind } from './ca-token.ts'

/** Longest list of revocations in characters. */
export const maxRevocationsLength = 57_344
/** An entry matters until the last certificate it could mean has expired: seven days, and what clocks may differ. */
const entryLifeMs = 7 * day + 2 * minute

/** A peer id, the id (`jti`) of one certificate, or the SHA-256 of one of the VPN; told apart by their length. */
const subjectSchema = z.string().regex(/^[A-Za-z0-9_-]{22,62}$/, 'expected a peer id or the id of a certificate')

const revocationsSchema = z.strictObject({
  net: z.string().regex(/^[0-9a-f]{16}$/),
  /** Grows with each list; the Unix time in milliseconds at which it was made, or one above the last. */
  version: z.number().int().min(1).max(Number.MAX_SAFE_INTEGER),
  /**
   * Subject → Unix seconds: a certificate of that id, or of that peer and issued no later than that, no longer counts.
   * A peer admitted again afterwards gets certificates that do.
   */
  revoked: z.record(subjectSchema, z.number().int().min(0).max(8_640_000_000_000)),
})
/** What the CA has taken back, newest state of all of it. */
export type Revocations = z.infer<typeof revocationsSchema>
export type RevokedAt = Revocations['revoked']

const kind: TokenKind<Revocations> = {
  type: 'rma-revocations',
  maxLength: maxRevocationsLength,
  schema: revocationsSchema,
  malformed: 'MEMBERSHIP_MALFORMED',
}

export interface CaIdentity {
  /** Ed25519, base64url. */
  caPublicKey: string
  networkId: string
}

/** Throws TOO_LARGE where more is revoked than a list holds (some 700 peers in a week). */
export async function signRevocations(revocations: Revocations, key: CaKey): Promise<string> {
  return signToken(kind, revocations, key)
}

/** Throws MEMBERSHIP_MALFORMED, MEMBERSHIP_WRONG_NETWORK or MEMBERSHIP_FORGED. */
export async function verifyRevocations(token: string, { caPublicKey, networkId }: CaIdentity): Promise<Revocations> {
  const revocations = readToken(kind, token)
  if (revocations.net !== networkId)
    throw new RmaError(
      'MEMBERSHIP_WRONG_NETWORK',
      `expected revocations of ${networkId}, got those of ${revocations.net}`,
    )
  if (!(await isTokenSignedBy(token, rawKeySchema.parse(caPublicKey))))
    throw new RmaError('MEMBERSHIP_FORGED', 'the list of revocations is not signed by the CA of this network')
  return revocations
}

/** Whether a certificate has been taken back. `iat` in Unix seconds. */
export function isRevoked(revoked: RevokedAt, { jti, sub, iat }: { jti: string; sub: string; iat: number }): boolean {
  return revoked[jti] !== undefined || iat <= (revoked[sub] ?? -1)
}

/** SHA-256, in hex, of the certificates of the VPN that were taken back: what Nebula calls its block list. */
export function blockedVpnCertificates(revoked: RevokedAt): string[] {
  const digests = Object.keys(revoked).map(subject => (subject.length === 43 ? decodeBase64url(subject) : undefined))
  return digests.flatMap(digest => (digest?.length === 32 ? [toText(digest, 'base16')] : []))
}

/** All of both, less what no living certificate can match any more. Two coordinators' lists become one this way. */
export function mergeRevoked(one: RevokedAt, other: RevokedAt, now: Milliseconds): RevokedAt {
  const merged = new Map<string, number>()
  for (const [subject, at] of [...Object.entries(one), ...Object.entries(other)]) {
    if (at * 1_000 + entryLifeMs > now) merged.set(subject, Math.max(at, merged.get(subject) ?? 0))
  }
  return Object.fromEntries([...merged].sort(([a], [b]) => (a < b ? -1 : 1)))
}
