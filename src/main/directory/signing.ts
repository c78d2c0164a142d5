import { createPublicKey, type KeyObject, verify } from 'node:crypto'
import { promisify } from 'node:util'
import { publicKeyFromRaw } from '@libp2p/crypto/keys'
import type { Ed25519PrivateKey } from '@libp2p/interface'
import type { PeerIdText } from '../../shared/schema/primitives.ts'

/** Length of an Ed25519 public key in bytes. */
export const publicKeyLength = 32
/** Length of an Ed25519 signature in bytes. */
export const signatureLength = 64

const verifyAside = promisify(verify)

/** DER of an Ed25519 SubjectPublicKeyInfo up to the key's own 32 bytes (RFC 8410). */
const spkiPrefix = Buffer.from('302a300506032b6570032100', 'hex')

/**
 * What is signed: domain, payload type and payload, each behind its length, so that a signature made for one purpose or
 * network means nothing in another (libp2p RFC 0002, signed envelopes).
 */
export function signedContent(domain: string, payloadType: Uint8Array, payload: Uint8Array): Uint8Array {
  const domainBytes = Buffer.from(domain, 'utf8')
  return Buffer.concat([
    encodeVarint(domainBytes.length),
    domainBytes,
    encodeVarint(payloadType.length),
    payloadType,
    encodeVarint(payload.length),
    payload,
  ])
}

/** Unsigned LEB128, as protobuf and multiformats write lengths; at most 2^28 - 1 here. */
export function encodeVarint(value: number): Uint8Array {
  const bytes: number[] = []
  let rest = value
  while (rest >= 0x80) {
    bytes.push((rest & 0x7f) | 0x80)
    rest >>>= 7
  }
  bytes.push(rest)
  return Uint8Array.from(bytes)
}

export async function sign(privateKey: Ed25519PrivateKey, content: Uint8Array): Promise<Uint8Array> {
  return privateKey.sign(content)
}

/** Makes a raw Ed25519 key usable. Costs a third of a verification: keep the result where a peer is heard of again. */
export function importPublicKey(raw: Uint8Array): KeyObject {
  return createPublicKey({ key: Buffer.concat([spkiPrefix, raw]), format: 'der', type: 'spki' })
}

export function isSignedBy(publicKey: KeyObject, content: Uint8Array, signature: Uint8Array): boolean {
  return verify(null, content, publicKey, signature)
}

/** As `isSignedBy`, on a thread of libuv's pool: this one only pays for handing it over, a fiftieth of the work. */
export function isSignedByAside(publicKey: KeyObject, content: Uint8Array, signature: Uint8Array): Promise<boolean> {
  return verifyAside(null, content, publicKey, signature)
}

/** The peer id that belongs to a raw Ed25519 public key. */
export function peerIdTextOf(rawPublicKey: Uint8Array): PeerIdText {
  return publicKeyFromRaw(rawPublicKey).toString()
}
