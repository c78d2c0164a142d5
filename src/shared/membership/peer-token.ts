import { encodeBase64url } from './base64url.ts'
import { isTokenSignedBy } from './ca-token.ts'
import { publicKeyOfPeerId } from './peer-key.ts'

/** Signs with the Ed25519 key of `peerId`; a libp2p private key does. */
export interface TokenSigner {
  readonly peerId: string
  sign(content: Uint8Array): Uint8Array | Promise<Uint8Array>
}

const utf8 = new TextEncoder()

/**
 * A compact JWS (RFC 7515) with EdDSA (RFC 8037) by a peer's own key, as `ca-token.ts` reads it. `type` goes into the
 * signed header (`typ`), so that a token made for one purpose means nothing for another.
 */
export async function sealPeerToken(type: string, claims: object, signer: TokenSigner): Promise<string> {
  const [header, payload] = [{ alg: 'EdDSA', typ: type }, claims].map(part =>
    encodeBase64url(utf8.encode(JSON.stringify(part))),
  )
  const content = `${header}.${payload}`
  return `${content}.${encodeBase64url(await signer.sign(utf8.encode(content)))}`
}

/** Whether the key of `peerId` has signed the token. */
export async function isSignedByPeer(token: string, peerId: string): Promise<boolean> {
  const publicKey = publicKeyOfPeerId(peerId)
  return publicKey !== undefined && isTokenSignedBy(token, encodeBase64url(publicKey))
}
