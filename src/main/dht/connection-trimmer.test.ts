import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { minute } from '../../shared/units.ts'
import { TurnedClock } from '../clock.ts'
import { createTestHost } from '../directory/test-network.ts'
import { Lifecycle } from '../lifecycle.ts'
import { ConnectionTrimmer } from './connection-trimmer.ts'
import type { Host } from './host.ts'

const log = pino({ level: 'silent' })
const budget = { most: 2, wanted: 1, idleMs: 2 * minute }

let clock: TurnedClock
let lifecycle: Lifecycle
let trimmer: ConnectionTrimmer
let host: Host
let others: Host[]

beforeEach(async () => {
  clock = new TurnedClock(Date.now())
  lifecycle = new Lifecycle()
  host = lifecycle.add('host', await createTestHost())
  others = await Promise.all([1, 2, 3].map(() => createTestHost()))
  for (const other of others) lifecycle.add('other', other)
  trimmer = lifecycle.add(
    'trimmer',
    new ConnectionTrimmer({ host, contacts: { get: () => undefined }, clock, log }, budget),
  )
  await lifecycle.start()
  for (const other of others) await host.libp2p.dial(other.libp2p.getMultiaddrs())
  await quiet()
})

afterEach(() => lifecycle.stop())

/** Resolves once identify has ended: an open stream keeps a connection. */
async function quiet(): Promise<void> {
  await vi.waitFor(() => expect(host.libp2p.getConnections().flatMap(({ streams }) => streams)).toEqual([]), 5_000)
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

  it('looks twice a minute', async () => {
    clock.turn(3 * minute)
    await vi.waitFor(() => expect(connected()).toHaveLength(1))
  })

  it('leaves new ones alone', async () => {
    clock.turn(minute)
    expect(await trimmer.trim()).toBe(0)
    expect(connected()).toHaveLength(3)
  })
})
