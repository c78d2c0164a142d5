import { multiaddr } from '@multiformats/multiaddr'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { announcedAddresses } from './announced-addresses.ts'
import { ByteMeter } from './byte-meter.ts'
import { chooseMode } from './reachability.ts'

const parse = (texts: readonly string[]) => texts.map(text => multiaddr(text))
const lan = '/ip4/192.168.1.5/tcp/8468'
const loopback = '/ip4/127.0.0.1/tcp/8468'
const out = '/ip4/11.2.3.4/tcp/8468'
const relayed = '/ip4/11.2.3.4/tcp/8468/p2p/12D3KooWBx5FhWsDcwLEg3MHF6e4epBiNYifQedPMwv5GCq1c78X/p2p-circuit'

describe('which side a node is on', () => {
  it.each([
    ['server', 'knows nobody', [], [lan]],
    ['server', 'is on a LAN of its own', [lan, loopback], [lan]],
    ['client', 'stands behind a router, with peers beyond it', [lan, out], [lan]],
    ['client', 'is reached through a relay only', [out], [lan, relayed]],
    ['server', 'was reached at a public address', [out], [lan, out]],
    ['server', 'sees others through a relay only', [relayed], [lan]],
  ] as const)('%s where it %s', (mode, _case, peers, own) => {
    expect(chooseMode({ peers: parse(peers), own: parse(own) })).toBe(mode)
  })
})

describe('the addresses a node announces', () => {
  const selfId = '12D3KooWMuPZK2iWdyUXxc6Krj7wWKg8nqTkoitL4sau6vHt3Q5D'
  const announced = (
    verified: string[],
    listened: string[],
    init: { announce?: string[]; coordinator?: boolean } = {},
  ) => announcedAddresses(parse(verified), parse(listened), { selfId, ...init }).map(String)

  it('leave out a public one that nobody has tried, but for a coordinator', () => {
    expect(announced([lan], [lan, out])).toEqual([`${lan}/p2p/${selfId}`])
    expect(announced([lan], [lan, out], { coordinator: true })).toEqual([
      `${lan}/p2p/${selfId}`,
      `${out}/p2p/${selfId}`,
    ])
  })

  it('name relays, and what the owner vouches for first, none twice', () => {
    expect(announced([`${lan}/p2p/${selfId}`], [lan, relayed], { announce: [out] })).toEqual([
      `${out}/p2p/${selfId}`,
      `${lan}/p2p/${selfId}`,
      `${relayed}/p2p/${selfId}`,
    ])
  })
})

describe('the meter of a relay', () => {
  it('lets a burst pass and then holds each peer to its rate', () => {
    const meter = new ByteMeter({ bytesPerSecond: 1_000, burstBytes: 4_000 })
    expect(meter.take('a', 4_000, 0)).toBe(0)
    expect(meter.take('a', 500, 0)).toBe(500)
    expect(meter.take('b', 500, 0)).toBe(0)
    expect(meter.take('a', 0, 500)).toBe(0)
  })

  it('never lets a peer that waits as it is told send more than the burst and its rate', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 5_000 }), { maxLength: 50 }), sizes => {
        const meter = new ByteMeter({ bytesPerSecond: 1_000, burstBytes: 4_000 })
        let now = 0
        let sent = 0
        for (const size of sizes) {
          const wait = meter.take('a', size, now)
          expect(sent).toBeLessThanOrEqual(4_000 + now + 1e-6)
          sent += size
          now += wait
        }
      }),
    )
  })
})
