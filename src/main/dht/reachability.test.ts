import { multiaddr } from '@multiformats/multiaddr'
import fc from 'fast-check'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { second } from '../../shared/units.ts'
import { TurnedClock } from '../clock.ts'
import { createTestHost } from '../directory/test-network.ts'
import { Lifecycle } from '../lifecycle.ts'
import { announcedAddresses } from './announced-addresses.ts'
import { ByteMeter } from './byte-meter.ts'
import type { Host } from './host.ts'
import { chooseMode, Reachability } from './reachability.ts'
import { oddAddresses } from './test-odd-host.ts'

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

describe('a node that finds out whether others can reach it', () => {
  let clock: TurnedClock
  let lifecycle: Lifecycle

  beforeEach(() => {
    clock = new TurnedClock()
    lifecycle = new Lifecycle()
  })

  afterEach(async () => {
    vi.restoreAllMocks()
    await lifecycle.stop()
  })

  async function start(mode: 'server' | 'client'): Promise<{ host: Host; reachability: Reachability }> {
    const host = lifecycle.add('host', await createTestHost({ mode }))
    const reachability = lifecycle.add(
      'reachability',
      new Reachability({ host, clock, log: pino({ level: 'silent' }) }),
    )
    await lifecycle.start()
    return { host, reachability }
  }

  /** No machine has a public address to test with: this one's peers seem to be at one. */
  function seemOutside({ libp2p }: Host): void {
    const all = libp2p.getConnections.bind(libp2p)
    vi.spyOn(libp2p, 'getConnections').mockImplementation(peer => {
      const connections = all(peer)
      for (const connection of connections) connection.remoteAddr = multiaddr(out)
      return connections
    })
  }

  it('serves among private addresses, a second after it has started', async () => {
    const { host } = await start('client')
    clock.turn(second - 1)
    expect(host.isServer).toBe(false)
    clock.turn(1)
    await vi.waitFor(() => expect(host.isServer).toBe(true))
    expect(host.libp2p.services.dht.getMode()).toBe('server')
  })

  it('serves no more once its peers turn out to be elsewhere, and again when it is alone', async () => {
    const { host } = await start('server')
    const other = lifecycle.add('other', await createTestHost({ mode: 'client' }))
    await other.start()
    seemOutside(host)
    await host.libp2p.dial(other.libp2p.getMultiaddrs())
    clock.turn(second)
    await vi.waitFor(() => expect(host.isServer).toBe(false))
    expect(host.libp2p.services.dht.getMode()).toBe('client')
    const alone = new Promise(resolve => host.libp2p.addEventListener('connection:close', resolve))
    await host.libp2p.hangUp(other.peerId)
    await alone
    await vi.waitFor(() => {
      clock.turn(second)
      expect(host.isServer).toBe(true)
    })
  })

  it('tries again with the next change where it could not change its place', async () => {
    const { host } = await start('client')
    vi.spyOn(host, 'setMode').mockRejectedValueOnce(new Error('the DHT is busy'))
    clock.turn(second)
    await vi.waitFor(() => expect(host.setMode).toHaveBeenCalledTimes(1))
    expect(host.isServer).toBe(false)
    const other = lifecycle.add('other', await createTestHost({ mode: 'client' }))
    await other.start()
    await host.libp2p.dial(other.libp2p.getMultiaddrs())
    await vi.waitFor(() => {
      clock.turn(second)
      expect(host.isServer).toBe(true)
    })
  })

  it('stays what it is once it has stopped', async () => {
    const { host, reachability } = await start('client')
    await reachability.stop()
    clock.turn(second)
    await reachability.start()
    clock.turn(second)
    await reachability.stop()
    expect(host.isServer).toBe(false)
  })
})

describe('the addresses a node announces', () => {
  const selfId = '12D3KooWMuPZK2iWdyUXxc6Krj7wWKg8nqTkoitL4sau6vHt3Q5D'
  const announced = (
    verified: string[],
    listened: string[],
    init: { announce?: string[]; coordinator?: boolean; relays?: string[][] } = {},
  ) =>
    announcedAddresses(parse(verified), [listened, ...(init.relays ?? [])].map(parse), { selfId, ...init }).map(String)

  it('leave out a public one that nobody has tried, but for a coordinator', () => {
    expect(announced([lan], [lan, out])).toEqual([`${lan}/p2p/${selfId}`])
    expect(announced([lan], [lan, out], { coordinator: true })).toEqual([
      `${lan}/p2p/${selfId}`,
      `${out}/p2p/${selfId}`,
    ])
  })

  it('name relays, and what the owner vouches for first, none twice', () => {
    expect(announced([`${lan}/p2p/${selfId}`], [lan], { announce: [out], relays: [[relayed]] })).toEqual([
      `${out}/p2p/${selfId}`,
      `${lan}/p2p/${selfId}`,
      `${relayed}/p2p/${selfId}`,
    ])
  })

  const relayId = '12D3KooWBx5FhWsDcwLEg3MHF6e4epBiNYifQedPMwv5GCq1c78X'
  const behind = (address: string, relay = relayId) => `${address}/p2p/${relay}/p2p-circuit`
  const onLan = (index: number) => behind(`/ip4/192.168.1.${index}/tcp/1`)

  it('are two of each relay, on both sides of its router where it has such, however many it says it has', () => {
    const others = [2, 3, 4].map(index => behind(`/ip4/11.2.3.${index}/tcp/1`, selfId))
    const relays = [
      [relayed, behind('/ip4/11.2.3.5/tcp/1'), onLan(1), onLan(2)],
      [onLan(3), onLan(4), ...others],
      [onLan(5), onLan(6), onLan(7)],
      [],
    ]
    // libp2p counts those that were confirmed among what it has verified.
    expect(announced(relays.flat(), [], { relays })).toEqual(
      [relayed, onLan(1), onLan(3), others[0], onLan(5), onLan(6)].map(address => `${address}/p2p/${selfId}`),
    )
  })

  it('leave out what others would not read, from whom it may be', () => {
    const odd = oddAddresses.flatMap(address => [address, behind(address)])
    expect(
      announced([...oddAddresses, lan], [], { relays: [[...odd, onLan(1)]], announce: [oddAddresses[0] ?? ''] }),
    ).toEqual([lan, onLan(1)].map(address => `${address}/p2p/${selfId}`))
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

  it('forgets who has sent nothing for longest where there are very many', () => {
    const meter = new ByteMeter({ bytesPerSecond: 1_000, burstBytes: 4_000 })
    meter.take('first', 8_000, 0)
    for (let index = 1; index < 16_384; index++) meter.take(`peer ${index}`, 0, 0)
    expect(meter.take('first', 0, 0)).toBe(4_000)
    for (let index = 0; index < 16_384; index++) meter.take(`another ${index}`, 0, 0)
    expect(meter.take('first', 0, 0)).toBe(0)
  })

  it('reads no more from a stream than the rate of its peer', async () => {
    const [from, to] = await Promise.all([createTestHost({ mode: 'client' }), createTestHost({ mode: 'client' })])
    try {
      await Promise.all([from.start(), to.start()])
      const meter = new ByteMeter({ bytesPerSecond: 50_000, burstBytes: 10_000 })
      const arrived = Promise.withResolvers<void>()
      let received = 0
      await to.libp2p.handle('/metered/1.0.0', (stream, { remotePeer }) => {
        meter.watch(stream, remotePeer.toString())
        stream.addEventListener('message', ({ data }) => {
          received += data.byteLength
          if (received === 40_000) arrived.resolve()
        })
      })
      const stream = await from.libp2p.dialProtocol(to.libp2p.getMultiaddrs(), '/metered/1.0.0')
      const startedAt = performance.now()
      stream.send(new Uint8Array(20_000))
      await vi.waitFor(() => expect(received).toBe(20_000))
      stream.send(new Uint8Array(20_000))
      await arrived.promise
      // 10,000 bytes over the burst take 0.2 s; what is sent meanwhile waits.
      expect(performance.now() - startedAt).toBeGreaterThan(0.19 * second)
    } finally {
      await Promise.all([from.stop(), to.stop()])
    }
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
