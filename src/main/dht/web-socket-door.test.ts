import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { WebSocket } from 'ws'
import { createTestHost } from '../directory/test-network.ts'
import { pathKindOf } from '../paths/path-kind.ts'
import type { Host } from './host.ts'
import { proveReach, webSocketAddress } from './reach-proof.ts'
import { remoteAddressOf } from './web-socket-door.ts'

let inside: Host
let outside: Host
let server: Server
let url: string

beforeEach(async () => {
  inside = await createTestHost()
  outside = await createTestHost()
  await Promise.all([inside.start(), outside.start()])
  server = createServer().on('upgrade', (...arrival) => inside.libp2p.services.webSocketDoor.enter(...arrival))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})

afterEach(async () => {
  await Promise.all([inside.stop(), outside.stop()])
  server.close()
})

const self = () => ({ networkId: inside.networkId, peerId: inside.peerId.toString() })
const within = () => AbortSignal.timeout(10_000)

describe('a WebSocket that comes to the node’s HTTP server', () => {
  it('becomes a connection like any other, known to have come through a tunnel', async () => {
    const received = Promise.withResolvers<string>()
    await inside.libp2p.handle('/test/1.0.0', stream => {
      stream.addEventListener('message', ({ data }) => received.resolve(Buffer.from(data.subarray()).toString()))
    })
    const connection = await outside.dial(multiaddr(`${webSocketAddress(url)}/p2p/${inside.peerId}`), within())
    expect(pathKindOf(connection.remoteAddr)).toBe('tunnel')
    const stream = await connection.newStream('/test/1.0.0')
    stream.send(Buffer.from('through the tunnel'))
    expect(await received.promise).toBe('through the tunnel')
    const [back] = inside.libp2p.getConnections(outside.peerId)
    expect(back && pathKindOf(back.remoteAddr)).toBe('tunnel')
  })

  it('carries much, both ways whole, however slowly it is read', async () => {
    const sent = Buffer.alloc(3 * 1_048_576, 'rma')
    await inside.libp2p.handle('/echo/1.0.0', async stream => {
      for await (const chunk of stream) {
        await new Promise(setImmediate)
        if (!stream.send(chunk)) await once(stream as unknown as EventTarget, 'drain')
      }
      await stream.close()
    })
    const connection = await outside.dial(multiaddr(`${webSocketAddress(url)}/p2p/${inside.peerId}`), within())
    const stream = await connection.newStream('/echo/1.0.0')
    const reading = (async () => {
      const chunks: Uint8Array[] = []
      for await (const chunk of stream) chunks.push(chunk.subarray())
      return Buffer.concat(chunks)
    })()
    for (let at = 0; at < sent.length; at += 65_536) {
      if (!stream.send(sent.subarray(at, at + 65_536))) await once(stream as unknown as EventTarget, 'drain')
    }
    await stream.close()
    expect((await reading).equals(sent)).toBe(true)
  })

  it('that speaks anything else is closed, and does no harm', async () => {
    const stranger = new WebSocket(url.replace('http', 'ws'))
    await once(stranger, 'open')
    stranger.send('hello')
    await once(stranger, 'close')
    await proveReach(url, self(), within())
  })
})

describe('the proof that a URL leads to this node', () => {
  it('holds where it does', async () => {
    await proveReach(url, self(), within())
    await vi.waitFor(() => expect(inside.libp2p.getConnections()).toEqual([]))
  })

  it('fails where somebody else answers, or nobody does', async () => {
    const other = peerIdFromPrivateKey(await generateKeyPair('Ed25519')).toString()
    await expect(proveReach(url, { ...self(), peerId: other }, within())).rejects.toThrow()
    await expect(proveReach(url, { ...self(), networkId: 'feedfeedfeedfeed' }, within())).rejects.toThrow()
    server.removeAllListeners('upgrade')
    await expect(proveReach(url, self(), within())).rejects.toThrow()
  })
})

describe('who is at the other end of a WebSocket', () => {
  const from = (remoteAddress: string, claimed?: string) =>
    remoteAddressOf({
      headers: claimed === undefined ? {} : { 'cf-connecting-ip': claimed },
      socket: { remoteAddress, remotePort: 5 } as never,
    }).toString()

  it('is whom cloudflared names, where it is cloudflared that says so', () => {
    expect(from('127.0.0.1', '203.0.113.7')).toBe('/ip4/203.0.113.7/tcp/5/ws')
    expect(from('::ffff:127.0.0.1', '2001:db8::7')).toBe('/ip6/2001:db8::7/tcp/5/ws')
    expect(from('192.0.2.1', '203.0.113.7')).toBe('/ip4/192.0.2.1/tcp/5/ws')
    expect(from('127.0.0.1', 'nonsense/p2p/x')).toBe('/ip4/127.0.0.1/tcp/5/ws')
    expect(from('127.0.0.1')).toBe('/ip4/127.0.0.1/tcp/5/ws')
  })
})
