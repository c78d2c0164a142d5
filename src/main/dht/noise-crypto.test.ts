import { defaultCrypto } from '@libp2p/noise/crypto'
import fc from 'fast-check'
import { Uint8ArrayList } from 'uint8arraylist'
import { expect, it } from 'vitest'
import { noiseCrypto } from './noise-crypto.ts'

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
const message = fc.oneof(fc.uint8Array({ maxLength: 600 }), fc.uint8Array({ minLength: 600, maxLength: 5_000 }))
const lists = message.chain(whole =>
  fc.nat({ max: whole.length }).map(at => new Uint8ArrayList(whole.subarray(0, at), whole.subarray(at))),
)

it('seals and opens what @libp2p/noise itself opens and has sealed, whole or in pieces', () => {
  fc.assert(
    fc.property(
      fc.oneof(message, lists),
      bytes(32),
      bytes(12),
      fc.uint8Array({ maxLength: 40 }),
      (text, key, nonce, ad) => {
        const ours = noiseCrypto.chaCha20Poly1305Encrypt(text, nonce, ad, key)
        const theirs = defaultCrypto.chaCha20Poly1305Encrypt(text, nonce, ad, key)
        expect(Buffer.compare(ours.subarray(), theirs.subarray())).toBe(0)
        for (const sealed of [theirs, new Uint8ArrayList(theirs.subarray(0, 7), theirs.subarray(7))]) {
          const opened = noiseCrypto.chaCha20Poly1305Decrypt(sealed, nonce, ad, key)
          expect(Buffer.compare(opened.subarray(), text.subarray())).toBe(0)
        }
      },
    ),
  )
})

it('opens nothing of which one bit was changed, nor with another key', () => {
  fc.assert(
    fc.property(message, bytes(32), bytes(12), fc.nat(), (text, key, nonce, at) => {
      const sealed = noiseCrypto.chaCha20Poly1305Encrypt(text, nonce, new Uint8Array(0), key).slice()
      const other = key.map((byte, index) => (index === 5 ? byte ^ 1 : byte))
      expect(() => noiseCrypto.chaCha20Poly1305Decrypt(sealed, nonce, new Uint8Array(0), other)).toThrow()
      sealed[at % sealed.length] = Number(sealed[at % sealed.length]) ^ (1 << (at % 8))
      expect(() => noiseCrypto.chaCha20Poly1305Decrypt(sealed, nonce, new Uint8Array(0), key)).toThrow()
    }),
  )
})
