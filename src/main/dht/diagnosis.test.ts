import { describe, expect, it } from 'vitest'
import { minute } from '../../shared/units.ts'
import { type DiagnosisFacts, diagnose } from './diagnosis.ts'

const healthy: DiagnosisFacts = {
  join: { peers: 3, tried: [] },
  mdns: true,
  addresses: ['/ip4/127.0.0.1/tcp/8468', '/ip4/192.168.1.7/tcp/8468'],
  ips: ['127.0.0.1', '192.168.1.7'],
  mode: 'server',
  portMapping: { kind: 'not-needed' },
  incoming: { cameIn: true, watchedMs: 0 },
  ports: [{ use: 'nodes', wanted: 8_468, inUse: 8_468 }],
  clock: { offsetMs: 300, groups: 4 },
  membership: { kind: 'open' },
  tunnel: { kind: 'stopped' },
  vpn: { kind: 'off' },
  heldBy: 3,
}
const mapped = { kind: 'mapped', protocol: 'upnp', externalIp: '8.8.8.8', externalPort: 1 } as const
const failure = { code: 'NO_COORDINATOR', message: 'no coordinator could be reached', since: 5 }
const tried = [{ source: 'configured seeds', offered: 2, reached: 0 }]

const quiet = { cameIn: false, watchedMs: minute }
const cases: [string, Partial<DiagnosisFacts>, object][] = [
  [
    'a tunnel that works',
    { tunnel: { kind: 'ready', url: 'https://a.example', since: 0 } },
    { kind: 'tunnel', level: 'good', tunnel: { kind: 'ready', url: 'https://a.example', since: 0 } },
  ],
  ['a tunnel without cloudflared', { tunnel: { kind: 'unavailable', why: '' } }, { kind: 'tunnel', level: 'problem' }],
  ['a VPN that runs', { vpn: { kind: 'ready', ip: '10.42.0.7' } }, { kind: 'vpn', level: 'good' }],
  ['a VPN that waits', { vpn: { kind: 'waiting' } }, { kind: 'vpn', level: 'note' }],
  ['a firewall that blocks', { firewall: 'blocked', incoming: quiet }, { kind: 'firewall-blocks', level: 'problem' }],
  [
    'that nobody comes by themselves',
    { incoming: { cameIn: false, watchedMs: 16 * minute } },
    { kind: 'nobody-came', level: 'note', port: 8_468, minutes: 16 },
  ],
  ['peers', {}, { kind: 'connected', level: 'good', peers: 3 }],
  [
    'no peers, with what was tried',
    { join: { peers: 0, tried, nextTryAt: 9 } },
    { kind: 'alone', tried, nextTryAt: 9 },
  ],
  [
    'no peers, and nothing tried yet',
    { join: { peers: 0, tried: [] } },
    { kind: 'alone', level: 'problem', tried: [] },
  ],
  [
    'nobody to ask at all',
    { mdns: false, join: { peers: 0, tried: [{ source: 'known peers', offered: 0, reached: 0 }] } },
    { kind: 'nowhere-to-look', level: 'problem' },
  ],
  ['only this machine', { addresses: ['/ip4/127.0.0.1/tcp/1', '/ip6/::1/tcp/1'] }, { kind: 'this-machine-only' }],
  ['a local network', {}, { kind: 'local-network-only', level: 'note' }],
  [
    'a public address',
    { addresses: ['/ip4/8.8.8.8/tcp/1', '/ip4/10.0.0.1/tcp/1'], ips: ['8.8.8.8'] },
    { kind: 'public', level: 'good', addresses: ['/ip4/8.8.8.8/tcp/1'] },
  ],
  [
    'a port that the router maps',
    { addresses: ['/ip4/8.8.8.8/tcp/1', '/ip4/192.168.1.7/tcp/1'] },
    { kind: 'mapped', level: 'good', addresses: ['/ip4/8.8.8.8/tcp/1'] },
  ],
  [
    'a router that lets nobody in, and relays',
    {
      mode: 'client',
      addresses: ['/ip4/8.8.8.8/tcp/1/p2p/12D3KooWGC6TvWhfapngX6wvJHMYvKpDMXPb3ZnCZ6dMoaMtimQ5/p2p-circuit'],
    },
    { kind: 'relayed', level: 'note', relays: 1, port: 8_468 },
  ],
  ['a router, and no relay', { mode: 'client' }, { kind: 'unreachable', level: 'problem', port: 8_468 }],
  [
    'a port that the router forwards, and others have come through',
    { addresses: ['/ip4/8.8.8.8/tcp/1'], portMapping: mapped },
    { kind: 'port-mapped', level: 'good', port: 1, proven: true },
  ],
  [
    'a port that the router forwards, and nobody has come through',
    { mode: 'client', portMapping: mapped },
    { kind: 'port-mapped', level: 'note', port: 1, proven: false },
  ],
  [
    'a router that refuses',
    { mode: 'client', portMapping: { kind: 'refused', protocol: 'upnp', why: 'UPnP error 606' } },
    { kind: 'port-refused', level: 'note', why: 'UPnP error 606' },
  ],
  [
    'a router behind another',
    { mode: 'client', portMapping: { kind: 'double-nat', protocol: 'upnp', externalIp: '100.64.3.2' } },
    { kind: 'double-nat', level: 'note', externalIp: '100.64.3.2' },
  ],
  ['no router that could be asked', { mode: 'client', portMapping: { kind: 'no-router' } }, { kind: 'no-router' }],
  [
    'a port that gave way',
    { ports: [{ use: 'nodes', wanted: 8_468, inUse: 8_469 }] },
    { kind: 'port', level: 'note', wanted: 8_468, inUse: 8_469 },
  ],
  ['any free port', { ports: [{ use: 'nodes', wanted: 0, inUse: 40_000 }] }, { kind: 'port', level: 'good' }],
  [
    'a member',
    { membership: { kind: 'member', roles: ['donor'], until: 7, renewal: { nextTryAt: 5 } } },
    { kind: 'member', level: 'good', until: 7 },
  ],
  [
    'a member whose renewal fails',
    { membership: { kind: 'member', roles: ['donor'], until: 7, renewal: { nextTryAt: 5, failure } } },
    { kind: 'member', level: 'note', until: 7, failure: 'no coordinator could be reached' },
  ],
  [
    'a stranger in a closed network',
    { membership: { kind: 'outside', renewal: { nextTryAt: 5, failure } } },
    { kind: 'no-member', level: 'problem', state: 'outside', failure: 'no coordinator could be reached' },
  ],
  ['a clock that is right', {}, { kind: 'clock-right', groups: 4 }],
  [
    'a clock ten minutes off',
    { clock: { offsetMs: -600_000, groups: 5 } },
    { kind: 'clock-wrong', offsetMs: -600_000 },
  ],
  ['a clock nobody can judge', { clock: { offsetMs: 0, groups: 2 } }, { kind: 'clock-unknown', groups: 2 }],
  ['a record that is held', {}, { kind: 'announced', registrars: 3 }],
  ['a record nobody holds', { heldBy: 0 }, { kind: 'not-announced', level: 'problem' }],
]

describe('a diagnosis', () => {
  it.each(cases)('names %s', (_what, facts, finding) => {
    expect(diagnose({ ...healthy, ...facts }).findings).toContainEqual(expect.objectContaining(finding))
  })

  it('says nothing of announcing while the node does not donate', () => {
    const kinds = diagnose({ ...healthy, heldBy: undefined }).findings.map(finding => finding.kind)
    expect(kinds).toEqual(['connected', 'local-network-only', 'port', 'clock-right'])
  })

  it('does not say that others find a node that is alone', () => {
    const kinds = diagnose({ ...healthy, join: { peers: 0, tried: [] } }).findings.map(finding => finding.kind)
    expect(kinds).toEqual(['alone', 'local-network-only', 'port', 'clock-right'])
  })
})

describe('a firewall on this machine is not suspected', () => {
  const lonely = { cameIn: false, watchedMs: 60 * minute }
  it.each<[string, Partial<DiagnosisFacts>]>([
    ['where somebody came in, whatever its rules say', { firewall: 'blocked' }],
    ['before others had time to come', { incoming: { cameIn: false, watchedMs: 14 * minute } }],
    ['where hardly anybody is there who could', { incoming: lonely, join: { peers: 2, tried: [] } }],
    ['where a router keeps others out', { incoming: lonely, mode: 'client' }],
    ['where the node listens to this machine alone', { incoming: lonely, addresses: ['/ip4/127.0.0.1/tcp/8468'] }],
    ['while Windows has not asked yet', { incoming: quiet, firewall: 'unasked' }],
  ])('%s', (_when, facts) => {
    const kinds = diagnose({ ...healthy, ...facts }).findings.map(({ kind }) => kind)
    expect(kinds).not.toContain('firewall-blocks')
    expect(kinds).not.toContain('nobody-came')
  })
})
