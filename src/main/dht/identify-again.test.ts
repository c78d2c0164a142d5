import { type PeerId, start, stop } from '@libp2p/interface'
import { pino } from 'pino'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { minute, second } from '../../shared/units.ts'
import { TurnedClock } from '../clock.ts'
import { createTestHost } from '../directory/test-network.ts'
import { Lifecycle } from '../lifecycle.ts'
import type { Host } from './host.ts'
import { IdentifyAgain } from './identify-again.ts'

const log = pino({ level: 'silent' })
let lifecycle: Lifecycle
let clock: TurnedClock
let self: Host
let busy: Host

beforeEach(async () => {
  lifecycle = new Lifecycle()
  clock = new TurnedClock()
  self = lifecycle.add('self', await createTestHost())
  busy = lifecycle.add('busy', await createTestHost())
  lifecycle.add('again', new IdentifyAgain({ host: self, clock, log }))
  await lifecycle.start()
})

afterEach(() => lifecycle.stop())

/** What the other says that it serves, as far as this node knows. */
const serves = async (peer: PeerId) => (await self.libp2p.peerStore.get(peer)).protocols
const asked = () => vi.spyOn(self.libp2p.services.identify, 'identify')

it('asks a peer again that did not say in time what it serves', async () => {
  const { identify, identifyPush } = busy.libp2p.services
  // Nor does it say unasked what has changed, as it would once it has got to know the other.
  await stop(identify, identifyPush)
  const questions = asked()
  const opened = new Promise(resolve => busy.libp2p.addEventListener('connection:open', resolve, { once: true }))
  await self.libp2p.dial(busy.libp2p.getMultiaddrs())
  await opened
  await vi.waitFor(() => expect(questions.mock.settledResults).toMatchObject([{ type: 'rejected' }]))
  clock.turn(10 * second)
  await vi.waitFor(() => expect(questions.mock.settledResults).toHaveLength(2))
  expect(await serves(busy.peerId)).not.toContain(busy.protocols.kad)

  await start(identify)
  await vi.waitFor(async () => {
    clock.turn(10 * minute)
    expect(await serves(busy.peerId)).toContain(busy.protocols.kad)
  })
})

it('leaves those alone that have said it', async () => {
  await self.libp2p.dial(busy.libp2p.getMultiaddrs())
  await vi.waitFor(async () => expect(await serves(busy.peerId)).toContain(busy.protocols.kad))
  const questions = asked()
  clock.turn(30 * minute)
  expect(questions).not.toHaveBeenCalled()
})

it('asks a peer again that comes back, where what it said before came after it had hung up', async () => {
  const { peerStore } = self.libp2p
  const patch = peerStore.patch.bind(peerStore)
  const hungUp = new Promise(resolve => self.libp2p.addEventListener('peer:disconnect', resolve, { once: true }))
  vi.spyOn(peerStore, 'patch').mockImplementation(async (...said) => {
    await hungUp
    return patch(...said)
  })
  const identified = new Promise(resolve => self.libp2p.addEventListener('peer:identify', resolve, { once: true }))
  await self.libp2p.dial(busy.libp2p.getMultiaddrs())
  await vi.waitFor(() => expect(peerStore.patch).toHaveBeenCalled())
  await self.libp2p.hangUp(busy.peerId)
  await identified

  const { identify, identifyPush } = busy.libp2p.services
  await stop(identify, identifyPush)
  const questions = asked()
  await self.libp2p.dial(busy.libp2p.getMultiaddrs())
  await vi.waitFor(() => expect(questions.mock.settledResults).toMatchObject([{ type: 'rejected' }]))
  clock.turn(10 * second)
  expect(questions).toHaveBeenCalledTimes(2)
})
