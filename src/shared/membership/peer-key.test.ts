import { generateKeyPair } from '@libp2p/crypto/keys'
import fc from 'fast-check'
import { toString as toText } from 'uint8arrays/to-string'
import { expect, test } from 'vitest'
import { decodeBase64url, encodeBase64url } from './base64url.ts'
import { peerIdOfPublicKey, publicKeyOfPeerId } from './peer-key.ts'

test('reads the public key out of a peer id as libp2p writes it', async () => {
  for (let round = 0; round < 20; round++) {
    const { publicKey } = await generateKeyPair('Ed25519')
    expect(publicKeyOfPeerId(publicKey.toString())).toEqual(new Uint8Array(publicKey.raw))
    expect(peerIdOfPublicKey(publicKey.raw)).toBe(publicKey.toString())
  }
})

test('gives every key one id, and no other text stands for that key', () => {
  const keys = fc.uint8Array({ minLength: 32, maxLength: 32 })
  fc.assert(
    fc.property(keys, fc.nat(), fc.constantFrom(...'123456789ABCXYZabcxyz0OIl'), (key, at, char) => {
      const id = peerIdOfPublicKey(key)
      expect(publicKeyOfPeerId(id)).toEqual(key)
      const index = at % id.length
      const changed = id.slice(0, index) + char + id.slice(index + 1)
      if (changed !== id) expect(publicKeyOfPeerId(changed)).not.toEqual(key)
      expect(publicKeyOfPeerId(`1${id}`)).toBeUndefined()
      expect(publicKeyOfPeerId(id.slice(1))).toBeUndefined()
    }),
  )
})

test('knows no key for text that is no Ed25519 id', () => {
  // A hashed RSA id, nothing, what is no base58, and far too much.
  for (const text of ['QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N', '', '1', '12D3KooW0OIl', '1'.repeat(10_000)]) {
    expect(publicKeyOfPeerId(text)).toBeUndefined()
  }
})

test('takes base64url only as it would have written it', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 70 }), bytes => {
      const text = encodeBase64url(bytes)
      expect(text).toBe(toText(bytes, 'base64url'))
      expect(decodeBase64url(text)).toEqual(bytes)
    }),
  )
  for (const text of ['AA=', 'A', 'AB', 'A+/A', 'AA AA', 'AAé']) expect(decodeBase64url(text)).toBeUndefined()
})
