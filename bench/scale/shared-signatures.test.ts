import './shared-signatures.ts'
import { createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto'
import { expect, it } from 'vitest'
import { importPublicKey, isSignedBy, isSignedByAside } from '../../src/main/directory/signing.ts'

const content = Buffer.from('a record')

function signer() {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const raw = publicKey.export({ type: 'spki', format: 'der' }).subarray(-32)
  return { raw, signature: sign(null, content, privateKey), publicKey }
}

it('shares keys, and what is known of a signature, but tells each key, content and signature apart', async () => {
  const [alice, bob] = [signer(), signer()]
  const key = importPublicKey(alice.raw)
  expect(importPublicKey(Buffer.from(alice.raw))).toBe(key)
  for (let time = 0; time < 2; time++) {
    expect(isSignedBy(key, content, alice.signature)).toBe(true)
    await expect(isSignedByAside(key, content, alice.signature)).resolves.toBe(true)
    expect(isSignedBy(key, Buffer.from('another'), alice.signature)).toBe(false)
    expect(isSignedBy(key, content, bob.signature)).toBe(false)
    expect(isSignedBy(importPublicKey(bob.raw), content, alice.signature)).toBe(false)
  }
})

it('leaves other keys to node:crypto', () => {
  const { publicKey, signature } = signer()
  const pem = createPublicKey(publicKey.export({ type: 'spki', format: 'pem' }))
  expect(verify(null, content, pem, signature)).toBe(true)
})
