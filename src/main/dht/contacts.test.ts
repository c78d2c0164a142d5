import { multiaddr } from '@multiformats/multiaddr'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { nameCloser } from '../directory/closer.ts'
import { decodeAnswer, encodeFrame } from '../directory/frames.ts'
import { peerPosition } from '../directory/keys.ts'
import { peerIdTextOf } from '../directory/signing.ts'
import { createTestHost } from '../directory/test-network.ts'
import { Lifecycle } from '../lifecycle.ts'
import { type Contact, Contacts, contactAt } from './contacts.ts'
import type { Host } from './host.ts'
import { oddAddresses, startOddHost } from './test-odd-host.ts'

let lifecycle: Lifecycle
let host: Host
let contacts: Contacts

beforeEach(async () => {
  lifecycle = new Lifecycle()
  host = lifecycle.add('host', await createTestHost())
  contacts = lifecycle.add('contacts', new Contacts({ host }))
  await lifecycle.start()
})

afterEach(() => lifecycle.stop())

function heard(index: number): Contact {
  const peerId = peerIdTextOf(Uint8Array.from([index >> 8, index & 255, ...new Uint8Array(30)]))
  const address = multiaddr('/ip4/192.168.1.5/tcp/8468')
  return contactAt(peerId, address, [address.toString()], false)
}

/** A host that serves the directory, connected with this one. */
async function meet(): Promise<Host> {
  const other = lifecycle.add('other', await createTestHost())
  await other.start()
  await other.libp2p.handle(other.protocols.directory, () => undefined)
  await host.libp2p.dial(other.libp2p.getMultiaddrs())
  await vi.waitFor(() => expect(contacts.size).toBe(1))
  return other
}

it('keeps what was heard of a thousand peers, and forgets who was named longest ago', () => {
  const all = Array.from({ length: 1_001 }, (_, index) => heard(index))
  contacts.hear(all.slice(0, 1_000))
  contacts.hear(all.slice(0, 1))
  contacts.hear(all.slice(1_000))
  expect(contacts.get(heard(1).peerId)).toBeUndefined()
  expect(contacts.get(heard(0).peerId)).toEqual(heard(0))
  expect(contacts.get(heard(1_000).peerId)).toEqual(heard(1_000))
  expect([...contacts.met()]).toEqual([])
})

it('names those that it met where they listen, and believes nobody else about them', async () => {
  const other = await meet()
  const peerId = other.peerId.toString()
  contacts.hear([{ ...heard(0), peerId }])
  expect(contacts.get(peerId)).toMatchObject({ connected: true, addresses: other.addresses() })
  expect([...contacts.met()].map(contact => contact.peerId)).toEqual([peerId])
})

it('names a peer that says it is at odd addresses so that others can read it', async () => {
  const odd = await startOddHost([...oddAddresses, '/dns4/example.org/tcp/1'])
  lifecycle.add('odd', odd)
  await odd.dial(host.libp2p.getMultiaddrs())
  const peer = odd.peerId.toString()
  await vi.waitFor(() => expect(contacts.get(peer)?.addresses).toContain('/dns4/example.org/tcp/1'))
  const target = peerPosition(peer)
  const answer = nameCloser({ kind: 'closest', id: 1, target, limit: 1 }, contacts, '')
  expect(answer.peers).toEqual([{ peer, addresses: contacts.get(peer)?.addresses }])
  expect(answer.peers[0]?.addresses).toHaveLength(2)
  expect(decodeAnswer(encodeFrame(answer))).toEqual(answer)
})

it('tells of whom it meets and loses, and not of those it never knew', async () => {
  let told = 0
  const stop = contacts.onChange(() => told++)
  const other = await meet()
  expect(told).toBe(1)
  contacts.forget(heard(0).peerId)
  expect(told).toBe(1)
  await host.libp2p.hangUp(other.peerId)
  await vi.waitFor(() => expect(contacts.size).toBe(0))
  expect(told).toBe(2)
  stop()
  contacts.hear([heard(0)])
  contacts.forget(heard(0).peerId)
  expect(contacts.get(heard(0).peerId)).toBeUndefined()
  expect(told).toBe(2)
})

it('counts a peer again that answers after it was forgotten, and none that is not connected', async () => {
  const other = await meet()
  contacts.forget(other.peerId.toString())
  expect(contacts.size).toBe(0)
  contacts.answered(other.peerId)
  expect(contacts.get(other.peerId.toString())?.connected).toBe(true)
  await host.libp2p.hangUp(other.peerId)
  await vi.waitFor(() => expect(contacts.size).toBe(0))
  contacts.answered(other.peerId)
  expect(contacts.size).toBe(0)
})

it('counts those again that were forgotten, as often as they were, where they are still connected', async () => {
  const other = await meet()
  const peerId = other.peerId.toString()
  for (let times = 0; times < 2; times++) contacts.forget(peerId)
  expect(contacts.size).toBe(0)
  contacts.recall()
  expect(contacts.get(peerId)?.connected).toBe(true)
  contacts.forget(peerId)
  await host.libp2p.hangUp(other.peerId)
  await vi.waitFor(() => expect(host.libp2p.getConnections(other.peerId)).toEqual([]))
  contacts.recall()
  expect(contacts.size).toBe(0)
})

it('keeps in mind where one is that it hangs up on, and not where one was that has hung up', async () => {
  const other = await meet()
  const peerId = other.peerId.toString()
  const told = new Promise<void>(resolve => {
    void host.libp2p.register(host.protocols.directory, { onDisconnect: () => resolve() })
  })
  contacts.part(peerId)
  expect(contacts.size).toBe(0)
  await host.libp2p.hangUp(other.peerId)
  await told
  expect(contacts.get(peerId)).toMatchObject({ connected: false, addresses: other.addresses() })
  await vi.waitFor(() => expect(other.libp2p.getConnections()).toEqual([]))
  await other.libp2p.dial(host.libp2p.getMultiaddrs())
  await vi.waitFor(() => expect(contacts.size).toBe(1))
  await other.libp2p.hangUp(host.libp2p.peerId)
  await vi.waitFor(() => expect(contacts.size).toBe(0))
  expect(contacts.get(peerId)).toBeUndefined()
})

it('does not count one again that has become a client, while it is connected and when it is not', async () => {
  const other = await meet()
  const peerId = other.peerId.toString()
  contacts.forget(peerId)
  await other.libp2p.unhandle(other.protocols.directory)
  await vi.waitFor(() => {
    contacts.recall()
    expect(contacts.size).toBe(0)
  })
  expect(contacts.get(peerId)).toBeUndefined()
})

it('has forgotten everybody once it has stopped', async () => {
  const other = await meet()
  contacts.hear([heard(0)])
  contacts.stop()
  expect(contacts.size).toBe(0)
  expect(contacts.get(heard(0).peerId)).toBeUndefined()
  expect(contacts.get(other.peerId.toString())).toBeUndefined()
})

it('meets a peer that serves the directory only after they are connected', async () => {
  const other = lifecycle.add('other', await createTestHost())
  await other.start()
  await host.libp2p.dial(other.libp2p.getMultiaddrs())
  await vi.waitFor(async () => expect((await host.libp2p.peerStore.get(other.peerId)).protocols).not.toEqual([]))
  expect(contacts.size).toBe(0)
  await other.libp2p.handle(other.protocols.directory, () => undefined)
  await vi.waitFor(() => expect([...contacts.met()].map(({ peerId }) => peerId)).toEqual([other.peerId.toString()]))
})
