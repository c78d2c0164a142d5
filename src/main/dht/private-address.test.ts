import { isPrivate } from '@libp2p/utils'
import { multiaddr } from '@multiformats/multiaddr'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { isPrivateAddress } from './private-address.ts'

/** First two bytes around those of the private networks, and any others. */
const beginning = fc.oneof(
  fc.constantFrom(
    '0.0',
    '9.255',
    '10.0',
    '11.0',
    '100.63',
    '100.64',
    '100.127',
    '100.128',
    '126.255',
    '127.0',
    '128.0',
  ),
  fc.constantFrom('169.253', '169.254', '172.15', '172.16', '172.31', '172.32', '192.0', '192.31', '192.52', '192.88'),
  fc.constantFrom(
    '192.167',
    '192.168',
    '192.175',
    '198.17',
    '198.18',
    '198.19',
    '198.20',
    '198.51',
    '203.0',
    '239.255',
  ),
  fc.constantFrom('240.0', '255.255'),
  fc.tuple(fc.nat(255), fc.nat(255)).map(bytes => bytes.join('.')),
)
const third = fc.oneof(fc.constantFrom(0, 2, 48, 99, 100, 113, 193, 196), fc.nat(255))

it('says of each IPv4 address what libp2p says', () => {
  fc.assert(
    fc.property(beginning, third, fc.nat(255), (first, next, last) => {
      const address = multiaddr(`/ip4/${first}.${next}.${last}/tcp/8468`)
      expect([address.toString(), isPrivateAddress(address)]).toEqual([address.toString(), isPrivate(address)])
    }),
    { numRuns: 2_000 },
  )
})

it.each(['/ip6/::1/tcp/1', '/ip6/2a00:1450::1/tcp/1', '/dns4/localhost/tcp/1', '/dns4/example.org/tcp/1'])(
  'leaves %s to libp2p',
  text => expect(isPrivateAddress(multiaddr(text))).toBe(isPrivate(multiaddr(text))),
)
