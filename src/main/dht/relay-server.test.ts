import { RELAY_V2_HOP_CODEC, RELAY_V2_STOP_CODEC } from '@libp2p/circuit-relay-v2'
import { generateKeyPair } from '@libp2p/crypto/keys'
import type { Stream } from '@libp2p/interface'
import { pino } from 'pino'
import { afterEach, expect, it, vi } from 'vitest'
import { KiB, MiB } from '../../shared/units.ts'
import { createTestHost } from '../directory/test-network.ts'
import { Lifecycle } from '../lifecycle.ts'
import { standsStill } from '../testing/stands-still.ts'
import { ByteMeter } from './byte-meter.ts'
import { createHost, type Host, type HostInit } from './host.ts'
import { networkId } from './network.ts'
import { oddAddresses, startOddHost } from './test-odd-host.ts'

const protocol = '/echo/1.0.0'
/** More than libp2p's relay lets through a connection by itself: 128 KiB. */
const documentBytes = 512 * KiB

let lifecycle = new Lifecycle()

afterEach(async () => {
  vi.restoreAllMocks()
  await lifecycle.stop()
  lifecycle = new Lifecycle()
})

async function started(host: Host): Promise<Host> {
  lifecycle.add('host', host)
  await host.start()
  return host
}

async function startRelay(what: Pick<HostInit, 'coordinator' | 'relay'>): Promise<Host> {
  const privateKey = await generateKeyPair('Ed25519')
  const init = { networkId: networkId('test'), port: { port: 0, explicit: true }, listen: ['127.0.0.1'], mdns: false }
  const log = pino({ level: 'silent' })
  return started(await createHost({ privateKey, log }, { ...init, ...what, relaxedLimits: true }))
}

const startCoordinator = () => startRelay({ coordinator: true })

const relayedAddresses = (host: Host) =>
  host.libp2p.getMultiaddrs().filter(address => address.toString().includes('/p2p-circuit'))

/** A host that lets itself be reached through the coordinator. */
async function startHidden(coordinator: Host): Promise<Host> {
  const host = await started(await createTestHost())
  await host.libp2p.dial(coordinator.libp2p.getMultiaddrs())
  await host.setMode('client')
  await vi.waitFor(() => expect(relayedAddresses(host)).not.toEqual([]))
  return host
}

async function received(stream: Stream, bytes: number): Promise<void> {
  let left = bytes
  for await (const data of stream) {
    left -= data.byteLength
    if (left <= 0) return
  }
  throw new Error(`expected ${bytes} bytes, and ${left} did not come`)
}

/** A document goes there, and one comes back. */
async function exchange(asker: Host, hidden: Host): Promise<void> {
  await hidden.libp2p.handle(
    protocol,
    async stream => {
      await received(stream, documentBytes)
      stream.send(new Uint8Array(documentBytes))
      await stream.close()
    },
    { runOnLimitedConnection: true },
  )
  const stream = await asker.libp2p.dialProtocol(relayedAddresses(hidden), protocol, { runOnLimitedConnection: true })
  stream.send(new Uint8Array(documentBytes))
  await received(stream, documentBytes)
}

it('carries whole documents both ways, and counts them towards the rate of who sends them', async () => {
  const coordinator = await startCoordinator()
  const hidden = await startHidden(coordinator)
  const asker = await started(await createTestHost({ mode: 'client' }))
  const sent = new Map<string, number>()
  const take = vi.spyOn(ByteMeter.prototype, 'take')
  await exchange(asker, hidden)
  for (const [peer, bytes] of take.mock.calls) sent.set(peer, (sent.get(peer) ?? 0) + bytes)
  expect([...sent.keys()].sort()).toEqual([asker, hidden].map(({ peerId }) => peerId.toString()).sort())
  for (const bytes of sent.values()) expect(bytes).toBeGreaterThanOrEqual(documentBytes)
})

it('takes no more from one than the other reads', async () => {
  const coordinator = await startCoordinator()
  const hidden = await startHidden(coordinator)
  const asker = await started(await createTestHost({ mode: 'client' }))
  await asker.libp2p.dial(relayedAddresses(hidden))
  const streamOf = (host: Host, codec: string) =>
    host.libp2p
      .getConnections(coordinator.peerId)
      .flatMap(({ streams }) => streams)
      .find(({ protocol }) => protocol === codec)
  const [from, to] = [streamOf(asker, RELAY_V2_HOP_CODEC), streamOf(hidden, RELAY_V2_STOP_CODEC)]
  to?.pause()
  let taken = 0
  vi.spyOn(ByteMeter.prototype, 'take').mockImplementation((_peer, bytes) => {
    taken += bytes
    return 0
  })
  from?.send(new Uint8Array(8 * MiB))
  await standsStill(() => taken, { everyMs: 500 })
  expect(taken).toBeGreaterThan(0)
  expect(taken).toBeLessThan(2 * MiB)
})

it('is named by two of the addresses that it says it has, and none that others would not read', async () => {
  const named = Array.from({ length: 20 }, (_, index) => `/dns4/${index}.example/tcp/1`)
  const odd = await startOddHost([...oddAddresses, ...named])
  lifecycle.add('odd', odd)
  const hidden = await started(await createTestHost())
  await hidden.libp2p.dial(odd.getMultiaddrs().filter(address => address.toString().includes('127.0.0.1')))
  await hidden.setMode('client')
  await vi.waitFor(() => expect(relayedAddresses(hidden)).not.toEqual([]))
  expect(hidden.libp2p.services.listening.addresses().length).toBeGreaterThan(20)
  const relayed = hidden.addresses().filter(address => address.includes('/p2p-circuit'))
  expect(relayed).toEqual([expect.stringContaining('/ip4/127.0.0.1/'), expect.stringContaining('/dns4/0.example/')])
})

it('is let go of by a node that others can reach', async () => {
  const host = await startHidden(await startCoordinator())
  await host.setMode('server')
  await vi.waitFor(() => expect(relayedAddresses(host)).toEqual([]))
  expect(host.addresses()).toEqual([`/ip4/127.0.0.1/tcp/${host.port}`])
})

it('is asked for once, however often a node is told that it cannot be reached', async () => {
  const coordinator = await startCoordinator()
  const host = await startHidden(coordinator)
  const before = host.libp2p.services.listening.addresses()
  await host.setMode('client')
  expect(host.libp2p.services.listening.addresses()).toEqual(before)
  await host.setMode('server')
  await vi.waitFor(() => expect(relayedAddresses(host)).toEqual([]))
})

it('counts what a donor relays, both ways, towards what its owner allows in all', async () => {
  const booked = { bytes: 0, waits: 0 }
  const book = (bytes: number) => {
    booked.bytes += bytes
    // Once for a while, as a bound would.
    return booked.waits++ === 0 ? 50 : 0
  }
  const hidden = await startHidden(await startRelay({ relay: { book } }))
  await exchange(await started(await createTestHost({ mode: 'client' })), hidden)
  expect(booked.bytes).toBeGreaterThanOrEqual(2 * documentBytes)
})

it('keeps no place for who has gone', async () => {
  const coordinator = await startCoordinator()
  const hidden = await startHidden(coordinator)
  const held = () => coordinator.libp2p.services.relay?.reservations.size
  expect(held()).toBe(1)
  await hidden.stop()
  await vi.waitFor(() => expect(held()).toBe(0))
})

it('is no longer offered by a donor that cannot be reached itself, and is again when it can', async () => {
  const donor = await startRelay({ relay: {} })
  const offered = () => donor.libp2p.getProtocols().includes(RELAY_V2_HOP_CODEC)
  expect(offered()).toBe(true)
  await donor.setMode('client')
  expect(offered()).toBe(false)
  await donor.setMode('server')
  expect(offered()).toBe(true)
})
