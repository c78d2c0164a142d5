import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { expect, it } from 'vitest'
import { readPeerId } from './peer-ids.ts'

it('reads the text of a peer id once, and refuses what is none each time', async () => {
  const text = peerIdFromPrivateKey(await generateKeyPair('Ed25519')).toString()
  const read = readPeerId(text)
  expect(read.toString()).toBe(text)
  expect(readPeerId(text)).toBe(read)
  for (let again = 0; again < 2; again++) expect(() => readPeerId('12D3KooWnone')).toThrow()
})
