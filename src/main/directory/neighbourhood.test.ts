import { pino } from 'pino'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { TurnedClock } from '../clock.ts'
import { Lifecycle } from '../lifecycle.ts'
import { createNeighbourhood } from './neighbourhood.ts'
import { createTestHost, createTestNode } from './test-network.ts'

let lifecycle: Lifecycle

beforeEach(() => {
  lifecycle = new Lifecycle()
})

afterEach(() => lifecycle.stop())

it('lets a newcomer meet those whom the first one it meets names as near', async () => {
  const met = lifecycle.add('met', await createTestNode())
  await met.start()
  const named = lifecycle.add('named', await createTestNode({ seeds: met.seeds() }))
  await named.start()
  const namedId = named.host.peerId.toString()
  await vi.waitFor(() => expect(met.directory.contacts.get(namedId)?.addresses).not.toHaveLength(0))
  const host = lifecycle.add('host', await createTestHost())
  // The clock stands still: what fills the table later has no turn.
  const init = { host, clock: new TurnedClock(), log: pino({ level: 'silent' }) }
  const { contacts, start, stop } = createNeighbourhood(init)
  lifecycle.add('neighbourhood', { start, stop })
  await host.start()
  await start()
  await host.libp2p.dial(met.host.libp2p.getMultiaddrs())
  await vi.waitFor(() => expect(contacts.get(namedId)?.connected).toBe(true))
})
