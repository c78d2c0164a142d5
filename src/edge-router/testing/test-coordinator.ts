import { generateKeyPair } from '@libp2p/crypto/keys'
import { encodeBase64url } from '../../shared/membership/base64url.ts'
import type { CaKey } from '../../shared/membership/ca-key.ts'
import { type CertificateRequest, issueCertificate } from '../../shared/membership/certificate.ts'
import { networkId } from '../../shared/membership/network-id.ts'
import type { TokenSigner } from '../../shared/membership/peer-token.ts'
import { sealRegistration } from '../../shared/membership/registration.ts'
import { sealSeed } from '../../shared/membership/seed-envelope.ts'
import type { Seed } from '../../shared/schema/seeds.ts'
import { day } from '../../shared/units.ts'

export const networkName = 'test-charity'

export async function makeSigner(): Promise<TokenSigner> {
  const key = await generateKeyPair('Ed25519')
  return { peerId: key.publicKey.toString(), sign: content => key.sign(content) }
}

export interface TestRegistration {
  ca: CaKey
  signer: TokenSigner
  edgeUrl: string
  now: number
  location?: string | null
  /** What differs from a certificate that is in order. */
  certificate?: Partial<CertificateRequest>
  /** Another CA's key signs the certificate. */
  signedBy?: CaKey
  nonce?: string
  networkId?: string
}

/** A seed and the registration of it, as a coordinator makes them. */
export async function makeRegistration(init: TestRegistration): Promise<{ seed: Seed; registration: string }> {
  const { ca, signer, now, edgeUrl, location = null } = init
  const network = init.networkId ?? networkId(networkName, ca.publicKey)
  const request: CertificateRequest = {
    peerId: signer.peerId,
    networkId: network,
    roles: ['coordinator'],
    issuedAt: now,
    lifeMs: 7 * day,
    ...init.certificate,
  }
  const certificate = await issueCertificate(request, init.signedBy ?? ca)
  const claims = {
    tunnel_url: 'https://coordinator.example.org',
    dht_port: 8468,
    location,
    multiaddrs: [`/dns4/coordinator.example.org/tcp/8468/p2p/${signer.peerId}`],
  }
  const seed = await sealSeed({ claims, networkId: network, certificate, now }, signer)
  const nonce = init.nonce ?? encodeBase64url(crypto.getRandomValues(new Uint8Array(16)))
  const draft = { edgeUrl, networkId: network, envelope: seed.envelope, nonce, now }
  return { seed, registration: await sealRegistration(draft, signer) }
}
