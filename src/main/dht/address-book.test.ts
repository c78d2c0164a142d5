import { MemoryDatastore } from 'datastore-core'
import { Key } from 'interface-datastore'
import { pino } from 'pino'
import { beforeEach, expect, it, vi } from 'vitest'
import { day, minute } from '../../shared/units.ts'
import { TurnedClock } from '../clock.ts'
import { AddressBook, keepNewest, maxBookPeers } from './address-book.ts'
import { oddAddresses } from './test-odd-host.ts'

const log = pino({ level: 'silent' })
const peerId = (index: number) => `12D3KooW${String(index).padStart(44, 'a').replaceAll('0', 'z')}`
const addresses = ['/ip4/10.0.0.1/tcp/8468']
const server = { isServer: true }
let clock: TurnedClock
let datastore: MemoryDatastore

const openBook = async (networkId = 'network') => {
  const book = new AddressBook({ datastore, clock, log }, { networkId })
  await book.start()
  return book
}

beforeEach(() => {
  clock = new TurnedClock()
  datastore = new MemoryDatastore()
})

it('remembers peers over a restart, newest first', async () => {
  const book = await openBook()
  book.seen(peerId(1), addresses, server)
  book.seen(peerId(2), addresses, server)
  book.left(peerId(1))
  clock.turn(minute)
  book.left(peerId(2))
  await book.stop()
  expect((await openBook()).peers().map(peer => peer.peerId)).toEqual([peerId(2), peerId(1)])
})

it('counts who is still here as seen now, and who has left from then on', async () => {
  const book = await openBook()
  for (const index of [1, 2]) book.seen(peerId(index), addresses, server)
  clock.turn(40 * day)
  book.left(peerId(1))
  clock.turn(minute)
  expect(book.peers()).toMatchObject([
    { peerId: peerId(2), lastSeen: clock.now() },
    { peerId: peerId(1), lastSeen: clock.now() - minute },
  ])
  clock.turn(30 * day)
  await book.stop()
  expect((await openBook()).peers().map(peer => peer.peerId)).toEqual([peerId(2)])
})

it('keeps servers, and of them who is here, however many others come and go', async () => {
  const book = await openBook()
  for (const index of [1, 2]) book.seen(peerId(index), addresses, server)
  book.left(peerId(2))
  const passBy = (index: number, isServer: boolean) => {
    clock.turn(minute)
    book.seen(peerId(index), addresses, { isServer })
    book.left(peerId(index))
  }
  for (let index = 3; index <= 1_400; index++) passBy(index, false)
  const kept = () => book.peers().map(peer => peer.peerId)
  expect(kept()).toEqual(expect.arrayContaining([peerId(1), peerId(2), peerId(1_400)]))
  for (let index = 1_401; index <= 2_800; index++) passBy(index, true)
  expect(kept()).toContain(peerId(1))
  expect(kept()).not.toContain(peerId(2))
  expect(kept()).toHaveLength(maxBookPeers)
})

it('writes the first three peers at once, and others a few seconds later, so that a crash loses little', async () => {
  const book = await openBook()
  const written = async () => (await openBook()).peers().length
  for (const count of [1, 2, 3]) {
    book.seen(peerId(count), addresses, server)
    await vi.waitFor(async () => expect(await written()).toBe(count))
  }
  book.seen(peerId(4), addresses, server)
  expect(await written()).toBe(3)
  clock.turn(10_000)
  await vi.waitFor(async () => expect(await written()).toBe(4))
})

it('keeps networks apart', async () => {
  const book = await openBook()
  book.seen(peerId(1), addresses, server)
  await book.stop()
  expect((await openBook('another')).peers()).toEqual([])
})

it('forgets peers not seen for 30 days', async () => {
  const book = await openBook()
  book.seen(peerId(1), addresses, server)
  book.left(peerId(1))
  clock.turn(30 * day)
  expect(book.peers()).toEqual([])
})

it('holds 500 peers, the newest', async () => {
  const book = await openBook()
  for (let index = 1; index <= 700; index++) {
    clock.turn(1)
    book.seen(peerId(index), addresses, server)
    book.left(peerId(index))
  }
  const peers = book.peers()
  expect(peers).toHaveLength(maxBookPeers)
  expect(peers[0]?.peerId).toBe(peerId(700))
})

it('does not remember a peer without addresses', async () => {
  const book = await openBook()
  book.seen(peerId(1), [], server)
  expect(book.peers()).toEqual([])
})

it('remembers of the addresses that a peer says those that can be read again', async () => {
  const book = await openBook()
  book.seen(peerId(1), oddAddresses, server)
  book.seen(peerId(2), [...oddAddresses, ...oddAddresses, ...oddAddresses, ...oddAddresses, ...addresses], server)
  await book.stop()
  for (const each of [book, await openBook()]) expect(each.peers()).toMatchObject([{ peerId: peerId(2), addresses }])
})

it('keeps what can be read of a book in which some entries cannot', async () => {
  const entry = { peerId: peerId(1), addresses, lastSeen: clock.now() }
  const unreadable = [
    { ...entry, addresses: oddAddresses },
    { ...entry, peerId: 'x' },
    null,
    { length: { toString: 1 } },
  ]
  const text = JSON.stringify([...unreadable, entry, { ...entry, peerId: peerId(2) }])
  await datastore.put(new Key('/networks/network/address-book'), new TextEncoder().encode(text))
  expect((await openBook()).peers().map(peer => peer.peerId)).toEqual([peerId(1), peerId(2)])
})

it('starts empty where what was saved cannot be read', async () => {
  await datastore.put(new Key('/networks/network/address-book'), new TextEncoder().encode('{"not": "a book"}'))
  expect((await openBook()).peers()).toEqual([])
})

it('orders and trims without a clock of its own', () => {
  const peers = [1, 3, 2].map(index => ({ ...server, peerId: peerId(index), addresses, lastSeen: 100 * day + index }))
  expect(keepNewest(peers, 100 * day).map(peer => peer.peerId)).toEqual([peerId(3), peerId(2), peerId(1)])
})

it('goes on when the disk is full, and saves again once there is room', async () => {
  const book = await openBook()
  const { put } = datastore
  datastore.put = () => {
    throw new Error('ENOSPC: no space left on device')
  }
  book.seen(peerId(1), addresses, server)
  book.left(peerId(1))
  clock.turn(minute)
  await book.stop()
  expect((await openBook()).peers()).toEqual([])
  datastore.put = put
  book.seen(peerId(2), addresses, server)
  await book.stop()
  expect((await openBook()).peers().map(peer => peer.peerId)).toEqual([peerId(2), peerId(1)])
})
