import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { Connection, MessageStream } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createTestHost } from '../directory/test-network.ts'
import type { Host } from './host.ts'
import { webSocketAddress } from './reach-proof.ts'
import { mostUnreadBytes } from './unread-bound.ts'

/** A ping of yamux, which is answered with as much. */
const ping = Buffer.from([0, 2, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0])
const manyPings = Buffer.concat(Array.from({ length: 1_000 }, () => ping))

let victim: Host
let attacker: Host
let server: Server
/** Those that anybody in this process opened. */
const opened: Socket[] = []
const watch = (message: unknown) => void opened.push((message as { socket: Socket }).socket)

beforeEach(async () => {
  ;[victim, attacker] = await Promise.all([createTestHost(), createTestHost()])
  await Promise.all([victim.start(), attacker.start()])
  server = createServer().on('upgrade', (...arrival) => victim.libp2p.services.webSocketDoor.enter(...arrival))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  subscribe('net.client.socket', watch)
})

afterEach(async () => {
  unsubscribe('net.client.socket', watch)
  await Promise.all([victim.stop(), attacker.stop()])
  opened.splice(0)
  server.close()
})

const within = () => AbortSignal.timeout(10_000)
const ways: [string, () => Promise<Connection>][] = [
  ['TCP', () => attacker.libp2p.dial(victim.libp2p.getMultiaddrs())],
  [
    'a WebSocket',
    () => {
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
      return attacker.dial(multiaddr(`${webSocketAddress(url)}/p2p/${victim.peerId}`), within())
    },
  ],
]

it.each(ways)('hangs up on a peer that goes on asking over %s and reads no answer', async (_way, dial) => {
  const connection = await dial()
  const seen = await vi.waitFor(() => {
    const [arrived] = victim.libp2p.getConnections(attacker.peerId)
    return arrived ?? expect.fail('the connection has not arrived')
  })
  for (const socket of opened) socket.pause()
  const { maConn } = (connection as unknown as { muxer: { maConn: MessageStream } }).muxer
  const most = 2 * mostUnreadBytes
  let asked = 0
  for (; asked < most && seen.status === 'open'; asked += manyPings.byteLength) {
    maConn.send(manyPings)
    await new Promise(setImmediate)
  }
  expect(seen.status).not.toBe('open')
  expect(asked).toBeLessThan(most)
})

it('lets a peer read late what it asked for', async () => {
  const bytes = mostUnreadBytes
  await victim.libp2p.handle('/late/1.0.0', async stream => {
    for (let left = bytes; left > 0; left -= 65_536) if (!stream.send(new Uint8Array(65_536))) await stream.onDrain()
    await stream.close()
  })
  const connection = await attacker.libp2p.dial(victim.libp2p.getMultiaddrs())
  const streams = await Promise.all(Array.from({ length: 8 }, () => connection.newStream('/late/1.0.0')))
  for (const socket of opened) socket.pause()
  for (let turn = 0; turn < 1_000; turn++) await new Promise(setImmediate)
  for (const socket of opened) socket.resume()
  const read = await Promise.all(
    streams.map(async stream => {
      let size = 0
      for await (const chunk of stream) size += chunk.byteLength
      return size
    }),
  )
  expect(read).toEqual(streams.map(() => bytes))
})
