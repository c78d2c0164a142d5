import { createHash } from 'node:crypto'
import { createServer, type RequestListener, type Server } from 'node:http'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { multiaddr } from '@multiformats/multiaddr'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { RmaError } from '../../shared/errors.ts'
import { KiB, MiB } from '../../shared/units.ts'
import { systemClock } from '../clock.ts'
import { createHost, type Host } from '../dht/host.ts'
import { createLog, LogBuffer } from '../log.ts'
import type { PeerPlaces } from './candidates.ts'
import { PeerHttp } from './peer-http.ts'
import { PeerPaths } from './peer-paths.ts'

interface Peer {
  host: Host
  http: PeerHttp
  address: PeerPlaces
  stop: () => Promise<void>
}

const peers: Peer[] = []
/** What may be on its way between a sender and a reader that does not read: windows and buffers of both ends. */
const buffered = 3 * MiB

afterEach(async () => {
  await Promise.all(peers.splice(0).map(peer => peer.stop()))
})

async function startPeer(listener: RequestListener = (_request, response) => response.end()): Promise<Peer> {
  const log = createLog({ level: 'error', buffer: new LogBuffer() })
  const host = await createHost(
    { privateKey: await generateKeyPair('Ed25519'), log },
    {
      networkId: 'feedfeedfeedfeed',
      port: { port: 0, explicit: true },
      listen: ['127.0.0.1'],
      mdns: false,
      relaxedLimits: true,
    },
  )
  const server: Server = createServer(listener)
  const http = new PeerHttp(
    { libp2p: host.libp2p, paths: new PeerPaths({ host, clock: systemClock, log }), log },
    { protocol: '/rma/feedfeedfeedfeed/http/1.0.0', onSocket: socket => server.emit('connection', socket) },
  )
  await host.start()
  await http.start()
  const peer = {
    host,
    http,
    address: { peerId: host.peerId.toString(), addresses: host.addresses() },
    async stop() {
      await http.stop()
      await host.stop()
    },
  }
  peers.push(peer)
  return peer
}

function post(from: Peer, to: Peer, body?: AsyncIterable<Uint8Array>, signal = new AbortController().signal) {
  return from.http.request(to.address, {
    method: 'POST',
    path: '/',
    headers: {},
    body: body && (() => body),
    onBehalfOf: 'me',
    signal,
  })
}

/** Counts how much of it was taken. */
function source(bytes: number) {
  const taken = { bytes: 0 }
  async function* chunks() {
    for (; taken.bytes < bytes; taken.bytes += 64 * KiB) yield Buffer.alloc(64 * KiB, taken.bytes / (64 * KiB))
  }
  return { taken, chunks: chunks() }
}

/** Resolves with a count once it has stood still for a while. */
async function settled(count: () => number): Promise<number> {
  let last = -1
  await vi.waitFor(
    () => {
      const before = last
      last = count()
      expect(last).toBe(before)
    },
    { interval: 150 },
  )
  return last
}

describe('HTTP over a libp2p stream', () => {
  it('stops the sender of a body that is not read, and loses nothing of it when it is read later', async () => {
    const gate = Promise.withResolvers<void>()
    const worker = await startPeer(async (request, response) => {
      await gate.promise
      response.end(await digest(request))
    })
    const requester = await startPeer()
    const { taken, chunks } = source(24 * MiB)
    const pending = post(requester, worker, chunks)
    expect(await settled(() => taken.bytes)).toBeLessThan(buffered)
    gate.resolve()
    const { body } = await pending
    expect(await text(body)).toBe(await digest(source(24 * MiB).chunks))
  })

  it('stops the sender of an answer that is not read, and hands all of it over to whoever reads later', async () => {
    const { taken, chunks } = source(24 * MiB)
    const worker = await startPeer(async (_request, response) => {
      for await (const chunk of chunks) {
        if (!response.write(chunk)) await new Promise(resolve => response.once('drain', resolve))
      }
      response.end()
    })
    const requester = await startPeer()
    const { body } = await post(requester, worker)
    expect(await settled(() => taken.bytes)).toBeLessThan(buffered)
    expect(await digest(body)).toBe(await digest(source(24 * MiB).chunks))
  })

  it('takes a burst of requests over a connection that has only just been made', async () => {
    const worker = await startPeer()
    for (let round = 0; round < 5; round++) {
      const requester = await startPeer()
      const statuses = await Promise.all(
        Array.from({ length: 40 }, async () => {
          const { status, body } = await post(requester, worker)
          body.resume()
          return status
        }),
      )
      expect(new Set(statuses)).toEqual(new Set([200]))
    }
  })

  it('tells the worker that its requester has gone, though the connection stays', async () => {
    const gone = Promise.withResolvers<void>()
    const worker = await startPeer((_request, response) => {
      response.write('first')
      response.once('close', gone.resolve)
    })
    const requester = await startPeer()
    const controller = new AbortController()
    const { body } = await post(requester, worker, undefined, controller.signal)
    body.on('error', () => undefined)
    controller.abort(new Error('no longer wanted'))
    await gone.promise
    expect(requester.host.libp2p.getConnections().map(({ status }) => status)).toEqual(['open'])
  })

  it('dials anew where a connection has broken and nobody was told so far', async () => {
    const worker = await startPeer()
    const requester = await startPeer()
    for (let round = 0; round < 2; round++) {
      const { status, body } = await post(requester, worker, source(0).chunks)
      await body.resume().toArray()
      expect(status).toBe(200)
      for (const connection of requester.host.libp2p.getConnections())
        Reflect.get(connection, 'muxer').status = 'closed'
    }
  })

  it('says that the peer may have begun, also where it is gone once another way to it is looked for', async () => {
    const worker = await startPeer(() => undefined)
    const { host, address } = await startPeer()
    const log = createLog({ level: 'error', buffer: new LogBuffer() })
    const ways = [() => host.dial(multiaddr(worker.address.addresses[0]), AbortSignal.timeout(5_000))]
    const http = new PeerHttp(
      {
        libp2p: host.libp2p,
        paths: {
          connect: async () => {
            const way = ways.shift()
            if (way === undefined) throw new RmaError('WORKER_LOST', 'nobody is there', { sent: false })
            return await way()
          },
          async isLost(connection) {
            connection.abort(new Error('it is answered another way'))
            return true
          },
        },
        log,
      },
      { protocol: '/rma/feedfeedfeedfeed/http/1.0.0', onSocket: () => undefined },
    )
    const requester = { host, http, address, stop: async () => undefined }
    await expect(post(requester, worker)).rejects.toMatchObject({ code: 'WORKER_LOST', details: { sent: true } })
  })

  it('says so when the peer goes away in the middle of its answer', async () => {
    const worker = await startPeer((_request, response) => response.write('half of'))
    const requester = await startPeer()
    const { body } = await post(requester, worker)
    peers.splice(peers.indexOf(worker), 1)
    await Promise.all([expect(text(body)).rejects.toThrow(), worker.stop()])
  })

  it('makes room for the next request where an answer breaks as it begins, however often', async () => {
    let isWell = false
    const worker = await startPeer((request, response) => {
      request.resume().once('end', () => {
        if (isWell) response.end()
        else response.write('half of', () => response.destroy())
      })
    })
    const requester = await startPeer()
    for (let broken = 0; broken < 16; broken++) {
      await expect(post(requester, worker, source(0).chunks).then(({ body }) => text(body))).rejects.toThrow()
    }
    isWell = true
    const { status, body } = await post(requester, worker, source(0).chunks, AbortSignal.timeout(5_000))
    await body.resume().toArray()
    expect(status).toBe(200)
  })
})

describe('what is kept open to peers', () => {
  const log = createLog({ level: 'error', buffer: new LogBuffer() })
  const protocol = '/rma/feedfeedfeedfeed/http/1.0.0'
  /** Its lines lead where `connect` says. */
  const requesterBy = (connect: PeerPaths['connect']) =>
    new PeerHttp(
      {
        libp2p: { handle: async () => undefined, unhandle: async () => undefined },
        paths: { connect, isLost: async () => false },
        log,
      },
      { protocol, onSocket: () => undefined },
    )
  const ask = (http: PeerHttp, peerId: string, signal: AbortSignal) =>
    http.request({ peerId, addresses: [] }, { method: 'GET', path: '/', headers: {}, onBehalfOf: 'me', signal })

  it('is no more than 64 lines, however many peers are asked in turn, and nothing once it stops', async () => {
    const worker = await startPeer()
    const { host } = await startPeer()
    // Each line keeps a stream, of which a connection has no more than 32.
    const connections = await Promise.all(
      Array.from({ length: 4 }, () => host.dial(multiaddr(worker.address.addresses[0]), AbortSignal.timeout(5_000))),
    )
    const watchers = () => connections.reduce((sum, connection) => sum + connection.listenerCount('close'), 0)
    const others = watchers()
    const http = requesterBy(async ({ peerId }) => {
      const connection = connections[Number(peerId) % connections.length]
      if (connection === undefined) throw new Error('expected the number of a peer')
      return connection
    })
    for (let asked = 0; asked < 72; asked++) {
      const { body } = await ask(http, String(asked % 66), AbortSignal.timeout(20_000))
      await body.resume().toArray()
    }
    expect(watchers() - others).toBe(64)
    await http.stop()
    expect(watchers()).toBe(others)
  })

  it('is one line to a peer, also where all others are in use', async () => {
    const over = new AbortController()
    const connecting: string[] = []
    const http = requesterBy(({ peerId }) => {
      connecting.push(peerId)
      return new Promise((_resolve, reject) => over.signal.addEventListener('abort', () => reject(over.signal.reason)))
    })
    const inUse = Array.from({ length: 64 }, (_, index) => ask(http, `peer-${index}`, over.signal))
    const toAnother = Array.from({ length: 20 }, () => ask(http, 'another', over.signal))
    const ended = Promise.allSettled([...inUse, ...toAnother])
    await vi.waitFor(() => expect(connecting.filter(peerId => peerId !== 'another')).toHaveLength(64))
    expect(connecting.filter(peerId => peerId === 'another')).toHaveLength(16)
    over.abort()
    await ended
  })
})

async function text(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of body) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

async function digest(body: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of body) hash.update(chunk)
  return hash.digest('hex')
}
