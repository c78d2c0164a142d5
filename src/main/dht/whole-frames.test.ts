import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { Socket } from 'node:net'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createTestHost } from '../directory/test-network.ts'
import type { Host } from './host.ts'

const protocol = '/whole-frames/1.0.0'

let from: Host
let to: Host
/** Bytes that reached the handler of the protocol. */
let received: number

beforeEach(async () => {
  ;[from, to] = await Promise.all([createTestHost(), createTestHost()])
  await Promise.all([from.start(), to.start()])
  received = 0
  const receive = ({ data }: { data: { byteLength: number } }) => {
    received += data.byteLength
  }
  await to.libp2p.handle(protocol, stream => stream.addEventListener('message', receive), { maxInboundStreams: 64 })
})

afterEach(async () => {
  vi.restoreAllMocks()
  await Promise.all([from.stop(), to.stop()])
})

it('sends what comes in one turn of the event loop in one write, whatever pieces it is made of', async () => {
  const stream = await from.libp2p.dialProtocol(to.libp2p.getMultiaddrs(), protocol)
  const writes = vi.spyOn(Socket.prototype, 'write')
  const before = writes.mock.calls.length
  for (let message = 0; message < 3; message++) stream.send(new Uint8Array(1_000))
  await new Promise(resolve => setImmediate(resolve))
  const sent = writes.mock.calls.slice(before).map(([chunk]) => (chunk as Uint8Array).byteLength)
  expect(sent).toEqual([expect.any(Number)])
  expect(sent[0]).toBeGreaterThan(3_000)
  await vi.waitFor(() => expect(received).toBe(3_000))
})

it('holds back little, and nothing once the connection is closed', async () => {
  const connection = await from.libp2p.dial(to.libp2p.getMultiaddrs())
  const stream = await connection.newStream(protocol)
  const writes = vi.spyOn(Socket.prototype, 'write')
  const before = writes.mock.calls.length
  stream.send(new Uint8Array(40_000))
  // Within the turn in which it was sent.
  expect(writes.mock.calls.length).toBeGreaterThan(before)
  stream.send(new Uint8Array(1_000))
  await connection.close()
  await vi.waitFor(() => expect(received).toBe(41_000))
})

it('stops who sends little at a time to a peer that does not read', async () => {
  const sockets = { client: [] as Socket[], server: [] as Socket[] }
  const watch = (side: 'client' | 'server') => (message: unknown) => {
    sockets[side].push((message as { socket: Socket }).socket)
  }
  const watches = { client: watch('client'), server: watch('server') }
  for (const side of ['client', 'server'] as const) subscribe(`net.${side}.socket`, watches[side])
  try {
    const connection = await from.libp2p.dial(to.libp2p.getMultiaddrs())
    const streams = await Promise.all(
      Array.from({ length: 60 }, () => connection.newStream(protocol, { maxOutboundStreams: 64 })),
    )
    for (const socket of sockets.server) socket.pause()
    const queued = () => Math.max(...sockets.client.map(socket => socket.writableLength))
    // Much more than the system holds for a connection, within the windows of the streams.
    for (let turn = 0; turn < 12; turn++)
      for (const stream of streams) {
        if (stream.writeStatus === 'writable') stream.send(new Uint8Array(20_000))
        await new Promise(resolve => setImmediate(resolve))
      }
    expect(queued()).toBeGreaterThan(0)
    expect(queued()).toBeLessThan(200_000)
  } finally {
    for (const side of ['client', 'server'] as const) unsubscribe(`net.${side}.socket`, watches[side])
  }
})

it('counts what passes between the two, with what encrypts it', async () => {
  await from.libp2p.dial(to.libp2p.getMultiaddrs())
  const before = { sent: from.traffic.bytesOut, received: to.traffic.bytesIn }
  const stream = await from.libp2p.dialProtocol(to.libp2p.getMultiaddrs(), protocol)
  stream.send(new Uint8Array(100_000))
  await vi.waitFor(() => expect(received).toBe(100_000))
  // The protocol is agreed on, and frames have headers; others may have said something too.
  for (const bytes of [from.traffic.bytesOut - before.sent, to.traffic.bytesIn - before.received]) {
    expect(bytes).toBeGreaterThan(100_000)
    expect(bytes).toBeLessThan(120_000)
  }
})
