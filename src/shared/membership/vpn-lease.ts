import { z } from 'zod'
import { RmaError } from '../errors.ts'
import { type PeerIdText, peerIdSchema } from '../schema/primitives.ts'
import type { Milliseconds } from '../units.ts'
import { type CaKey, rawKeySchema } from './ca-key.ts'
import { isTokenSignedBy, readToken, signToken, type TokenKind } from './ca-token.ts'
import { clockSkewMs } from './certificate.ts'
import type { CaIdentity } from './revocations.ts'

/** All of a network's VPN: 65,534 members. */
export const vpnPrefixLength = 16
/** Longest lease in characters. */
export const maxVpnLeaseLength = 6_144

/** An address within 10.42.0.0/16 that is neither its first nor its last. */
export const vpnIpSchema = z
  .ipv4()
  .regex(/^10\.42\.(?!0\.0$|255\.255$)/, 'expected an address of the VPN, 10.42.0.1 to 10.42.255.254')

const nebulaPemSchema = z
  .string()
  .max(1_024)
  .regex(/^-----BEGIN NEBULA CERTIFICATE-----\n[A-Za-z0-9+/=\n]+\n-----END NEBULA CERTIFICATE-----\n$/)

/** Somebody who tells members of the VPN where the others are, and at which UDP ports it is found. */
export const lighthouseSchema = z.strictObject({
  ip: vpnIpSchema,
  endpoints: z
    .array(z.string().regex(/^(\d{1,3}(\.\d{1,3}){3}|[a-z0-9.-]{1,128}):\d{1,5}$/i, 'expected host:port'))
    .min(1)
    .max(4),
})
export type Lighthouse = z.infer<typeof lighthouseSchema>

const leaseSchema = z.strictObject({
  net: z.string().regex(/^[0-9a-f]{16}$/),
  peer: peerIdSchema,
  ip: vpnIpSchema,
  /** X25519, base64url: the key that the certificate is for. */
  key: rawKeySchema,
  authority: nebulaPemSchema,
  certificate: nebulaPemSchema,
  /** Milliseconds since the Unix epoch. */
  issuedAt: z.number().int().min(0),
  expiresAt: z.number().int().min(0),
  lighthouses: z.array(lighthouseSchema).max(8),
})
/** What the CA gives a member to take part in the network's VPN. Signed: it may come through somebody else. */
export type VpnLease = z.infer<typeof leaseSchema>

const kind: TokenKind<VpnLease> = {
  type: 'rma-vpn-lease',
  maxLength: maxVpnLeaseLength,
  schema: leaseSchema,
  malformed: 'MEMBERSHIP_MALFORMED',
}

export function signVpnLease(lease: VpnLease, key: CaKey): Promise<string> {
  return signToken(kind, lease, key)
}

export interface VpnLeaseCheck extends CaIdentity {
  peerId: PeerIdText
  /** The X25519 key this node has, base64url. */
  vpnKey: string
  now: Milliseconds
}

/** Throws MEMBERSHIP_MALFORMED, _WRONG_NETWORK, _FOREIGN (for another peer or key), _FORGED or _EXPIRED. */
export async function verifyVpnLease(token: string, check: VpnLeaseCheck): Promise<VpnLease> {
  const lease = readToken(kind, token)
  if (lease.net !== check.networkId)
    throw new RmaError(
      'MEMBERSHIP_WRONG_NETWORK',
      `expected a VPN lease of ${check.networkId}, got one of ${lease.net}`,
    )
  if (lease.peer !== check.peerId || lease.key !== check.vpnKey)
    throw new RmaError('MEMBERSHIP_FOREIGN', 'the VPN lease is for another node or another key of this one')
  if (!(await isTokenSignedBy(token, rawKeySchema.parse(check.caPublicKey))))
    throw new RmaError('MEMBERSHIP_FORGED', 'the VPN lease is not signed by the CA of this network')
  if (lease.expiresAt <= check.now - clockSkewMs)
    throw new RmaError('MEMBERSHIP_EXPIRED', `the VPN lease ended at ${new Date(lease.expiresAt).toISOString()}`)
  return lease
}
