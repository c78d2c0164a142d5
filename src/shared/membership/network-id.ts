import { sha256 } from '@noble/hashes/sha2.js'
import { concat } from 'uint8arrays/concat'
import { fromString } from 'uint8arrays/from-string'
import { toString as toText } from 'uint8arrays/to-string'

/**
 * Names a network: the first 16 hex digits of sha256(name ‖ CA public key). It is part of each protocol name, so nodes of
 * two networks have no protocol in common. `caPublicKey` is base64url; open networks have none.
 */
export function networkId(name: string, caPublicKey?: string): string {
  const key = caPublicKey === undefined ? new Uint8Array() : fromString(caPublicKey, 'base64url')
  return toText(sha256(concat([fromString(name, 'utf8'), key])), 'base16').slice(0, 16)
}
