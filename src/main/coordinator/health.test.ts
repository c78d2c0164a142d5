import { describe, expect, it } from 'vitest'
import { type HealthFacts, healthAnswer } from './health.ts'
import { seedAddresses } from './seed-board.ts'

const well: HealthFacts = {
  nodeId: '12D3KooWCoordinator',
  label: 'leeds-1',
  version: '1.0.0',
  dhtPort: 8_468,
  join: { peers: 3, tried: [] },
  hasSomebodyToJoin: true,
  datastoreWritable: true,
  draining: false,
}

describe('the health of a coordinator', () => {
  it.each([
    ['has peers', {}, 'ok', 'joined'],
    ['is the first of its network', { join: { peers: 0, tried: [] }, hasSomebodyToJoin: false }, 'ok', 'first'],
    ['finds nobody of those it was given', { join: { peers: 0, tried: [] } }, 'unavailable', 'alone'],
    ['does not listen', { dhtPort: 0 }, 'unavailable', 'joined'],
    ['cannot write', { datastoreWritable: false }, 'unavailable', 'joined'],
    ['drains', { draining: true, datastoreWritable: false }, 'draining', 'joined'],
  ] as [string, Partial<HealthFacts>, string, string][])('is told when it %s', (_case, changes, status, dht) => {
    expect(healthAnswer({ ...well, ...changes })).toMatchObject({ status, checks: { dht } })
  })
})

describe('the addresses in a coordinator’s seed', () => {
  it('are public ones first, and loopback only where there are no others', () => {
    const all = ['/ip4/127.0.0.1/tcp/1', '/ip4/10.0.0.2/tcp/1', '/ip4/11.0.113.7/tcp/1', '/ip6/::1/tcp/1']
    expect(seedAddresses(all, 'P')).toEqual(['/ip4/11.0.113.7/tcp/1/p2p/P', '/ip4/10.0.0.2/tcp/1/p2p/P'])
    expect(seedAddresses(['/ip4/127.0.0.1/tcp/1'], 'P')).toEqual(['/ip4/127.0.0.1/tcp/1/p2p/P'])
  })
})
