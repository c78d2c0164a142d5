import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { expect, it } from 'vitest'
import { PeerIds } from './peer-ids.ts'

it('reads the text of a peer id once, keeps a bounded number, and nothing of what is none', async () => {
  const texts = await Promise.all(
    Array.from({ length: 1_001 }, async () => peerIdFromPrivateKey(await generateKeyPair('Ed25519')).toString()),
  )
  const [first = '', second = ''] = texts
  const ids = new PeerIds()
  const read = ids.read(first)
  expect(read.toString()).toBe(first)
  expect(ids.read(first)).toBe(read)
  for (const text of texts) ids.read(text)
  expect(ids.read(first)).not.toBe(read)
  expect(ids.read(second).toString()).toBe(second)
  for (let again = 0; again < 2; again++) expect(() => ids.read('12D3KooWnone')).toThrow()
})
