import { multiaddr } from '@multiformats/multiaddr'
import { expect, it } from 'vitest'
import { worthDialling } from './hearsay-addresses.ts'

const all = [
  '/ip4/127.0.0.1/tcp/1',
  '/ip4/192.168.1.7/tcp/1',
  '/ip4/8.8.8.8/tcp/1',
  '/ip6/2001:4860:4860::8888/tcp/1',
  'no address',
]
const from = (said: string) => worthDialling(all, multiaddr(said)).map(String)

it('follows a peer on this machine anywhere', () => {
  expect(from('/ip4/127.0.0.1/tcp/9')).toEqual(all.slice(0, 4))
})

it('follows a peer on the LAN everywhere but to this machine', () => {
  expect(from('/ip4/192.168.1.8/tcp/9')).toEqual(all.slice(1, 4))
})

it('follows a peer that comes through a relay nowhere on the LAN or this machine, wherever the relay is', () => {
  for (const relay of ['127.0.0.1', '192.168.1.8', '1.1.1.1'])
    expect(from(`/ip4/${relay}/tcp/9/p2p/12D3KooWQYhTNQdmr3ArTeUHRYzFg94BKyTkoWBDWez9kSCVe2Xo/p2p-circuit`)).toEqual(
      all.slice(2, 4),
    )
})

it('follows a peer on the internet nowhere on the LAN or this machine', () => {
  expect(from('/ip4/1.1.1.1/tcp/9')).toEqual(all.slice(2, 4))
})
