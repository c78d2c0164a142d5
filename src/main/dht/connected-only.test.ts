import { afterEach, beforeEach, expect, it } from 'vitest'
import { createTestHost } from '../directory/test-network.ts'
import { Lifecycle } from '../lifecycle.ts'
import { connectedOnly } from './connected-only.ts'
import type { Host } from './host.ts'

type Manager = Parameters<typeof connectedOnly>[0]

let lifecycle: Lifecycle
let host: Host
let other: Host

beforeEach(async () => {
  lifecycle = new Lifecycle()
  host = lifecycle.add('host', await createTestHost())
  other = lifecycle.add('other', await createTestHost())
  await lifecycle.start()
})

afterEach(() => lifecycle.stop())

/** What kad-dht would get of a host, as far as it looks at it. */
function managerOf({ libp2p }: Host): Pick<Manager, 'getConnections'> {
  return { getConnections: peer => libp2p.getConnections(peer) }
}

it('opens neither connections nor streams, whoever is to be reached', async () => {
  const { connectionManager } = connectedOnly(managerOf(host))
  await expect(connectionManager.openConnection(other.peerId)).rejects.toThrow('only knows peers')
  await expect(connectionManager.openStream(other.peerId, '/any/1.0.0')).rejects.toThrow('only knows peers')
  expect(await connectionManager.isDialable(other.libp2p.getMultiaddrs())).toBe(false)
  expect(connectionManager.getDialQueue()).toEqual([])
  expect(() => connectionManager.getConnectionsMap()).toThrow('only knows peers')
  expect(host.libp2p.getPeers()).toEqual([])
})

it('counts a connected peer as answering, without asking it, and no other', async () => {
  const { ping, connectionManager } = connectedOnly(managerOf(host))
  await expect(ping.ping(other.peerId)).rejects.toThrow('only knows peers')
  await expect(ping.ping(other.libp2p.getMultiaddrs())).rejects.toThrow('only knows peers')
  await host.libp2p.dial(other.libp2p.getMultiaddrs())
  expect(await ping.ping(other.peerId)).toBeGreaterThanOrEqual(0)
  expect(connectionManager.getConnections(other.peerId)).toHaveLength(1)
})
