import type { PeerIdText } from '../schema/primitives.ts'
import { decodeBase64url } from './base64url.ts'

/*
 * The text of a libp2p peer id is its public key: base58btc of an identity multihash over a protobuf message that holds
 * an Ed25519 key (libp2p peer id spec). Written out here because it has to run in Workers and pages as well as in Node.
 */
const alphabet = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'
/** Identity multihash of 36 bytes; then key type 1 (Ed25519) and data of 32 bytes. */
const prefix = Uint8Array.of(0x00, 0x24, 0x08, 0x01, 0x12, 0x20)
const keyLength = 32
/** Ids of Ed25519 keys have 52 characters. */
const idLength = 52

/** The raw Ed25519 public key that a peer id stands for; undefined where the text is no such id. */
export function publicKeyOfPeerId(peerId: string): Uint8Array<ArrayBuffer> | undefined {
  if (peerId.length !== idLength) return undefined
  let value = 0n
  for (const char of peerId) value = value * 58n + BigInt(Math.max(0, alphabet.indexOf(char)))
  const key = new Uint8Array(keyLength)
  for (let at = keyLength - 1; at >= 0; at--, value /= 256n) key[at] = Number(value % 256n)
  return peerIdOfPublicKey(key) === peerId ? key : undefined
}

/** The peer id of a raw Ed25519 public key of 32 bytes. */
export function peerIdOfPublicKey(publicKey: Uint8Array): PeerIdText {
  let value = Uint8Array.of(...prefix, ...publicKey).reduce((sum, byte) => sum * 256n + BigInt(byte), 0n)
  let digits = ''
  for (; value > 0n; value /= 58n) digits = alphabet.charAt(Number(value % 58n)) + digits
  // The leading zero byte, which base58 cannot say otherwise.
  return `1${digits}`
}

/** Whether the key of `peerId` has made this Ed25519 signature (base64url) over `content`. */
export async function isSignatureOfPeer(
  peerId: string,
  content: Uint8Array<ArrayBuffer>,
  signature: string,
): Promise<boolean> {
  const rawKey = publicKeyOfPeerId(peerId)
  const bytes = decodeBase64url(signature)
  if (rawKey === undefined || bytes === undefined) return false
  const key = await crypto.subtle.importKey('raw', rawKey, 'Ed25519', false, ['verify'])
  return crypto.subtle.verify('Ed25519', key, bytes, content)
}
