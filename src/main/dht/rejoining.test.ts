import type { Connection, PeerId } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { MemoryDatastore } from 'datastore-core'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { hour, minute, second } from '../../shared/units.ts'
import { TurnedClock } from '../clock.ts'
import { peerIdTextOf } from '../directory/signing.ts'
import { createTestHost } from '../directory/test-network.ts'
import { Lifecycle } from '../lifecycle.ts'
import { AddressBook } from './address-book.ts'
import { Bootstrap } from './bootstrap.ts'
import { Dialer } from './dialer.ts'
import type { Host } from './host.ts'
import { readPeerId } from './peer-ids.ts'
import { configuredSeeds, type SeedSource } from './seed-source.ts'

const log = pino({ level: 'silent' })

let clock: TurnedClock
let lifecycle: Lifecycle
let bootstraps: Bootstrap[]

beforeEach(() => {
  clock = new TurnedClock()
  lifecycle = new Lifecycle()
  bootstraps = []
})

afterEach(async () => {
  for (const bootstrap of bootstraps) bootstrap.stop()
  await lifecycle.stop()
})

/** Hosts that dial nobody by themselves. */
async function start(count: number, mode: 'server' | 'client' = 'client'): Promise<Host[]> {
  const hosts = await Promise.all(Array.from({ length: count }, () => createTestHost({ mode })))
  for (const host of hosts) lifecycle.add('host', host)
  await lifecycle.start()
  return hosts
}

function makeBootstrap(host: Host, sources: SeedSource[] = [], addressBook = makeBook(host)): Bootstrap {
  const bootstrap = new Bootstrap({ host, addressBook, sources, clock, log })
  bootstraps.push(bootstrap)
  return bootstrap
}

function makeBook(host: Host): AddressBook {
  return new AddressBook({ datastore: new MemoryDatastore(), clock, log }, { networkId: host.networkId })
}

function wasHere(book: AddressBook, { peerId }: Host, addresses: readonly string[]): void {
  book.seen(peerId.toString(), addresses, { isServer: true })
  book.left(peerId.toString())
}

function bootstrapOf(host: Host, sources: SeedSource[] = []): Bootstrap {
  const bootstrap = makeBootstrap(host, sources)
  bootstrap.start()
  return bootstrap
}

/** Whom a host has dialled from now on, in order. */
function dialledBy(host: Host): string[] {
  const dialled: string[] = []
  const { dial } = host.libp2p
  vi.spyOn(host.libp2p, 'dial').mockImplementation((target, options) => {
    dialled.push(String(target))
    return dial.call(host.libp2p, target, options)
  })
  return dialled
}

/** As libp2p does where a peer has come or gone. */
function tell({ libp2p }: Host, type: 'peer:connect' | 'peer:disconnect', detail: PeerId): void {
  libp2p.dispatchEvent(new CustomEvent(type, { detail }))
}

const seedsOf = (host: Host) => host.libp2p.getMultiaddrs().map(String)

describe('a node that has fewer peers than before', () => {
  it('dials those that are missing, each fifteen seconds', async () => {
    const [a, b, c] = (await start(3)) as [Host, Host, Host]
    const bootstrap = bootstrapOf(a)
    const identified = new Set<string>()
    a.libp2p.addEventListener('peer:identify', ({ detail }) => identified.add(detail.peerId.toString()))
    for (const other of [b, c]) await other.libp2p.dial(a.libp2p.getMultiaddrs())
    await vi.waitFor(() => expect(identified.size).toBe(2))
    await b.libp2p.hangUp(a.peerId)
    await vi.waitFor(() => expect(bootstrap.state.get().peers).toBe(1))
    clock.turn(15 * second)
    await vi.waitFor(() => expect(bootstrap.state.get().peers).toBe(2))
  })

  it('dials nobody while none is missing', async () => {
    const [a, b, known] = (await start(3)) as [Host, Host, Host]
    const book = makeBook(a)
    wasHere(book, known, known.addresses())
    const bootstrap = makeBootstrap(a, [], book)
    const dialled = dialledBy(a)
    bootstrap.start()
    await b.libp2p.dial(a.libp2p.getMultiaddrs())
    await vi.waitFor(() => expect(bootstrap.state.get().peers).toBe(1))
    clock.turn(minute)
    expect(dialled).toEqual([])
    // Now one is missing.
    await b.libp2p.hangUp(a.peerId)
    await vi.waitFor(() => expect(bootstrap.state.get().peers).toBe(0))
    expect(dialled).toEqual([])
    clock.turn(15 * second)
    await vi.waitFor(() => expect(dialled.join()).toContain(known.peerId.toString()))
  })
})

describe('who went missing', () => {
  it('is looked for although many others came and went since', async () => {
    const [a, lost, guest] = (await start(3)) as [Host, Host, Host]
    const book = makeBook(a)
    wasHere(book, lost, ['/ip4/127.0.0.1/tcp/9'])
    clock.turn(minute)
    for (let port = 10; port < 30; port++) {
      const peerId = `12D3KooW${String(port).padStart(44, 'a').replaceAll('0', 'z')}`
      book.seen(peerId, [`/ip4/127.0.0.1/tcp/${port}`], { isServer: true })
      book.left(peerId)
    }
    const bootstrap = makeBootstrap(a, [], book)
    bootstrap.start()
    for (let times = 0; times < 2; times++) {
      await guest.libp2p.dial(a.libp2p.getMultiaddrs())
      await vi.waitFor(() => expect(bootstrap.state.get().peers).toBe(1))
      if (times === 0) await guest.libp2p.hangUp(a.peerId)
      if (times === 0) await vi.waitFor(() => expect(bootstrap.state.get().peers).toBe(0))
    }
    const dialled = dialledBy(a)
    tell(a, 'peer:disconnect', guest.peerId)
    await vi.waitFor(() => {
      clock.turn(15 * second)
      expect(dialled.join()).toContain('/tcp/9/')
    })
  })

  it('is not looked for in this node’s own network where it was met over the internet', async () => {
    const [a, stranger] = (await start(2)) as [Host, Host]
    const book = makeBook(a)
    makeBootstrap(a, [], book).start()
    const said = ['/ip4/192.168.1.1/tcp/80', '/ip4/127.0.0.1/tcp/6379', '/ip4/11.0.0.7/tcp/8468'].map(each =>
      multiaddr(each),
    )
    const identify = (remoteAddr: string) => {
      const connection = { direction: 'inbound', remoteAddr: multiaddr(remoteAddr) }
      vi.spyOn(a.libp2p, 'getConnections').mockReturnValue([connection as Connection])
      const detail = { peerId: stranger.peerId, protocols: [], listenAddrs: said, connection }
      a.libp2p.dispatchEvent(new CustomEvent('peer:identify', { detail }) as never)
      return book.peers().flatMap(({ addresses }) => addresses)
    }
    expect(identify('/ip4/11.0.0.7/tcp/50000')).toEqual(['/ip4/11.0.0.7/tcp/8468'])
    expect(identify('/ip4/192.168.1.7/tcp/50000')).toEqual(['/ip4/192.168.1.1/tcp/80', '/ip4/11.0.0.7/tcp/8468'])
    vi.restoreAllMocks()
  })
})

describe('a server that has enough peers', () => {
  const peersNamed = (count: number) =>
    Array.from({ length: count }, (_, index) => readPeerId(peerIdTextOf(new Uint8Array(32).fill(index + 1))))

  it('dials one that was here within a day, once a minute: a part of the network may have been cut off', async () => {
    const [a, lost, gone] = (await start(3, 'server')) as [Host, Host, Host]
    const book = makeBook(a)
    wasHere(book, gone, ['/ip4/127.0.0.1/tcp/9'])
    clock.turn(25 * hour)
    wasHere(book, lost, ['/ip4/127.0.0.1/tcp/10'])
    const dialled = dialledBy(a)
    const [last, ...peers] = peersNamed(48)
    vi.spyOn(a.libp2p, 'getPeers').mockReturnValue(peers)
    makeBootstrap(a, [], book).start()
    clock.turn(2 * minute)
    expect(dialled).toEqual([])
    tell(a, 'peer:connect', last as PeerId)
    clock.turn(1 * minute)
    await vi.waitFor(() => expect(dialled).toEqual([expect.stringContaining(lost.peerId.toString())]))
    clock.turn(1 * minute)
    await vi.waitFor(() => expect(dialled).toHaveLength(2))
  })

  it('is not imitated by a client', async () => {
    const [a, b] = (await start(2)) as [Host, Host]
    const book = makeBook(a)
    wasHere(book, b, b.addresses())
    const dialled = dialledBy(a)
    vi.spyOn(a.libp2p, 'getPeers').mockReturnValue(peersNamed(48))
    makeBootstrap(a, [], book).start()
    clock.turn(10 * minute)
    expect(dialled).toEqual([])
  })
})

it('dials peers that were found while the host was still starting', async () => {
  const [a, b] = (await start(2)) as [Host, Host]
  await a.libp2p.peerStore.merge(b.peerId, { multiaddrs: b.libp2p.getMultiaddrs() })
  const bootstrap = bootstrapOf(a)
  await vi.waitFor(() => expect(bootstrap.state.get().peers).toBe(1))
})

it('does not dial those it is connected with already, nor anybody before it has started', async () => {
  const [a, connected, found, passing] = (await start(4)) as [Host, Host, Host, Host]
  const dialled = dialledBy(a)
  const bootstrap = makeBootstrap(a, [configuredSeeds(seedsOf(found))])
  // To one that runs this is what makes it look for others.
  const alone = new Promise(resolve => a.libp2p.addEventListener('peer:disconnect', resolve))
  await passing.libp2p.dial(a.libp2p.getMultiaddrs())
  await passing.libp2p.hangUp(a.peerId)
  await alone
  clock.turn(minute)
  await connected.libp2p.dial(a.libp2p.getMultiaddrs())
  await vi.waitFor(() => expect(a.libp2p.getPeers()).toHaveLength(1))
  expect(dialled).toEqual([])

  for (const { peerId, libp2p } of [connected, found])
    await a.libp2p.peerStore.merge(peerId, { multiaddrs: libp2p.getMultiaddrs() })
  bootstrap.start()
  await vi.waitFor(() => expect(a.libp2p.getConnections(found.peerId)).toHaveLength(1))
  expect(dialled).toEqual([expect.stringContaining(found.peerId.toString())])
})

it('asks its sources once at a time, and stops while they are silent', async () => {
  const [a, b] = (await start(2)) as [Host, Host]
  let asked = 0
  const list = Promise.withResolvers<string[]>()
  const silent: SeedSource = {
    name: 'a silent list',
    addresses: () => {
      asked++
      return list.promise
    },
  }
  const bootstrap = bootstrapOf(a, [silent])
  await b.libp2p.dial(a.libp2p.getMultiaddrs())
  await vi.waitFor(() => expect(bootstrap.state.get().peers).toBe(1))
  await b.libp2p.hangUp(a.peerId)
  await vi.waitFor(() => expect(bootstrap.state.get().peers).toBe(0))
  expect(asked).toBe(1)
  bootstrap.stop()
  list.resolve(seedsOf(b))
  await new Promise(setImmediate)
  expect(a.libp2p.getPeers()).toEqual([])
  expect(bootstrap.state.get().tried).toEqual([])
})

it('names a source that failed, and why, and asks the next one', async () => {
  const [a, b] = (await start(2)) as [Host, Host]
  const broken: SeedSource = {
    name: 'a list on the web',
    addresses: async () => {
      throw new Error('not found')
    },
  }
  const bootstrap = bootstrapOf(a, [broken, configuredSeeds(seedsOf(b))])
  await vi.waitFor(() =>
    expect(bootstrap.state.get().tried).toEqual([
      { source: 'a list on the web', offered: 0, reached: 0, failure: 'Error: not found' },
      { source: 'configured seeds', offered: 1, reached: 1 },
    ]),
  )
})

it('says nothing more once it has stopped', async () => {
  const [a, b] = (await start(2)) as [Host, Host]
  const bootstrap = bootstrapOf(a, [configuredSeeds(seedsOf(b))])
  await vi.waitFor(() => expect(bootstrap.state.get().peers).toBe(1))
  bootstrap.stop()
  await a.libp2p.hangUp(b.peerId)
  clock.turn(10 * minute)
  expect(bootstrap.state.get()).toMatchObject({ peers: 0, tried: [] })
  expect(a.libp2p.getPeers()).toEqual([])
})

it('dials nobody who is not wanted any more', async () => {
  const [a, b, c] = (await start(3)) as [Host, Host, Host]
  const dialer = new Dialer({ libp2p: a.libp2p, log })
  const addresses = [b, c].flatMap(seedsOf)
  expect(await dialer.dialAll(addresses, 4, AbortSignal.abort())).toBe(0)
  expect(await dialer.dialAll(addresses, 0, new AbortController().signal)).toBe(0)
  expect(await dialer.dialAll(addresses, 4, new AbortController().signal)).toBe(2)
})
