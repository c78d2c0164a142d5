import { multiaddr } from '@multiformats/multiaddr'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { candidates, type OwnPlace, type PeerPlaces } from './candidates.ts'
import { ipReach } from './ip-reach.ts'

const peerId = '12D3KooWGC6TvWhfapngX6wvJHMYvKpDMXPb3ZnCZ6dMoaMtimQ5'
const otherId = '12D3KooWLjoYKVxbGGwLwaD1WHWM9YiDpruCYAoFBywJu3CJppyB'
const selfId = '12D3KooWPjceQrSwdWXPyLLeABRXmuqt69Rg3sBYbU1Nft9HyQ6X'

const atHome: OwnPlace = {
  peerId: selfId,
  listens: [multiaddr('/ip4/192.168.7.2/tcp/8468'), multiaddr('/ip4/127.0.0.1/tcp/8468')],
  ips: ['127.0.0.1', '::1', '192.168.7.2', '172.17.0.1', 'fe80::1'],
}
const onVpn: OwnPlace = { ...atHome, ips: [...atHome.ips, '10.42.0.9'] }

const of = (addresses: string[], own = atHome, more: Partial<PeerPlaces> = {}) =>
  candidates({ peerId, addresses, ...more }, own).map(({ kind, address }) => `${kind} ${address}`)

describe('the ways to a peer', () => {
  it.each([
    ['/ip4/11.0.0.7/tcp/8468', `direct /ip4/11.0.0.7/tcp/8468/p2p/${peerId}`],
    [`/ip4/11.0.0.7/tcp/8468/p2p/${peerId}`, `direct /ip4/11.0.0.7/tcp/8468/p2p/${peerId}`],
    ['/ip6/2a00:1450::7/tcp/8468', `direct /ip6/2a00:1450::7/tcp/8468/p2p/${peerId}`],
    ['/ip4/192.168.7.9/tcp/8468', `direct /ip4/192.168.7.9/tcp/8468/p2p/${peerId}`],
    [
      `/ip4/11.0.0.8/tcp/8468/p2p/${otherId}/p2p-circuit`,
      `relay /ip4/11.0.0.8/tcp/8468/p2p/${otherId}/p2p-circuit/p2p/${peerId}`,
    ],
    ['/dns4/a-b.trycloudflare.com/tcp/443/tls/ws', `tunnel /dns4/a-b.trycloudflare.com/tcp/443/tls/ws/p2p/${peerId}`],
  ])('takes %s', (address, way) => {
    expect(of([address])).toEqual([way])
  })

  it('takes a relay through which this node can be reached itself', () => {
    const relay = `/ip4/11.0.0.8/tcp/8468/p2p/${otherId}/p2p-circuit`
    const behind = { ...atHome, listens: [...atHome.listens, multiaddr(relay)] }
    expect(of([relay], behind)).toEqual([`relay ${relay}/p2p/${peerId}`])
    expect(of(['/ip4/11.0.0.8/tcp/8468'], behind)).toHaveLength(1)
  })

  it.each([
    ['another peer', `/ip4/11.0.0.7/tcp/8468/p2p/${otherId}`],
    ['another peer behind a relay', `/ip4/11.0.0.8/tcp/8468/p2p/${otherId}/p2p-circuit/p2p/${otherId}`],
    ['this node as the relay', `/ip4/11.0.0.8/tcp/8468/p2p/${selfId}/p2p-circuit`],
    ['the peer as its own relay', `/ip4/11.0.0.8/tcp/8468/p2p/${peerId}/p2p-circuit`],
    ['a relay without its id', '/ip4/11.0.0.8/tcp/8468/p2p-circuit'],
    ['this node itself', '/ip4/192.168.7.2/tcp/8468'],
    ['another program of this machine', '/ip4/127.0.0.1/tcp/5555'],
    ['this machine, by an address that many machines have', '/ip4/172.17.0.1/tcp/9000'],
    ['a private network that this machine is not in', '/ip4/10.1.2.3/tcp/8468'],
    ['the VPN, where this machine is not in it', '/ip4/10.42.0.3/tcp/8468'],
    ['nobody', '/ip4/0.0.0.0/tcp/8468'],
    ['a cloud’s metadata', '/ip4/169.254.169.254/tcp/8080'],
    ['many', '/ip4/224.0.0.1/tcp/8468'],
    ['an IPv4 address in IPv6', '/ip6/::ffff:127.0.0.1/tcp/8468'],
    ['an IPv6 address of one link', '/ip6/fe80::7/tcp/8468'],
    ['a mail server', '/ip4/11.0.0.7/tcp/25'],
    ['a printer', '/ip4/192.168.7.9/tcp/9100'],
    ['the router’s own pages', '/ip4/192.168.7.1/tcp/80'],
    ['a name of the local network', '/dns4/printer.local/tcp/443/tls/ws'],
    ['a name without a place', '/dns4/localhost/tcp/443/tls/ws'],
    ['a WebSocket without TLS', '/ip4/11.0.0.7/tcp/8468/ws'],
    ['another protocol', '/ip4/11.0.0.7/udp/8468/quic-v1'],
    ['a file', '/unix/%2Fvar%2Frun%2Fdocker.sock'],
    ['no address', '/not/an/address'],
  ])('leaves out what leads to %s', (_, address) => {
    expect(of([address])).toEqual([])
  })

  it('takes loopback addresses where the peer is on this machine, or this machine has no others', () => {
    const loopback = '/ip4/127.0.0.1/tcp/9000'
    expect(of([loopback, '/ip4/192.168.7.2/tcp/9000', '/ip4/172.17.0.1/tcp/9000'])).toHaveLength(3)
    expect(of([loopback], { ...atHome, ips: ['127.0.0.1'] })).toHaveLength(1)
    expect(of([loopback], { ...atHome, listens: [multiaddr('/ip4/127.0.0.1/tcp/1')] })).toHaveLength(1)
  })

  it('takes the VPN and the tunnel from their own fields of the record', () => {
    const places = { vpnIp: '10.42.0.3', tunnelUrl: 'https://a-b.trycloudflare.com' }
    expect(of(['/ip4/11.0.0.7/tcp/9001'], onVpn, places)).toEqual([
      `direct /ip4/11.0.0.7/tcp/9001/p2p/${peerId}`,
      `vpn /ip4/10.42.0.3/tcp/9001/p2p/${peerId}`,
      `tunnel /dns4/a-b.trycloudflare.com/tcp/443/tls/ws/p2p/${peerId}`,
    ])
    expect(of([], onVpn, { vpnIp: '10.42.0.3' })).toEqual([`vpn /ip4/10.42.0.3/tcp/8468/p2p/${peerId}`])
    expect(of([], onVpn, { vpnIp: '11.0.0.3' })).toEqual([])
  })

  it('tries so many ways of each kind, and two at one machine, of a record that names as many as it can', () => {
    const machines = Array.from({ length: 8 }, (_, index) => `/ip4/11.0.0.${index + 1}/tcp/8468`)
    const ports = Array.from({ length: 8 }, (_, index) => `/ip4/11.0.0.1/tcp/${9_000 + index}`)
    expect(of(machines)).toHaveLength(4)
    expect(of(ports)).toHaveLength(2)
  })

  it('dials for the peer alone, a few ways at most and two at one machine, whatever a record claims', () => {
    const ip = fc.oneof(
      fc.ipV4(),
      fc.ipV6(),
      fc.constantFrom('127.0.0.1', '192.168.7.2', '192.168.7.9', '11.0.0.7', '10.42.0.3', '169.254.169.254', '::1'),
    )
    const id = fc.constantFrom('', `/p2p/${peerId}`, `/p2p/${otherId}`, `/p2p/${selfId}`)
    const end = fc.constantFrom('', '', '/ws', '/tls/ws', '/p2p-circuit', `/p2p-circuit/p2p/${peerId}`)
    const address = fc
      .tuple(ip, fc.integer({ min: 0, max: 65_535 }), id, end)
      .map(([host, port, named, rest]) => `/ip${host.includes(':') ? 6 : 4}/${host}/tcp/${port}${named}${rest}`)
    const claims = fc.array(fc.oneof(address, fc.string()), { maxLength: 16 })
    const url = fc.option(
      fc.oneof(
        fc.webUrl(),
        ip.map(host => `https://${host.includes(':') ? `[${host}]` : host}`),
      ),
      { nil: undefined },
    )
    fc.assert(
      fc.property(claims, fc.option(ip, { nil: undefined }), url, (addresses, vpnIp, tunnelUrl) => {
        const found = candidates({ peerId, addresses, vpnIp, tunnelUrl }, onVpn)
        expect(found.length).toBeLessThanOrEqual(9)
        for (const { host } of found) expect(found.filter(each => each.host === host).length).toBeLessThanOrEqual(2)
        for (const { address: to, host } of found) {
          expect(to.getComponents().at(-1)).toMatchObject({ name: 'p2p', value: peerId })
          expect(ipReach(host) === 'nowhere' && /^[\d.:]+$/.test(host)).toBe(false)
        }
      }),
      { numRuns: 300 },
    )
  })
})
