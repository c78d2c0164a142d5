import { generateKeyPair } from '@libp2p/crypto/keys'
import type { Ed25519PrivateKey } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { minute, second } from '../../shared/units.ts'
import { TurnedClock } from '../clock.ts'
import { type Position, peerPosition } from '../directory/keys.ts'
import { createTestHost } from '../directory/test-network.ts'
import { Lifecycle } from '../lifecycle.ts'
import { bucketOf } from './buckets.ts'
import { type AskCloser, ClosestPeers } from './closest.ts'
import { type Contact, Contacts, contactAt } from './contacts.ts'
import type { Host } from './host.ts'
import { TableFiller } from './table-filler.ts'

const log = pino({ level: 'silent' })

let clock: TurnedClock
let lifecycle: Lifecycle
let host: Host
let contacts: Contacts
let filler: TableFiller
/** The places that were asked about, and of whom. */
let asked: { peerId: string; target: Position }[]
let answer: AskCloser

beforeEach(async () => {
  clock = new TurnedClock()
  lifecycle = new Lifecycle()
  asked = []
  answer = async () => []
  host = lifecycle.add('host', await createTestHost())
  contacts = lifecycle.add('contacts', new Contacts({ host }))
  const ask: AskCloser = (contact, target, options) => {
    asked.push({ peerId: contact.peerId, target })
    return answer(contact, target, options)
  }
  const closest = new ClosestPeers({ contacts, ask, clock, log })
  filler = lifecycle.add('filler', new TableFiller({ host, contacts, closest, ask, clock, log }))
  await lifecycle.start()
})

afterEach(() => lifecycle.stop())

const self = () => peerPosition(host.peerId.toString())
const idOf = (other: Host) => other.peerId.toString()
const timesAsked = (other: Host) => asked.filter(({ peerId }) => peerId === idOf(other)).length

/** Whether the other was asked who is close to this node. */
function askedForItself(other: Host): boolean {
  return asked.some(({ peerId, target }) => peerId === idOf(other) && Buffer.compare(target, self()) === 0)
}

/** A key whose place is in one of the wanted buckets of this node. */
async function keyIn(isWanted: (bucket: number) => boolean): Promise<Ed25519PrivateKey> {
  for (;;) {
    const key = await generateKeyPair('Ed25519')
    if (isWanted(bucketOf(self(), peerPosition(key.publicKey.toString())))) return key
  }
}

/** A host that serves the directory, not connected yet. */
async function startServer(isWanted: (bucket: number) => boolean = () => true): Promise<Host> {
  const server = lifecycle.add('server', await createTestHost({ privateKey: await keyIn(isWanted) }))
  await server.start()
  await server.libp2p.handle(server.protocols.directory, () => undefined)
  return server
}

async function meet(isWanted?: (bucket: number) => boolean): Promise<Host> {
  const server = await startServer(isWanted)
  await host.libp2p.dial(server.libp2p.getMultiaddrs())
  await vi.waitFor(() => expect(contacts.get(idOf(server))?.connected).toBe(true))
  return server
}

it('counts those again each minute that were taken for mute, where few others are known', async () => {
  const server = await meet()
  contacts.forget(idOf(server))
  expect(contacts.size).toBe(0)
  clock.turn(minute)
  expect(contacts.get(idOf(server))?.connected).toBe(true)
})

function contactOf(server: Host): Contact {
  const [address] = server.addresses()
  if (address === undefined) throw new Error('expected an address')
  return contactAt(idOf(server), multiaddr(address), server.addresses(), false)
}

/** Resolves once what was started by a turn of the clock has asked whom it asks. */
const settled = () => new Promise(resolve => setImmediate(resolve))

describe('a node among servers', () => {
  it('looks itself up at once when it meets one, and ten seconds later for those it met since', async () => {
    const first = await meet()
    await vi.waitFor(() => expect(asked.map(({ target }) => target)).toEqual([self(), self()]))
    expect(timesAsked(first)).toBe(2)
    const later = await meet()
    clock.turn(10 * second - 1)
    await settled()
    expect(askedForItself(later)).toBe(false)
    clock.turn(1)
    await vi.waitFor(() => expect(askedForItself(later)).toBe(true))
  })

  it('does not look itself up when it loses one', async () => {
    const first = await meet()
    await vi.waitFor(() => expect(timesAsked(first)).toBe(2))
    const lost = await meet()
    clock.turn(10 * second)
    await vi.waitFor(() => expect(timesAsked(lost)).toBeGreaterThan(0))
    clock.turn(10 * second)
    await settled()
    const before = asked.length
    await host.libp2p.hangUp(lost.peerId)
    await vi.waitFor(() => expect(contacts.size).toBe(1))
    await settled()
    expect(asked).toHaveLength(before)
  })

  it('connects with those of a bucket whom the others name', async () => {
    const missing = await startServer(bucket => bucket === 0)
    await meet(bucket => bucket > 0)
    await settled()
    answer = async (_contact, target) => (bucketOf(self(), target) === 0 ? [contactOf(missing)] : [])
    clock.turn(second)
    await vi.waitFor(() => expect(contacts.get(idOf(missing))?.connected).toBe(true))
  })

  it('leaves a bucket alone for ten minutes where nobody could be found for it', async () => {
    const only = await meet(bucket => bucket === 0)
    await settled()
    clock.turn(second)
    await vi.waitFor(() => expect(timesAsked(only)).toBe(3))
    await settled()
    // Others have found that this machine's clock is wrong.
    clock.set(-60 * minute)
    clock.turn(9 * minute)
    await settled()
    expect(timesAsked(only)).toBe(3)
    clock.turn(2 * minute)
    await vi.waitFor(() => expect(timesAsked(only)).toBe(4))
  })

  it('asks about a bucket again the next minute where nobody answered', async () => {
    const only = await meet(bucket => bucket === 0)
    await settled()
    answer = async () => {
      throw new Error('busy')
    }
    clock.turn(second)
    await vi.waitFor(() => expect(timesAsked(only)).toBe(3))
    await settled()
    clock.turn(minute)
    await vi.waitFor(() => expect(timesAsked(only)).toBe(4))
  })

  it('goes on where one does not answer, or cannot be reached at where it is said to be', async () => {
    const gone = await startServer(bucket => bucket === 0)
    const only = await meet(bucket => bucket > 0)
    const named = contactOf(gone)
    await gone.stop()
    await settled()
    answer = async (_contact, target) => {
      if (bucketOf(self(), target) === 0) return [named]
      throw new Error('gone')
    }
    const before = timesAsked(only)
    clock.turn(second)
    const buckets = contacts.bucketSizes().length
    await vi.waitFor(() => expect(timesAsked(only)).toBe(before + buckets))
    expect([...contacts.met()].map(({ peerId }) => peerId)).toEqual([idOf(only)])
  })

  it('fills its table once at a time, and no further once it has stopped', async () => {
    const only = await meet(bucket => bucket > 0)
    await settled()
    const before = timesAsked(only)
    const slow = Promise.withResolvers<Contact[]>()
    answer = () => slow.promise
    clock.turn(second)
    expect(timesAsked(only)).toBe(before + 1)
    clock.turn(2 * minute)
    await settled()
    expect(timesAsked(only)).toBe(before + 1)
    filler.stop()
    slow.resolve([])
    await settled()
    expect(timesAsked(only)).toBe(before + 1)
  })
})
