import { z } from 'zod'
import { RmaError } from '../errors.ts'
import { safeParse } from '../safe-parse.ts'
import { type PeerIdText, peerIdSchema } from '../schema/primitives.ts'
import { day, type Milliseconds, minute, second } from '../units.ts'
import { type CaKey, rawKeySchema } from './ca-key.ts'
import { isTokenSignedBy, randomToken, readToken, signToken, type TokenKind } from './ca-token.ts'
import { type CaIdentity, isRevoked, type RevokedAt } from './revocations.ts'

/** Longest certificate in characters. */
export const maxCertificateLength = 2_048
export const maxCertificateLifeMs = 7 * day
/** What the clocks of a CA and a reader may differ by. */
export const clockSkewMs = minute

/** What a member may do. `trusted`: requests that ask for it go to such members only. */
export const roleSchema = z.enum(['donor', 'requester', 'coordinator', 'trusted'])
export type Role = z.infer<typeof roleSchema>

/** Coordinators ask on behalf of others. */
export function mayRequest(roles: readonly Role[]): boolean {
  return roles.includes('requester') || roles.includes('coordinator')
}

/** At least one role, none twice. */
export const rolesSchema = z
  .array(roleSchema)
  .min(1)
  .refine(roles => new Set(roles).size === roles.length, 'expected each role once')

const seconds = z.number().int().min(0).max(8_640_000_000_000)

const claimsSchema = z
  .strictObject({
    sub: peerIdSchema,
    net: z.string().regex(/^[0-9a-f]{16}$/),
    roles: rolesSchema,
    vpn: z.ipv4().optional(),
    iat: seconds,
    exp: seconds,
    jti: z.string().regex(/^[A-Za-z0-9_-]{22}$/),
  })
  .refine(({ iat, exp }) => exp > iat, 'expected it to expire after it was issued')
  .refine(({ iat, exp }) => (exp - iat) * second <= maxCertificateLifeMs, 'expected a life of at most 7 days')
type Claims = z.infer<typeof claimsSchema>

const kind: TokenKind<Claims> = {
  type: 'rma-membership',
  maxLength: maxCertificateLength,
  schema: claimsSchema,
  malformed: 'MEMBERSHIP_MALFORMED',
}

/** What the CA says of a member. */
export interface Certificate {
  /** Id of this certificate. */
  id: string
  peerId: PeerIdText
  networkId: string
  roles: Role[]
  vpnIp?: string
  issuedAt: Milliseconds
  expiresAt: Milliseconds
}

export interface CertificateRequest {
  peerId: PeerIdText
  networkId: string
  roles: Role[]
  vpnIp?: string
  issuedAt: Milliseconds
  /** At most 7 days. */
  lifeMs: Milliseconds
}

/** Signs a certificate, a JWT; times are cut to whole seconds. Throws BAD_INPUT where it would be no valid one. */
export async function issueCertificate(request: CertificateRequest, key: CaKey): Promise<string> {
  const iat = Math.floor(request.issuedAt / second)
  const claims = safeParse(claimsSchema, {
    sub: request.peerId,
    net: request.networkId,
    roles: request.roles,
    ...(request.vpnIp === undefined ? {} : { vpn: request.vpnIp }),
    iat,
    exp: iat + Math.floor(request.lifeMs / second),
    jti: randomToken(),
  })
  if (!claims.success)
    throw new RmaError('BAD_INPUT', `no certificate of that content: ${z.prettifyError(claims.error)}`)
  return signToken(kind, claims.data, key)
}

export interface CertificateCheck extends CaIdentity {
  /** The reader's clock, corrected where it knows how far it is off. */
  now: Milliseconds
  /** The peer that shows it; left out where somebody passes it on. */
  shownBy?: PeerIdText
  revoked?: RevokedAt
}

/**
 * Reads a certificate and says whether it counts. Throws MEMBERSHIP_MALFORMED, MEMBERSHIP_WRONG_NETWORK,
 * MEMBERSHIP_FORGED, MEMBERSHIP_FOREIGN, MEMBERSHIP_NOT_YET_VALID, MEMBERSHIP_EXPIRED or MEMBERSHIP_REVOKED.
 */
export async function verifyCertificate(token: string, check: CertificateCheck): Promise<Certificate> {
  const certificate = await verifyIssued(token, check)
  checkValidity(certificate, check)
  return certificate
}

/** As `verifyCertificate`, without regard to time and revocation: that the CA has once said so. */
export async function verifyIssued(
  token: string,
  { networkId, caPublicKey, shownBy }: Omit<CertificateCheck, 'now' | 'revoked'>,
): Promise<Certificate> {
  const claims = readToken(kind, token)
  if (claims.net !== networkId)
    throw new RmaError(
      'MEMBERSHIP_WRONG_NETWORK',
      `expected a certificate of network ${networkId}, got one of ${claims.net}`,
    )
  if (!(await isTokenSignedBy(token, rawKeySchema.parse(caPublicKey))))
    throw new RmaError('MEMBERSHIP_FORGED', 'the certificate is not signed by the CA of this network')
  if (shownBy !== undefined && claims.sub !== shownBy)
    throw new RmaError('MEMBERSHIP_FOREIGN', `the certificate is that of ${claims.sub}, and ${shownBy} showed it`)
  return certificateOf(claims)
}

/** Throws MEMBERSHIP_NOT_YET_VALID, MEMBERSHIP_EXPIRED or MEMBERSHIP_REVOKED. */
export function checkValidity(
  certificate: Certificate,
  { now, revoked }: Pick<CertificateCheck, 'now' | 'revoked'>,
): void {
  const { id, peerId, issuedAt, expiresAt } = certificate
  if (issuedAt > now + clockSkewMs)
    throw new RmaError(
      'MEMBERSHIP_NOT_YET_VALID',
      `the certificate counts from ${iso(issuedAt)}, and it is ${iso(now)}`,
    )
  if (expiresAt <= now - clockSkewMs)
    throw new RmaError('MEMBERSHIP_EXPIRED', `the certificate ended at ${iso(expiresAt)}, and it is ${iso(now)}`)
  if (revoked !== undefined && isRevoked(revoked, { jti: id, sub: peerId, iat: issuedAt / second }))
    throw new RmaError('MEMBERSHIP_REVOKED', 'the certificate was taken back')
}

function certificateOf({ sub, net, roles, vpn, iat, exp, jti }: Claims): Certificate {
  return {
    id: jti,
    peerId: sub,
    networkId: net,
    roles,
    ...(vpn === undefined ? {} : { vpnIp: vpn }),
    issuedAt: iat * second,
    expiresAt: exp * second,
  }
}

function iso(at: Milliseconds): string {
  return new Date(at).toISOString()
}
