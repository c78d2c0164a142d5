import { expect, it } from 'vitest'
import { createTestHost } from '../directory/test-network.ts'
import { Lifecycle } from '../lifecycle.ts'
import { type ConnectionLister, listInOneGo } from './connection-list.ts'

it('lists all connections and those of one peer, without the arrays that libp2p joins', async () => {
  const lifecycle = new Lifecycle()
  const [host, one, other] = [await createTestHost(), await createTestHost(), await createTestHost()]
  for (const each of [host, one, other]) lifecycle.add('host', each)
  await lifecycle.start()
  const opened = await Promise.all([one, other].map(peer => host.libp2p.dial(peer.libp2p.getMultiaddrs())))
  expect(host.libp2p.getConnections().sort(byId)).toEqual(opened.sort(byId))
  expect(host.libp2p.getConnections(other.peerId).map(({ remotePeer }) => String(remotePeer))).toEqual([
    String(other.peerId),
  ])
  await lifecycle.stop()
})

it('asks libp2p to list those of one peer only', () => {
  const asked: unknown[] = []
  const manager: ConnectionLister = {
    getConnections: peer => {
      asked.push(peer)
      return []
    },
    getConnectionsMap: () => new Map(),
  }
  listInOneGo(manager)
  expect(manager.getConnections()).toEqual([])
  expect(asked).toEqual([])
})

const byId = (a: { id: string }, b: { id: string }) => a.id.localeCompare(b.id)
