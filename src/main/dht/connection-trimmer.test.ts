import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { minute } from '../../shared/units.ts'
import { TurnedClock } from '../clock.ts'
import { createTestHost } from '../directory/test-network.ts'
import { Lifecycle } from '../lifecycle.ts'
import { ConnectionTrimmer } from './connection-trimmer.ts'
import { type Contact, contactAt } from './contacts.ts'
import type { Host } from './host.ts'

const log = pino({ level: 'silent' })
const budget = { most: 2, wanted: 1, idleMs: 2 * minute }

let clock: TurnedClock
let lifecycle: Lifecycle
let trimmer: ConnectionTrimmer
let host: Host
let others: Host[]
let contacts: Map<string, Contact>
/** As many contacts as a client needs, besides `contacts`. */
let more: number
/** Who has been asked something and has not answered yet. */
let asking: Set<string>
const table = {
  get: (peerId: string) => contacts.get(peerId),
  part: (peerId: string) => {
    const contact = contacts.get(peerId)
    if (contact !== undefined) contacts.set(peerId, { ...contact, connected: false })
  },
  get size() {
    return contacts.size + more
  },
}
const channels = { isAsking: (peerId: string) => asking.has(peerId) }

beforeEach(async () => {
  clock = new TurnedClock(Date.now())
  contacts = new Map()
  more = 0
  asking = new Set()
  lifecycle = new Lifecycle()
  host = lifecycle.add('host', await createTestHost())
  others = await Promise.all([1, 2, 3].map(() => createTestHost()))
  for (const other of others) lifecycle.add('other', other)
  trimmer = lifecycle.add('trimmer', new ConnectionTrimmer({ host, contacts: table, channels, clock, log }, budget))
  await lifecycle.start()
  for (const other of others) await host.libp2p.dial(other.libp2p.getMultiaddrs())
  await quiet()
})

afterEach(() => lifecycle.stop())

/** Resolves once identify has ended: an open stream keeps a connection. */
async function quiet(): Promise<void> {
  await vi.waitFor(() => expect(host.libp2p.getConnections().flatMap(({ streams }) => streams)).toEqual([]))
}

const connected = () => host.libp2p.getPeers().map(String)

describe('with more connections than wanted', () => {
  it('hangs up on those that have been idle for two minutes, not on one in use', async () => {
    const [used] = others as [Host]
    clock.turn(1.5 * minute)
    trimmer.used(used.peerId.toString())
    clock.turn(minute)
    await vi.waitFor(() => expect(connected()).toEqual([used.peerId.toString()]))
  })

  it('counts those that have come back as used, however long ago that was before', async () => {
    const [back] = others as [Host]
    trimmer.used(back.peerId.toString())
    clock.turn(1.5 * minute)
    await host.libp2p.hangUp(back.peerId)
    await host.libp2p.dial(back.libp2p.getMultiaddrs())
    await quiet()
    clock.turn(1.5 * minute)
    await vi.waitFor(() => expect(connected()).toEqual([back.peerId.toString()]))
  })

  it('counts by the time that passes, whatever clocks say and are set to', async () => {
    for (const connection of host.libp2p.getConnections()) connection.timeline.open -= 10 * minute
    clock.set(10 * minute)
    clock.turn(1.5 * minute)
    expect(connected()).toHaveLength(3)
    clock.set(-60 * minute)
    clock.turn(1.5 * minute)
    await vi.waitFor(() => expect(connected()).toHaveLength(1))
  })

  it('looks twice a minute', async () => {
    clock.turn(3 * minute)
    await vi.waitFor(() => expect(connected()).toHaveLength(1))
  })

  it('keeps the servers of its table', async () => {
    const [server] = others as [Host]
    const [address] = server.libp2p.getMultiaddrs()
    if (address === undefined) throw new Error('expected an address')
    const id = server.peerId.toString()
    contacts.set(id, contactAt(id, address, [], true))
    clock.turn(3 * minute)
    await vi.waitFor(() => expect(connected()).toEqual([id]))
  })

  it('keeps those with a stream open, unless it is one of the directory, which is kept open for later', async () => {
    const [busy, asked] = others as [Host, Host]
    for (const [other, protocol] of [
      [busy, '/work/1.0.0'],
      [asked, host.protocols.directory],
    ] as const) {
      await other.libp2p.handle(protocol, () => undefined)
      await host.libp2p.dialProtocol(other.peerId, protocol)
    }
    clock.turn(3 * minute)
    // Peers tell each other what they serve now, on streams of their own: it may have to look again.
    await vi.waitFor(() => {
      clock.turn(0.5 * minute)
      expect(connected()).toEqual([busy.peerId.toString()])
    })
  })

  it('leaves new ones alone', async () => {
    clock.turn(minute)
    expect(await trimmer.trim()).toBe(0)
    expect(connected()).toHaveLength(3)
  })
})

describe('a server of which nothing more is wanted', () => {
  async function meet(): Promise<string> {
    const [server] = others as [Host]
    const [address] = server.libp2p.getMultiaddrs()
    if (address === undefined) throw new Error('expected an address')
    const id = server.peerId.toString()
    contacts.set(id, contactAt(id, address, [address.toString()], true))
    return id
  }

  it.each(['leave', 'letGo'] as const)('is hung up on by a client that knows others: %s', async way => {
    const id = await meet()
    more = 8
    await host.setMode('client')
    await trimmer[way](id)
    expect(connected()).not.toContain(id)
    expect(contacts.get(id)).toMatchObject({ connected: false, addresses: [expect.any(String)] })
  })

  it('is kept by a server, and by a client that knows few others', async () => {
    const id = await meet()
    more = 8
    await trimmer.letGo(id)
    more = 7
    await host.setMode('client')
    await trimmer.letGo(id)
    expect(connected()).toContain(id)
  })

  it('is kept while it is to answer something', async () => {
    const id = await meet()
    more = 8
    await host.setMode('client')
    asking.add(id)
    await trimmer.letGo(id)
    expect(connected()).toContain(id)
  })

  it('is kept where it was only passed by in a lookup, but used since', async () => {
    const id = await meet()
    more = 8
    await host.setMode('client')
    trimmer.used(id)
    await trimmer.leave(id)
    expect(connected()).toContain(id)
    await trimmer.letGo(id)
    expect(connected()).not.toContain(id)
  })

  it('is not kept for what it was used for before it went and came back', async () => {
    const id = await meet()
    const [server] = others as [Host]
    more = 8
    await host.setMode('client')
    trimmer.used(id)
    await host.libp2p.hangUp(server.peerId)
    expect(await trimmer.trim()).toBe(0)
    await host.libp2p.dial(server.libp2p.getMultiaddrs())
    await quiet()
    await trimmer.leave(id)
    expect(connected()).not.toContain(id)
  })
})
