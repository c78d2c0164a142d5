import { multiaddr } from '@multiformats/multiaddr'
import { pino } from 'pino'
import { describe, expect, it } from 'vitest'
import { minute, second } from '../../shared/units.ts'
import { addressGroup } from './address-group.ts'
import { groupByPeer } from './dialer.ts'
import { voteOf } from './hello.ts'
import { fillIn, libp2pLog } from './libp2p-log.ts'
import { listenAddress, portsToTry } from './listening.ts'
import { mdnsServiceTag, networkId, protocolNames } from './network.ts'
import { retryDelay } from './retry-delay.ts'

const relay = '12D3KooWQYhTNQdmr3ArTeUHRYzFg94BKyTkoWBDWez9kSCVe2Xo'

describe('a network', () => {
  it('is named by 16 hex digits of its name and CA key', () => {
    expect(networkId('local')).toBe('25bf8e1a2393f110')
    expect(networkId('local', 'AAAA')).not.toBe(networkId('local'))
    expect(protocolNames('abc').kad).toBe('/rma/abc/kad/1.0.0')
    expect(mdnsServiceTag('abc')).toBe('_rma-abc._udp.local')
  })
})

describe('the delay before the next try', () => {
  it('doubles from a second to a minute', () => {
    expect([1, 2, 3, 7, 50].map(failures => retryDelay(failures, 0.5))).toEqual(
      [1, 2, 4, 60, 60].map(seconds => seconds * second),
    )
  })

  it('is spread by a quarter each way', () => {
    expect(retryDelay(20, 0)).toBe(0.75 * minute)
    expect(retryDelay(20, 1)).toBe(1.25 * minute)
  })
})

describe('ports', () => {
  it('are tried 20 in a row by default, one where it was asked for', () => {
    expect(portsToTry({ port: 8468, explicit: false })).toHaveLength(20)
    expect(portsToTry({ port: 8468, explicit: true })).toEqual([8468])
    expect(portsToTry({ port: 0, explicit: false })).toEqual([0])
    expect(portsToTry({ port: 65_534, explicit: false })).toEqual([65_534, 65_535])
  })

  it('go with addresses of both families', () => {
    expect(String(listenAddress('0.0.0.0', 1))).toBe('/ip4/0.0.0.0/tcp/1')
    expect(String(listenAddress('::', 1))).toBe('/ip6/::/tcp/1')
  })
})

describe('address groups', () => {
  it.each([
    ['/ip4/192.168.1.7/tcp/1', 'ip4:192.168'],
    ['/ip6/2001:db8:1::7/tcp/1', 'ip6:2001:db8'],
    ['/ip6/::1/tcp/1', 'ip6:0:0'],
    ['/ip6/2001:db8::/tcp/1', 'ip6:2001:db8'],
    ['/ip4/1.2.3.4', 'other'],
    [`/ip4/1.2.3.4/tcp/1/p2p/${relay}/p2p-circuit`, 'other'],
    [`/ip6/2001:db8::7/tcp/1/p2p/${relay}/p2p-circuit/p2p/${relay}`, 'other'],
    ['/dns4/example.org/tcp/1', 'other'],
  ])('%s is in %s', (address, group) => {
    expect(addressGroup(multiaddr(address))).toBe(group)
  })
})

describe('addresses to dial', () => {
  const [a, b] = [
    '12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp',
    '12D3KooWHHzSeKaY8xuZVzkLbKFfvNgPPeKhFBGrMbNzbm5akpqu',
  ]

  it('go together for one peer, without oneself and without what is no address', () => {
    const groups = groupByPeer(
      [`/ip4/1.1.1.1/tcp/1/p2p/${a}`, 'nonsense', `/ip4/2.2.2.2/tcp/1/p2p/${b}`, `/ip4/1.1.1.1/tcp/2/p2p/${a}`],
      b,
    )
    expect(groups.map(group => group.map(String))).toEqual([
      [`/ip4/1.1.1.1/tcp/1/p2p/${a}`, `/ip4/1.1.1.1/tcp/2/p2p/${a}`],
    ])
  })

  it('stand alone where they name no peer', () => {
    expect(groupByPeer(['/ip4/1.1.1.1/tcp/1', '/ip4/1.1.1.1/tcp/2'], a)).toHaveLength(2)
  })
})

describe('who has a vote about the time', () => {
  it('is each address on a LAN, and each group of addresses outside', () => {
    expect(voteOf(multiaddr('/ip4/192.168.1.7/tcp/1'))).toBe('ip4:192.168.1.7')
    expect(voteOf(multiaddr('/ip4/8.8.8.8/tcp/1'))).toBe('ip4:8.8')
    for (const at of ['192.168.1.7', '8.8.8.8'])
      expect(voteOf(multiaddr(`/ip4/${at}/tcp/1/p2p/${relay}/p2p-circuit`))).toBe('other')
  })
})

describe('a log for libp2p', () => {
  const lines: string[] = []
  const debug = pino({ level: 'debug' }, { write: line => lines.push(line) })
  const info = pino({ level: 'info' }, { write: line => lines.push(line) })

  it('keeps its errors, as ours at debug level, and drops all else', () => {
    const log = libp2pLog(debug).forComponent('libp2p:dialer').newScope('queue')
    log('dialled %d', 3)
    log.trace('dialled %d', 3)
    log.error('could not dial %p', 'peer')
    libp2pLog(info).forComponent('libp2p').error('could not dial %p', 'peer')
    expect(lines.map(line => JSON.parse(line))).toMatchObject([
      { level: 20, component: 'libp2p:dialer:queue', msg: 'could not dial peer' },
    ])
  })
})

it('fills values into the formats of libp2p’s log', () => {
  expect(fillIn('could not dial %p - %e, %d left', ['peer', new Error('gone')])).toBe(
    'could not dial peer - gone, %d left',
  )
})
