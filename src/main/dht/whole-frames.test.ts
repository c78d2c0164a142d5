import { Socket } from 'node:net'
import { expect, it, vi } from 'vitest'
import { createTestHost } from '../directory/test-network.ts'

it('sends a message in one write, whatever pieces it is made of', async () => {
  const protocol = '/whole-frames/1.0.0'
  const [from, to] = await Promise.all([createTestHost(), createTestHost()])
  try {
    await Promise.all([from.start(), to.start()])
    let received = 0
    await to.libp2p.handle(protocol, stream => {
      stream.addEventListener('message', ({ data }) => {
        received += data.byteLength
      })
    })
    const stream = await from.libp2p.dialProtocol(to.libp2p.getMultiaddrs(), protocol)
    const writes = vi.spyOn(Socket.prototype, 'write')
    const before = writes.mock.calls.length
    stream.send(new Uint8Array(1_000))
    const sent = writes.mock.calls.slice(before).map(([chunk]) => (chunk as Uint8Array).byteLength)
    expect(sent).toEqual([expect.any(Number)])
    expect(sent[0]).toBeGreaterThan(1_000)
    await vi.waitFor(() => expect(received).toBe(1_000))
  } finally {
    vi.restoreAllMocks()
    await Promise.all([from.stop(), to.stop()])
  }
})

it('counts what passes between the two, with what encrypts it', async () => {
  const [from, to] = await Promise.all([createTestHost(), createTestHost()])
  try {
    await Promise.all([from.start(), to.start()])
    await from.libp2p.dial(to.libp2p.getMultiaddrs())
    const protocol = '/counted/1.0.0'
    let received = 0
    await to.libp2p.handle(protocol, stream => {
      stream.addEventListener('message', ({ data }) => {
        received += data.byteLength
      })
    })
    const before = { sent: from.traffic.bytesOut, received: to.traffic.bytesIn }
    const stream = await from.libp2p.dialProtocol(to.libp2p.getMultiaddrs(), protocol)
    stream.send(new Uint8Array(100_000))
    await vi.waitFor(() => expect(received).toBe(100_000))
    // The protocol is agreed on, and frames have headers; others may have said something too.
    for (const bytes of [from.traffic.bytesOut - before.sent, to.traffic.bytesIn - before.received]) {
      expect(bytes).toBeGreaterThan(100_000)
      expect(bytes).toBeLessThan(120_000)
    }
  } finally {
    await Promise.all([from.stop(), to.stop()])
  }
})
