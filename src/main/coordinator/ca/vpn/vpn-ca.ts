import { createPrivateKey, createPublicKey, hkdfSync, type KeyObject } from 'node:crypto'
import { decodeBase64url } from '../../../../shared/membership/base64url.ts'
import type { CaKey } from '../../../../shared/membership/ca-key.ts'
import type { Role } from '../../../../shared/membership/certificate.ts'
import { vpnPrefixLength } from '../../../../shared/membership/vpn-lease.ts'
import type { Milliseconds } from '../../../../shared/units.ts'
import { type SignedNebulaCertificate, signNebulaCertificate } from './nebula-certificate.ts'

/** As long as the network's CA key, which has no end: fixed dates make it the same certificate at every coordinator. */
const notBefore = Date.UTC(2025, 0, 1)
const notAfter = Date.UTC(2125, 0, 1)
/** DER of an Ed25519 private key (RFC 8410) up to its 32 bytes. */
const pkcs8Prefix = Buffer.from('302e020100300506032b657004220420', 'hex')

export interface VpnMember {
  ip: string
  /** X25519, base64url. */
  key: string
  roles: readonly Role[]
  issuedAt: Milliseconds
  expiresAt: Milliseconds
}

/**
 * The Nebula CA of a network. Its key is derived from the network's CA key, and nothing in it is left to chance: all
 * coordinators that hold that key are one Nebula CA, without another secret to copy.
 */
export class VpnCa {
  readonly certificate: SignedNebulaCertificate
  readonly #key: KeyObject

  constructor(networkId: string, { privateJwk }: CaKey) {
    const secret = decodeBase64url(privateJwk.d) ?? new Uint8Array()
    const seed = Buffer.from(hkdfSync('sha256', secret, networkId, 'rma nebula ca', 32))
    this.#key = createPrivateKey({ key: Buffer.concat([pkcs8Prefix, seed]), format: 'der', type: 'pkcs8' })
    const content = {
      name: `rma-${networkId}`,
      ips: [{ address: '10.42.0.0', prefixLength: vpnPrefixLength }],
      groups: [],
      notBefore,
      notAfter,
      publicKey: rawPublicKey(this.#key),
    }
    this.certificate = signNebulaCertificate(content, this.#key)
  }

  /** The name follows from the address, so that no text of a peer's gets into a certificate. */
  sign({ ip, key, roles, issuedAt, expiresAt }: VpnMember): SignedNebulaCertificate {
    const content = {
      name: ip.replaceAll('.', '-'),
      ips: [{ address: ip, prefixLength: vpnPrefixLength }],
      groups: [...roles].sort(),
      notBefore: issuedAt,
      notAfter: expiresAt,
      publicKey: decodeBase64url(key) ?? new Uint8Array(),
      issuer: this.certificate.fingerprint,
    }
    return signNebulaCertificate(content, this.#key)
  }
}

function rawPublicKey(key: KeyObject): Uint8Array {
  const { x = '' } = createPublicKey(key).export({ format: 'jwk' })
  return decodeBase64url(x) ?? new Uint8Array()
}
