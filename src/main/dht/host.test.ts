import { generateKeyPair } from '@libp2p/crypto/keys'
import type { Listener, Stream } from '@libp2p/interface'
import { pino } from 'pino'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { hour } from '../../shared/units.ts'
import type { PortChoice } from '../config/node-config.ts'
import { withLength } from '../directory/frame-reader.ts'
import { pingConnection } from '../paths/ping-connection.ts'
import { createHost, type Host } from './host.ts'
import { Listening } from './listening.ts'
import { networkId } from './network.ts'

const log = pino({ level: 'silent' })
let hosts: Host[] = []

async function makeHost(
  init: { network?: string; port?: PortChoice; listen?: string[]; relaxedLimits?: boolean } = {},
): Promise<Host> {
  const host = await createHost(
    { privateKey: await generateKeyPair('Ed25519'), log },
    {
      networkId: networkId(init.network ?? 'test'),
      port: init.port ?? { port: 0, explicit: true },
      listen: init.listen ?? ['127.0.0.1'],
      mdns: false,
      relaxedLimits: init.relaxedLimits ?? true,
    },
  )
  hosts.push(host)
  return host
}

async function startHost(init: Parameters<typeof makeHost>[0] = {}): Promise<Host> {
  const host = await makeHost(init)
  await host.start()
  return host
}

afterEach(async () => {
  vi.useRealTimers()
  await Promise.all(hosts.map(host => host.stop()))
  hosts = []
})

it('can be pinged while it is pinged: a check of a connection that finds no room would cut it off', async () => {
  const [one, other] = [await startHost(), await startHost()]
  const connection = await one.libp2p.dial(other.libp2p.getMultiaddrs())
  const { protocol } = one.libp2p.services.ping as unknown as { protocol: string }
  const streams = [await connection.newStream(protocol), await connection.newStream(protocol)]
  expect(await pingConnection(connection, protocol, AbortSignal.timeout(5_000))).toBeGreaterThan(0)
  for (const stream of streams) await stream.close()
})

it('remembers for a day where a peer is, however long it was connected', async () => {
  const [one, other] = [await startHost(), await startHost()]
  const identified = new Promise(resolve => one.libp2p.addEventListener('peer:identify', resolve))
  await one.libp2p.dial(other.libp2p.getMultiaddrs())
  await identified
  const addresses = async () => (await one.libp2p.peerStore.get(other.peerId)).addresses
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 23 * hour })
  expect(await addresses()).not.toEqual([])
})

describe('ports', () => {
  it('gives way to the next free one where the default is taken', async () => {
    const first = await startHost()
    const second = await startHost({ port: { port: first.port, explicit: false } })
    expect(second.port).toBeGreaterThan(first.port)
    expect(second.addresses()).toEqual([`/ip4/127.0.0.1/tcp/${second.port}`])
  })

  it('refuses to start on one that was asked for and is taken', async () => {
    const first = await startHost()
    const second = await makeHost({ port: { port: first.port, explicit: true } })
    await expect(second.start()).rejects.toMatchObject({ code: 'PORT_IN_USE', details: { port: first.port } })
  })

  it('are all named when none of those it may take is free', async () => {
    const transportManager = {
      listen: () => Promise.reject(new Error('listen EADDRINUSE: address already in use')),
      getListeners: () => [],
    }
    const listening = new Listening(
      { transportManager },
      { listen: ['127.0.0.1'], port: { port: 8_468, explicit: false } },
    )
    await expect(listening.afterStart()).rejects.toMatchObject({
      code: 'PORT_IN_USE',
      message: expect.stringContaining('each port from 8468 to 8487 is taken'),
    })
  })

  it('fail to open for whatever reason there is, and leave nothing open', async () => {
    let closed = 0
    const transportManager = {
      listen: () => Promise.reject(new Error('listen EACCES: permission denied')),
      getListeners: () => [{ close: async () => closed++ } as unknown as Listener],
    }
    const listening = new Listening({ transportManager }, { listen: ['127.0.0.1'], port: { port: 80, explicit: true } })
    await expect(listening.afterStart()).rejects.toThrow('EACCES')
    expect(closed).toBe(1)
  })

  it('share out when nodes start at the same moment', async () => {
    const free = await startHost()
    const port = { port: free.port, explicit: false }
    const started = await Promise.all([startHost({ port }), startHost({ port }), startHost({ port })])
    expect(new Set(started.map(host => host.port)).size).toBe(3)
  })

  it('are taken again after a stop', async () => {
    const host = await startHost()
    await host.stop()
    expect(host.port).toBe(0)
    await host.start()
    expect(host.port).toBeGreaterThan(0)
  })
})

it('looks for peers by multicast DNS where it is told to, and not otherwise', async () => {
  const privateKey = await generateKeyPair('Ed25519')
  const init = { networkId: networkId('test'), port: { port: 0, explicit: true }, listen: ['127.0.0.1'] }
  const [loud, quiet] = await Promise.all(
    [true, false].map(mdns => createHost({ privateKey, log }, { ...init, mdns, mode: 'client' })),
  )
  expect(loud?.libp2p.services.mdns).toBeDefined()
  expect(quiet?.libp2p.services.mdns).toBeUndefined()
  expect(quiet?.isServer).toBe(false)
})

it('starts where one of the address families is missing', async () => {
  // 100::1 is in the discard range: no machine has it, as a machine without IPv6 has no `::`.
  const host = await startHost({ listen: ['127.0.0.1', '100::1'] })
  expect(host.addresses()).toEqual([`/ip4/127.0.0.1/tcp/${host.port}`])
})

it('cannot connect to a node of another network', async () => {
  const [ours, theirs] = [await startHost(), await startHost({ network: 'another' })]
  await expect(ours.libp2p.dial(theirs.libp2p.getMultiaddrs())).rejects.toThrow()
  expect(ours.libp2p.getConnections()).toEqual([])
})

it('is crowded from fifteen of sixteen of the connections it takes on', async () => {
  const host = await makeHost({ relaxedLimits: false })
  const open = vi.spyOn(host.libp2p, 'getConnections')
  const isCrowdedWith = (connections: number) => {
    open.mockReturnValue(new Array(connections))
    return host.isCrowded
  }
  expect([374, 375].map(isCrowdedWith)).toEqual([false, true])
})

describe('the DHT', () => {
  const encoder = new TextEncoder()

  /** Messages in kad-dht's protobuf format: field 1 type, 2 key, 3 record, 9 providers. */
  const field = (number: number, bytes: Uint8Array) => [(number << 3) | 2, bytes.length, ...bytes]
  const message = (type: number, ...fields: number[][]) => Uint8Array.from([0x08, type, ...fields.flat()])
  const putValue = (key: Uint8Array, value: Uint8Array) =>
    message(0, field(2, key), field(3, Uint8Array.from([...field(1, key), ...field(2, value)])))
  const findNode = (key: Uint8Array) => message(4, field(2, key))

  /** Sends one message and says how it ended: with an answer, or with the stream reset. */
  async function send(from: Host, to: Host, bytes: Uint8Array): Promise<'answered' | 'reset'> {
    const stream: Stream = await from.libp2p.dialProtocol(to.libp2p.getMultiaddrs(), to.protocols.kad)
    return new Promise(resolve => {
      stream.addEventListener('message', () => {
        resolve('answered')
        stream.abort(new Error('the test is over'))
      })
      stream.addEventListener('close', () => resolve('reset'))
      stream.send(withLength(bytes))
    })
  }

  it('answers who is close to a key', async () => {
    const [asker, server] = [await startHost(), await startHost()]
    expect(await send(asker, server, findNode(encoder.encode('key')))).toBe('answered')
  })

  it('refuses to store values, well-formed ones too', async () => {
    const [asker, server] = [await startHost(), await startHost()]
    const publicKey = asker.peerId.toMultihash().digest
    const key = Uint8Array.from([...encoder.encode('/pk/'), ...asker.peerId.toMultihash().bytes])
    expect(await send(asker, server, putValue(key, publicKey))).toBe('reset')
    expect(await send(asker, server, putValue(encoder.encode('/any/thing'), encoder.encode('value')))).toBe('reset')
  })

  it('refuses to store providers', async () => {
    const [asker, server] = [await startHost(), await startHost()]
    const cid = Uint8Array.from([0x01, 0x55, 0x12, 0x20, ...new Uint8Array(32)])
    const [address] = asker.libp2p.getMultiaddrs()
    const provider = [...field(1, asker.peerId.toMultihash().bytes), ...field(2, address?.bytes ?? new Uint8Array())]
    const addProvider = message(2, field(2, cid), field(9, Uint8Array.from(provider)))
    expect(await send(asker, server, addProvider)).toBe('reset')
  })

  it('names the servers it is connected with, by private addresses too', async () => {
    const [a, b, c] = [await startHost(), await startHost(), await startHost()]
    await b.libp2p.dial(a.libp2p.getMultiaddrs())
    await vi.waitFor(async () => {
      const answer = await answerOf(c, b, findNode(a.peerId.toMultihash().bytes))
      expect(answer.includes(Buffer.from(a.peerId.toMultihash().bytes))).toBe(true)
      expect(answer.includes(Buffer.from(a.libp2p.getMultiaddrs()[0]?.decapsulate('/p2p').bytes ?? []))).toBe(true)
    })
  })

  it('dials nobody whom an answer names, and asks nobody', async () => {
    const [a, b, c] = [await startHost(), await startHost(), await startHost()]
    await b.libp2p.dial(a.libp2p.getMultiaddrs())
    await c.libp2p.dial(b.libp2p.getMultiaddrs())
    const { dht } = c.libp2p.services
    const asked = async () => {
      const events: string[] = []
      for await (const { name } of dht.getClosestPeers(a.peerId.toMultihash().bytes)) events.push(name)
      return events
    }
    await vi.waitFor(async () => expect(await asked()).toContain('QUERY_ERROR'))
    expect(c.libp2p.getPeers().map(String)).toEqual([b.peerId.toString()])
  })

  async function answerOf(from: Host, to: Host, bytes: Uint8Array): Promise<Buffer> {
    const stream: Stream = await from.libp2p.dialProtocol(to.libp2p.getMultiaddrs(), to.protocols.kad)
    const answer = new Promise<Buffer>(resolve =>
      stream.addEventListener('message', ({ data }) => resolve(Buffer.from(data.subarray()))),
    )
    stream.send(withLength(bytes))
    return answer.finally(() => stream.abort(new Error('the test is over')))
  }
})
