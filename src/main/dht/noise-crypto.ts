import { createCipheriv, createDecipheriv, createSecretKey, getCiphers, type KeyObject } from 'node:crypto'
import type { noise } from '@libp2p/noise'
import { asCrypto, defaultCrypto } from '@libp2p/noise/crypto'
import { Uint8ArrayList } from 'uint8arraylist'

type NoiseCrypto = NonNullable<NonNullable<Parameters<typeof noise>[0]>['crypto']>

const algorithm = 'chacha20-poly1305'
const authTagLength = 16
/** What is shorter is encrypted sooner in WebAssembly than by OpenSSL, which has to be set up for each message. */
const shortBytes = 512

/**
 * The cryptography of @libp2p/noise 17.0.3, with keys that Node has read once: from plain bytes it makes its own form of
 * the key anew for each message, which takes longer than to encrypt one of 16 KiB.
 */
export const noiseCrypto: NoiseCrypto = getCiphers().includes(algorithm)
  ? { ...defaultCrypto, chaCha20Poly1305Encrypt: encrypt, chaCha20Poly1305Decrypt: decrypt }
  : // BoringSSL, in Electron, has no such cipher: the default knows another way.
    defaultCrypto

/** By identity: a connection keeps its two keys for as long as it lasts, and never writes to them. */
const keys = new WeakMap<Uint8Array, KeyObject>()

function keyOf(bytes: Uint8Array): KeyObject {
  const known = keys.get(bytes)
  if (known !== undefined) return known
  const key = createSecretKey(bytes)
  keys.set(bytes, key)
  return key
}

type Encrypt = NoiseCrypto['chaCha20Poly1305Encrypt']
type Decrypt = NoiseCrypto['chaCha20Poly1305Decrypt']

function encrypt(...[plaintext, nonce, ad, key]: Parameters<Encrypt>): ReturnType<Encrypt> {
  if (plaintext.byteLength < shortBytes) return asCrypto.chaCha20Poly1305Encrypt(plaintext, nonce, ad, key)
  const cipher = createCipheriv(algorithm, keyOf(key), nonce, { authTagLength })
  cipher.setAAD(ad, { plaintextLength: plaintext.byteLength })
  const sealed = new Uint8ArrayList()
  for (const piece of piecesOf(plaintext)) sealed.append(cipher.update(piece))
  cipher.final()
  sealed.append(cipher.getAuthTag())
  return sealed
}

/** Throws where it was not sealed with that key, nonce and additional data. */
function decrypt(...[ciphertext, nonce, ad, key, into]: Parameters<Decrypt>): ReturnType<Decrypt> {
  if (ciphertext.byteLength < shortBytes) return asCrypto.chaCha20Poly1305Decrypt(ciphertext, nonce, ad, key, into)
  const length = ciphertext.byteLength - authTagLength
  const decipher = createDecipheriv(algorithm, keyOf(key), nonce, { authTagLength })
  decipher.setAAD(ad, { plaintextLength: length })
  decipher.setAuthTag(ciphertext.subarray(length))
  const text = ciphertext instanceof Uint8Array ? ciphertext.subarray(0, length) : ciphertext.sublist(0, length)
  const opened = new Uint8ArrayList()
  for (const piece of piecesOf(text)) opened.append(decipher.update(piece))
  decipher.final()
  return opened
}

function piecesOf(bytes: Uint8Array | Uint8ArrayList): Iterable<Uint8Array> {
  return bytes instanceof Uint8Array ? [bytes] : bytes
}
