import type { Stream } from '@libp2p/interface'
import { pipe } from '@libp2p/utils'
import { expect, it, onTestFinished, vi } from 'vitest'
import { MiB } from '../../shared/units.ts'
import { createTestHost } from '../directory/test-network.ts'
import { Lifecycle } from '../lifecycle.ts'
import { standsStill } from '../testing/stands-still.ts'
import { Brake } from './brake.ts'
import type { Host } from './host.ts'
import { RelayFlow } from './relay-flow.ts'

const protocol = '/flow/1.0.0'

it('reads on as the other end does, and loses nothing', async () => {
  const lifecycle = new Lifecycle()
  onTestFinished(() => lifecycle.stop())
  const hosts = await Promise.all([createTestHost(), createTestHost(), createTestHost()])
  const [sender, between, reader] = hosts as [Host, Host, Host]
  for (const host of hosts) lifecycle.add('host', host)
  await lifecycle.start()

  const { promise: arrived, resolve: arrives } = Promise.withResolvers<Stream>()
  await reader.libp2p.handle(protocol, arrives)
  const flow = new RelayFlow()
  let taken = 0
  await between.libp2p.handle(protocol, async from => {
    const to = await between.libp2p.dialProtocol(reader.libp2p.getMultiaddrs(), protocol)
    for (const stream of [from, to]) flow.watch(stream, new Brake(stream))
    from.addEventListener('message', ({ data }) => {
      taken += data.byteLength
    })
    await pipe(from, to, from)
  })
  const stream = await sender.libp2p.dialProtocol(between.libp2p.getMultiaddrs(), protocol)
  const end = await arrived
  let received = 0
  end.addEventListener('message', ({ data }) => {
    received += data.byteLength
  })
  for (let pause = 1; pause <= 2; pause++) {
    end.pause()
    stream.send(new Uint8Array(4 * MiB))
    await standsStill(() => taken, { everyMs: 200 })
    expect(taken - received).toBeLessThan(2 * MiB)
    end.resume()
    await vi.waitFor(() => expect(received).toBe(pause * 4 * MiB))
  }
})
