import type { Multiaddr } from '@multiformats/multiaddr'
import { pino } from 'pino'
import { afterEach, expect, it, vi } from 'vitest'
import { minute, second } from '../../shared/units.ts'
import { TurnedClock } from '../clock.ts'
import { createTestHost } from '../directory/test-network.ts'
import { Lifecycle } from '../lifecycle.ts'
import type { Host } from './host.ts'
import { chooseRelays, type RelayPlace, RelaySeeker } from './relay-seeker.ts'

const log = pino({ level: 'silent' })
let lifecycle = new Lifecycle()

afterEach(async () => {
  await lifecycle.stop()
  lifecycle = new Lifecycle()
})

async function started(host: Host): Promise<Host> {
  lifecycle.add('host', host)
  await host.start()
  return host
}

const placeOf = (host: Host): RelayPlace => ({
  peerId: host.peerId.toString(),
  addresses: host.libp2p.getMultiaddrs().map(String),
})
const circuits = (host: Host) => host.libp2p.getMultiaddrs().filter(address => String(address).includes('/p2p-circuit'))

it('connects a node that nobody can reach with a donor that relays, through which others then reach it', async () => {
  const donor = await started(await createTestHost({ relay: {} }))
  const stranger = await started(await createTestHost())
  const hidden = await started(await createTestHost())
  await hidden.setMode('client')
  const clock = new TurnedClock()
  const find = vi.fn(async () => [placeOf(stranger), placeOf(donor)])
  const seeker = new RelaySeeker({ host: hidden, find, clock, log })
  lifecycle.add('relay seeker', { start: () => seeker.start(), stop: () => seeker.stop() })
  seeker.start()
  // Coordinators come first.
  await seeker.look()
  expect(find).not.toHaveBeenCalled()
  clock.turn(15 * second)
  await vi.waitFor(() => expect(circuits(hidden)).not.toEqual([]))
  expect(String(circuits(hidden)[0])).toContain(donor.peerId.toString())

  const asker = await started(await createTestHost({ mode: 'client' }))
  const connection = await asker.libp2p.dial(circuits(hidden))
  expect(connection.remotePeer.equals(hidden.peerId)).toBe(true)

  // It has one now, so nobody is asked again.
  const asked = find.mock.calls.length
  clock.turn(10 * minute)
  await seeker.look()
  expect(find).toHaveBeenCalledTimes(asked)
})

it('asks a relay again that is still connected with once the place there is lost', async () => {
  const donor = await started(await createTestHost({ relay: {} }))
  const hidden = await started(await createTestHost())
  await hidden.setMode('client')
  const address = donor.libp2p.getMultiaddrs()[0] as Multiaddr
  const first = await hidden.dial(address, AbortSignal.timeout(10 * second))
  await vi.waitFor(() => expect(circuits(hidden)).not.toEqual([]))
  await hidden.dial(address, AbortSignal.timeout(10 * second))
  await first.close()
  await vi.waitFor(() => expect(circuits(hidden)).toEqual([]))

  const clock = new TurnedClock()
  const seeker = new RelaySeeker({ host: hidden, find: async () => [], clock, log })
  lifecycle.add('relay seeker', { start: () => seeker.start(), stop: () => seeker.stop() })
  seeker.start()
  clock.turn(5 * second)
  await vi.waitFor(() => expect(circuits(hidden)).not.toEqual([]))
})

it('learns at once that a donor which others cannot reach any more relays no longer', async () => {
  const donor = await started(await createTestHost({ relay: {} }))
  const hidden = await started(await createTestHost())
  await hidden.setMode('client')
  await hidden.libp2p.dial(donor.libp2p.getMultiaddrs())
  await vi.waitFor(() => expect(hidden.circuits.taken).toBe(1))
  await donor.setMode('client')
  await vi.waitFor(() => expect(circuits(hidden)).toEqual([]))
  expect(hidden.circuits.taken).toBe(0)
})

it('looks for none while others can reach the node', async () => {
  const host = await started(await createTestHost())
  const clock = new TurnedClock()
  const find = vi.fn(async () => [])
  const seeker = new RelaySeeker({ host, find, clock, log })
  seeker.start()
  clock.turn(10 * minute)
  await seeker.look()
  seeker.stop()
  expect(find).not.toHaveBeenCalled()
})

it('dials few at once, and leaves one alone that was tried a short while ago', () => {
  const found = ['a', 'b', 'c', 'd'].map(peerId => ({ peerId, addresses: [`/ip4/192.0.2.1/tcp/1/p2p/${peerId}`] }))
  const facts = { dialledAt: new Map([['a', 0]]), connected: new Set(['b']), now: 1 * minute, random: () => 0.5 }
  expect(chooseRelays([...found, { peerId: 'e', addresses: [] }], facts).map(({ peerId }) => peerId)).toEqual([
    'c',
    'd',
  ])
  expect(chooseRelays(found, { ...facts, now: 10 * minute }).map(({ peerId }) => peerId)).toEqual(['a', 'c'])
})
