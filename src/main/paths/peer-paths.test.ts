import { createServer as createHttpServer } from 'node:http'
import { createServer, type Server, Socket } from 'node:net'
import { generateKeyPair } from '@libp2p/crypto/keys'
import type { Connection } from '@libp2p/interface'
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { second } from '../../shared/units.ts'
import { systemClock } from '../clock.ts'
import { createHost, type Host } from '../dht/host.ts'
import { networkId } from '../dht/network.ts'
import { createTestHost } from '../directory/test-network.ts'
import { createLog, LogBuffer } from '../log.ts'
import { pathKindOf } from './path-kind.ts'
import { PeerHttp } from './peer-http.ts'
import { type PathHost, PeerPaths } from './peer-paths.ts'

const log = createLog({ level: 'error', buffer: new LogBuffer() })
const signal = new AbortController().signal
const undo: (() => unknown)[] = []

afterEach(async () => {
  for (const each of undo.splice(0).reverse()) await each()
})

async function startHost(): Promise<Host> {
  const host = await createTestHost()
  await host.start()
  undo.push(() => host.stop())
  return host
}

/** A path to a host that can be cut as a cable is: nothing passes any more, and nothing is closed. */
async function startCable(to: Host): Promise<{ port: number; cut: () => void }> {
  const sockets: Socket[] = []
  let isCut = false
  const server: Server = createServer(socket => {
    const onward = new Socket().connect(to.port, '127.0.0.1')
    sockets.push(socket, onward)
    for (const each of [socket, onward]) each.on('error', () => undefined)
    socket.on('data', data => isCut || onward.write(data))
    onward.on('data', data => isCut || socket.write(data))
    if (isCut) socket.pause()
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  undo.push(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('expected a port')
  return {
    port: address.port,
    cut: () => {
      isCut = true
    },
  }
}

/** As a node, with every address that was dialled. */
function pathsOf(host: Host): { paths: PeerPaths; dialled: string[]; connections: (to: Host) => Connection[] } {
  const dialled: string[] = []
  const watched: PathHost = {
    libp2p: host.libp2p,
    protocols: host.protocols,
    listens: () => host.listens(),
    dial: (address: Multiaddr, dialSignal) => {
      dialled.push(address.toString())
      return host.dial(address, dialSignal)
    },
  }
  return {
    paths: new PeerPaths({ host: watched, clock: systemClock, log }),
    dialled,
    connections: to => host.libp2p.getConnections(to.peerId),
  }
}

const at = (port: number) => `/ip4/127.0.0.1/tcp/${port}`

/** A relay, and a host that can be reached through nothing else. */
async function startRelayed(): Promise<{ hidden: Host; addresses: () => string[] }> {
  const privateKey = await generateKeyPair('Ed25519')
  const network = {
    networkId: networkId('test'),
    port: { port: 0, explicit: true },
    listen: ['127.0.0.1'],
    mdns: false,
  }
  const relay = await createHost({ privateKey, log }, { ...network, relay: {}, relaxedLimits: true })
  await relay.start()
  undo.push(() => relay.stop())
  const hidden = await startHost()
  await hidden.libp2p.dial(relay.libp2p.getMultiaddrs())
  await hidden.setMode('client')
  const addresses = () => hidden.addresses().filter(address => address.includes('/p2p-circuit'))
  await vi.waitFor(() => expect(addresses()).not.toEqual([]), 10 * second)
  return { hidden, addresses }
}

describe('the connection that a request takes', () => {
  it('is made once for all that ask at the same time, and used again', async () => {
    const [self, peer] = [await startHost(), await startHost()]
    const { paths, dialled } = pathsOf(self)
    const to = { peerId: peer.peerId.toString(), addresses: peer.addresses() }
    const made = await Promise.all([1, 2, 3].map(() => paths.connect(to, signal)))
    expect(new Set([...made, await paths.connect(to, signal)]).size).toBe(1)
    expect(dialled).toHaveLength(1)
  })

  it('goes to the peer and nobody else, whatever address its record names', async () => {
    const [self, peer, victim] = [await startHost(), await startHost(), await startHost()]
    const { paths, dialled, connections } = pathsOf(self)
    const claims = { peerId: peer.peerId.toString(), addresses: victim.addresses() }
    await expect(paths.connect(claims, signal)).rejects.toMatchObject({ code: 'WORKER_LOST', details: { sent: false } })
    expect(connections(victim)).toEqual([])
    expect(self.libp2p.getConnections()).toEqual([])
    // Somebody else has answered there: it is not tried again for long, and what is true still leads to the peer.
    const rests = { message: expect.stringContaining('none of its addresses can be tried'), details: { untried: true } }
    await expect(paths.connect(claims, signal)).rejects.toMatchObject(rests)
    expect(dialled).toHaveLength(1)
    const both = { ...claims, addresses: [...victim.addresses(), ...peer.addresses()] }
    const connection = await paths.connect(both, signal)
    expect(connection.remotePeer.equals(peer.peerId)).toBe(true)
  })

  it('takes the way that is there when the first one hangs', async () => {
    const [self, peer] = [await startHost(), await startHost()]
    const { paths } = pathsOf(self)
    const dead = await startCable(peer)
    dead.cut()
    const to = { peerId: peer.peerId.toString(), addresses: [at(dead.port), at(peer.port)] }
    const connection = await paths.connect(to, signal)
    expect(connection.remoteAddr.equals(multiaddr(`${at(peer.port)}/p2p/${peer.peerId}`))).toBe(true)
  })

  it('is given up when nothing comes back on it and the peer answers another way', async () => {
    const [self, peer] = [await startHost(), await startHost()]
    const { paths, connections } = pathsOf(self)
    const cable = await startCable(peer)
    const peerId = peer.peerId.toString()
    const first = await paths.connect({ peerId, addresses: [at(cable.port)] }, signal)
    const to = { peerId, addresses: [at(cable.port), at(peer.port)] }
    expect(await paths.isLost(first, to)).toBe(false)
    cable.cut()
    expect(await paths.isLost(first, to)).toBe(true)
    await vi.waitFor(() => expect(connections(peer)).toHaveLength(1))
    expect(await paths.connect(to, signal)).not.toBe(first)
  })

  it('is kept when the peer answers nowhere: it may only be slow', async () => {
    const [self, peer] = [await startHost(), await startHost()]
    const { paths } = pathsOf(self)
    const cable = await startCable(peer)
    const to = { peerId: peer.peerId.toString(), addresses: [at(cable.port)] }
    const only = await paths.connect(to, signal)
    cable.cut()
    expect(await paths.isLost(only, to)).toBe(false)
    expect(only.status).toBe('open')
  })

  it('becomes a direct one where the peer is found to be reachable, and the relayed one is let go', async () => {
    const self = await startHost()
    const { hidden, addresses } = await startRelayed()
    const { paths, connections } = pathsOf(self)
    const peerId = hidden.peerId.toString()
    const relayed = await paths.connect({ peerId, addresses: addresses() }, signal)
    expect(pathKindOf(relayed.remoteAddr)).toBe('relay')
    // A look in vain: the next one is far off, unless the peer names another place.
    await paths.connect({ peerId, addresses: addresses() }, signal)
    const to = { peerId, addresses: [...addresses(), at(hidden.port)] }
    // What is asked meanwhile still goes over what there is.
    expect(await paths.connect(to, signal)).toBe(relayed)
    await vi.waitFor(async () => {
      expect(pathKindOf((await paths.connect(to, signal)).remoteAddr)).toBe('direct')
      expect(connections(hidden).length).toBeGreaterThan(0)
    }, 10 * second)
  })

  it('becomes a direct one from the other side, where only whoever asks can be reached', async () => {
    const self = await startHost()
    const { hidden, addresses } = await startRelayed()
    const theirs = pathsOf(hidden).paths
    theirs.start()
    undo.push(() => theirs.stop())
    const { paths, connections } = pathsOf(self)
    await paths.connect({ peerId: hidden.peerId.toString(), addresses: addresses() }, signal)
    await vi.waitFor(() => {
      const direct = connections(hidden).filter(each => pathKindOf(each.remoteAddr) === 'direct')
      expect(direct.map(({ direction }) => direction)).toEqual(['inbound'])
    }, 10 * second)
  })

  it('is replaced under a request that waits, which says by which way its answer came', async () => {
    const [self, peer] = [await startHost(), await startHost()]
    const cable = await startCable(peer)
    const { paths } = pathsOf(self)
    const protocol = '/rma/test/http/1.0.0'
    const listener = createHttpServer((_request, response) => response.end('answered'))
    const from: string[] = []
    const served = new PeerHttp(
      { libp2p: peer.libp2p, paths: pathsOf(peer).paths, log },
      {
        protocol,
        onSocket(socket, { path }) {
          from.push(path)
          listener.emit('connection', socket)
        },
      },
    )
    const http = new PeerHttp({ libp2p: self.libp2p, paths, log }, { protocol, onSocket: () => undefined })
    for (const each of [served, http]) {
      await each.start()
      undo.push(() => each.stop())
    }
    const to = { peerId: peer.peerId.toString(), addresses: [at(cable.port), at(peer.port)] }
    const ask = async () => {
      const { status, path, body } = await http.request(to, {
        method: 'POST',
        path: '/',
        headers: {},
        body: Buffer.from('x'),
        onBehalfOf: 'me',
        signal,
      })
      for await (const chunk of body as AsyncIterable<Uint8Array>) expect(String(chunk)).toBe('answered')
      return { status, path }
    }
    expect(await ask()).toEqual({ status: 200, path: 'direct' })
    cable.cut()
    expect(await ask()).toEqual({ status: 200, path: 'direct' })
    expect(from).toEqual(['direct', 'direct'])
  })
})
