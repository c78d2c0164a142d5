import { createHash } from 'node:crypto'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey, peerIdFromString } from '@libp2p/peer-id'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  closestPeers,
  coordinatorKey,
  coordinatorsKey,
  distance,
  keyPosition,
  parseKey,
  peerPosition,
  relaysKey,
  serviceKey,
  shardOf,
  tryParseKey,
  workerKey,
} from './keys.ts'
import { testWorker } from './test-records.ts'

const peerId = '12D3KooWKnDdG3iXw9eTFijk3EWSunZcFi54Zka4wmtqtt6rPxc8'

describe('a directory key', () => {
  it('is read back as what it was made of', () => {
    expect(parseKey(serviceKey('ner-extraction'))).toEqual({ kind: 'service', service: 'ner-extraction' })
    expect(parseKey(workerKey(peerId))).toEqual({ kind: 'worker', peerId })
    expect(parseKey(coordinatorKey(peerId))).toEqual({ kind: 'coordinator', peerId })
    expect(parseKey(coordinatorsKey())).toEqual({ kind: 'coordinators' })
    expect(parseKey(coordinatorsKey('eu-west-2'))).toEqual({ kind: 'coordinators', location: 'eu-west-2' })
    expect(parseKey(relaysKey)).toEqual({ kind: 'relays' })
  })

  it.each([
    '',
    ':',
    'ocr',
    'service',
    'service:',
    'service:OCR',
    'service: ocr',
    'service:ocr:2',
    'service:a--b',
    `service:${'x'.repeat(33)}`,
    'worker:me',
    `worker:${'1'.repeat(70)}`,
    `worker:${peerId}x0`,
    'coordinator:',
    'coordinators:',
    'relays:',
    'relays:leeds',
    'coordinators:London',
    'coordinators:a\u0000',
    `${'x'.repeat(100)}:y`,
  ])('is not %j', text => {
    expect(tryParseKey(text)).toBeUndefined()
    expect(() => parseKey(text)).toThrow(expect.objectContaining({ code: 'BAD_REQUEST' }))
  })

  it('is refused with a short message, whatever comes', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 300, unit: 'binary' }), text => {
        fc.pre(tryParseKey(text) === undefined)
        expect(() => parseKey(text)).toThrow(expect.objectContaining({ code: 'BAD_REQUEST' }))
      }),
    )
  })
})

describe('a shard', () => {
  it('is named by the first digits of the place of its workers', async () => {
    const place = peerPosition(peerIdFromPrivateKey(await generateKeyPair('Ed25519')).toString())
    const hex = Buffer.from(place).toString('hex')
    expect([0, 1, 4].map(digits => shardOf(place, digits))).toEqual(['', hex.slice(0, 1), hex.slice(0, 4)])
    const key = serviceKey('ocr', shardOf(place, 2))
    expect(parseKey(key)).toEqual({ kind: 'service', service: 'ocr', shard: hex.slice(0, 2) })
  })

  it('lies at one place in the key space for all services, and each shard at another', () => {
    const [ocr, ner] = ['ocr', 'ner-extraction'].map(service => keyPosition(serviceKey(service, '3f')))
    expect(ocr).toEqual(ner)
    expect(keyPosition(serviceKey('ocr', '3'))).not.toEqual(ocr)
    expect(keyPosition(serviceKey('ocr'))).not.toEqual(keyPosition(serviceKey('ner-extraction')))
  })

  it('of no digits, of five or of other characters is none', () => {
    for (const text of ['service:ocr/', 'service:ocr/12345', 'service:ocr/G', 'service:ocr/1/2', 'worker:a/1'])
      expect(tryParseKey(text)).toBeUndefined()
  })
})

describe('the key space', () => {
  it('places keys by the hash of their text', () => {
    expect(Buffer.from(keyPosition('service:ocr'))).toEqual(createHash('sha256').update('service:ocr').digest())
  })

  it('places peers where kad-dht does', async () => {
    const { peerId } = await testWorker()
    const multihash = peerIdFromString(peerId).toMultihash().bytes
    expect(Buffer.from(peerPosition(peerId))).toEqual(createHash('sha256').update(multihash).digest())
  })

  it('measures distance by XOR', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        (a, b) => {
          const expected = BigInt(`0x${Buffer.from(a).toString('hex')}`) ^ BigInt(`0x${Buffer.from(b).toString('hex')}`)
          expect(BigInt(`0x${distance(a, b)}`)).toBe(expected)
          expect(distance(a, a)).toBe('0'.repeat(64))
        },
      ),
    )
  })

  it('finds the peers closest to a position', async () => {
    const peers = await Promise.all(Array.from({ length: 40 }, (_, index) => testWorker(index)))
    const placed = peers.map(({ peerId }) => ({ peerId, position: peerPosition(peerId) }))
    const key = keyPosition('service:ocr')
    const closest = closestPeers(placed, key, 8)
    expect(closest).toHaveLength(8)
    const furthest = Math.max(...closest.map(peer => placed.indexOf(peer)).map(index => rank(index)))
    function rank(index: number): number {
      const own = distance(placed[index]?.position ?? key, key)
      return placed.filter(peer => distance(peer.position, key) < own).length
    }
    expect(furthest).toBe(7)
    expect(closest.map(peer => rank(placed.indexOf(peer)))).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
    expect(closestPeers(placed.slice(0, 3), key, 8)).toHaveLength(3)
    const twin = { position: key }
    expect(closestPeers([twin, twin], key, 2)).toEqual([twin, twin])
  })
})
