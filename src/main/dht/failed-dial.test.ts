import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { generateKeyPair } from '@libp2p/crypto/keys'
import type { PeerId } from '@libp2p/interface'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import { pino } from 'pino'
import { afterEach, expect, it } from 'vitest'
import { isTurnedAway, isUnanswered } from './failed-dial.ts'
import { createHost, type Host } from './host.ts'
import { donorLimits } from './limits.ts'

const log = pino({ level: 'silent' })
let stops: (() => unknown)[] = []
afterEach(async () => {
  for (const stop of stops.reverse()) await stop()
  stops = []
})

async function host(relaxedLimits = true): Promise<Host> {
  const privateKey = await generateKeyPair('Ed25519')
  const init = {
    networkId: 'test',
    port: { port: 0, explicit: true },
    listen: ['127.0.0.1'],
    mdns: false,
    relaxedLimits,
  }
  const started = await createHost({ privateKey, log }, init)
  await started.start()
  stops.push(() => started.stop())
  return started
}

const someone = async () => peerIdFromPrivateKey(await generateKeyPair('Ed25519'))

async function dial(from: Host, port: number, peer: PeerId): Promise<unknown> {
  return from.libp2p.dial(multiaddr(`/ip4/127.0.0.1/tcp/${port}/p2p/${peer}`)).then(
    () => undefined,
    error => error,
  )
}

/** Does `end` with each connection once its first bytes have come. */
async function listen(end: (socket: Socket) => void): Promise<number> {
  const server = createServer(socket => {
    socket.on('error', () => undefined)
    socket.once('data', () => end(socket))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  stops.push(() => server.close())
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('expected a port')
  return address.port
}

it('tells a host that takes no more connections of an address', async () => {
  const [full, from] = [await host(false), await host()]
  let refusal: unknown
  for (let others = 0; refusal === undefined && others < donorLimits.ofAddress.ofAddress; others++) {
    await from.libp2p.hangUp(full.peerId)
    refusal = await dial(from, full.port, full.peerId)
  }
  expect(refusal).toBeInstanceOf(Error)
  expect(isTurnedAway(refusal)).toBe(true)
})

it.each([
  ['resets the connection', (socket: Socket) => socket.resetAndDestroy()],
  ['closes it', (socket: Socket) => socket.end()],
])('tells one that %s before it has said anything', async (_, end) => {
  const error = await dial(await host(), await listen(end), await someone())
  expect(isTurnedAway(error)).toBe(true)
  expect(isTurnedAway(new AggregateError([new Error('nobody there'), error]))).toBe(true)
})

it('does not take for it where nobody listens, who speaks something else, and who is somebody else', async () => {
  const [from, other] = [await host(), await host()]
  const port = await listen(socket => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
  const nobody = await listen(socket => socket.destroy())
  await stops.pop()?.()
  const errors = [
    await dial(from, nobody, await someone()),
    await dial(from, port, await someone()),
    await dial(from, other.port, await someone()),
  ]
  for (const error of errors) expect(error).toBeInstanceOf(Error)
  expect(errors.map(isTurnedAway)).toEqual([false, false, false])
  expect(isTurnedAway('no error')).toBe(false)
  expect(errors.map(isUnanswered)).toEqual([false, false, false])
})

it('tells one that is met and does not get through the handshake in time', async () => {
  const error = await dial(await host(), await listen(() => undefined), await someone())
  expect(isUnanswered(error)).toBe(true)
  expect(isUnanswered(new AggregateError([new Error('nobody there'), error]))).toBe(true)
  expect(isTurnedAway(error)).toBe(false)
  expect(isUnanswered(new DOMException('nobody was met', 'TimeoutError'))).toBe(false)
})
