import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromPublicKey } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import { Key } from 'interface-datastore'
import { pino } from 'pino'
import { expect, it } from 'vitest'
import { createHost } from './host.ts'
import { donorLimits } from './limits.ts'
import { RecentPeers } from './recent-peers.ts'

const key = (name: string | number) => new Key(`/peers/${name}`)

it('forgets those that were used longest ago, and never one that is connected', () => {
  const peers = new RecentPeers({ mostPeers: 10, connected: () => ['0', '2'] })
  for (let number = 0; number < 10; number++) peers.put(key(number), Uint8Array.of(number))
  peers.get(key(1))
  for (let number = 10; number < 18; number++) peers.put(key(number), Uint8Array.of(number))
  const left = Array.from({ length: 18 }, (_, number) => number).filter(number => peers.has(key(number)))
  expect(left).toEqual([0, 2, 10, 11, 12, 13, 14, 15, 16, 17])
  expect(peers.size).toBe(10)
})

it('holds no more of a value than the value', () => {
  const peers = new RecentPeers({ mostPeers: 10, connected: () => [] })
  peers.put(key('a'), new Uint8Array(65_536).subarray(8, 24))
  expect(peers.get(key('a')).buffer.byteLength).toBe(16)
})

it('keeps a host from remembering everybody it has ever heard of', async () => {
  const host = await createHost(
    { privateKey: await generateKeyPair('Ed25519'), log: pino({ level: 'silent' }) },
    { networkId: 'feedfeedfeedfeed', port: { port: 0, explicit: true }, listen: [], mdns: false },
  )
  const { peerStore } = host.libp2p
  const multiaddrs = [multiaddr('/ip4/192.0.2.1/tcp/1')]
  for (let count = 0; count < donorLimits.mostPeersRemembered + 100; count++) {
    const { publicKey } = await generateKeyPair('Ed25519')
    await peerStore.merge(peerIdFromPublicKey(publicKey), { multiaddrs })
  }
  expect((await peerStore.all()).length).toBeLessThanOrEqual(donorLimits.mostPeersRemembered)
})
