import { multiaddr } from '@multiformats/multiaddr'
import { expect, it } from 'vitest'
import { candidates } from './candidates.ts'
import { resolvedAddress } from './resolved-address.ts'

const peerId = '12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA'
const own = { peerId: 'me', listens: [multiaddr('/ip4/11.0.0.9/tcp/8468')], ips: ['11.0.0.9', '192.168.7.2'] }
const { signal } = new AbortController()

async function dialled(address: string, ...ips: string[]): Promise<string> {
  const [candidate] = candidates({ peerId, addresses: [address] }, own)
  if (candidate === undefined) throw new Error('expected a candidate')
  return String(await resolvedAddress(candidate, async () => ips, signal))
}

it('is where a name leads, and the same for whatever is no name', async () => {
  const name = '/dns4/donor.example.org/tcp/8468'
  expect(await dialled(name, '11.0.0.7')).toBe(`/ip4/11.0.0.7/tcp/8468/p2p/${peerId}`)
  expect(await dialled(name, '2600::7', '11.0.0.7')).toBe(`/ip6/2600::7/tcp/8468/p2p/${peerId}`)
  expect(await dialled(name, '192.168.7.3')).toBe(`/ip4/192.168.7.3/tcp/8468/p2p/${peerId}`)
  expect(await dialled('/ip4/11.0.0.7/tcp/8468')).toBe(`/ip4/11.0.0.7/tcp/8468/p2p/${peerId}`)
  const secure = '/dns4/donor.example.org/tcp/443/tls/ws'
  expect(await dialled(secure, '127.0.0.1')).toBe(`${secure}/p2p/${peerId}`)
})

it.each(['127.0.0.1', '::1', '10.0.0.1', '172.20.0.1', '169.254.169.254', '11.0.0.9'])(
  'is nowhere where a name leads to %s',
  async ip => {
    const name = '/dns4/donor.example.org/tcp/8468'
    await expect(dialled(name, '11.0.0.7', ip)).rejects.toThrow(ip)
  },
)
