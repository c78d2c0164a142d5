import { createHash } from 'node:crypto'
import { blockedVpnCertificates, isRevoked, type RevokedAt } from '../../shared/membership/revocations.ts'
import type { VpnLease } from '../../shared/membership/vpn-lease.ts'
import type { VpnLoss } from '../../shared/schema/vpn.ts'
import { type Milliseconds, second } from '../../shared/units.ts'

/** Why others in the VPN no longer speak with whoever has this lease; undefined while they do. Pure. */
export function lossOf(lease: VpnLease, revoked: RevokedAt, now: Milliseconds): VpnLoss | undefined {
  const { peer: sub, issuedAt, expiresAt, certificate } = lease
  if (isRevoked(revoked, { jti: '', sub, iat: Math.floor(issuedAt / second) })) return 'blocked'
  if (blockedVpnCertificates(revoked).includes(fingerprintOf(certificate))) return 'blocked'
  return expiresAt <= now ? 'expired' : undefined
}

/** SHA-256, in hex, of a certificate in PEM, as Nebula's block list names it. */
function fingerprintOf(pem: string): string {
  const base64 = pem.replaceAll(/-----[A-Z ]+-----|\s/g, '')
  return createHash('sha256').update(Buffer.from(base64, 'base64')).digest('hex')
}
