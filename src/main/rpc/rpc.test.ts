import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { MessageChannel } from 'node:worker_threads'
import { createORPCClient, ORPCError } from '@orpc/client'
import { RPCLink as PortLink } from '@orpc/client/message-port'
import type { ContractRouterClient } from '@orpc/contract'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import type { Contract } from '../../shared/contract/index.ts'
import { RmaError } from '../../shared/errors.ts'
import type { LogEntry } from '../../shared/schema/log.ts'
import { sampleStatus } from '../../shared/testing/samples.ts'
import { TurnedClock } from '../clock.ts'
import { createLog, LogBuffer } from '../log.ts'
import { connectToNode } from './client.ts'
import { fromContractError } from './contract-error.ts'
import { createRpcHandler } from './handler.ts'
import { serveMessagePort } from './message-port.ts'
import { maxMessageBytes } from './session.ts'
import { StandInNode } from './testing/stand-in-node.ts'
import { serveWebSocket } from './web-socket.ts'

type Rpc = ContractRouterClient<Contract>

const cleanUps: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
})

function setUp() {
  const node = new StandInNode()
  const logBuffer = new LogBuffer()
  const log = createLog({ level: 'debug', buffer: logBuffer })
  return { node, log, logBuffer, handler: createRpcHandler(node, log), clock: new TurnedClock() }
}
type SetUp = ReturnType<typeof setUp>

async function logged(buffer: LogBuffer): Promise<LogEntry[]> {
  for await (const entries of buffer.watch()) return entries
  return []
}

/** A real WebSocket server on loopback; the sockets it took are in `sockets`. */
async function listen({ handler, clock, log }: SetUp, init: { maxBufferedBytes?: number } = {}) {
  const http = createServer()
  const server = new WebSocketServer({ server: http })
  const sockets: WebSocket[] = []
  server.on('connection', socket => {
    sockets.push(socket)
    serveWebSocket(socket, { handler, clock, log }, init)
  })
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  cleanUps.push(async () => {
    for (const socket of server.clients) socket.terminate()
    await new Promise(resolve => http.close(resolve))
  })
  return { url: `ws://127.0.0.1:${(http.address() as AddressInfo).port}`, sockets }
}

async function overWebSocket(parts: SetUp): Promise<{ rpc: Rpc; hangUp: () => void }> {
  const { url } = await listen(parts)
  const client = await connectToNode(url, 'a-token')
  cleanUps.push(() => client.close())
  return { rpc: client.rpc, hangUp: () => client.close() }
}

async function overMessagePort({ handler, log }: SetUp): Promise<{ rpc: Rpc; hangUp: () => void }> {
  const { port1, port2 } = new MessageChannel()
  serveMessagePort(port1, handler, log)
  const rpc: Rpc = createORPCClient(new PortLink({ port: port2 }))
  port2.start()
  cleanUps.push(() => port2.close())
  return { rpc, hangUp: () => port2.close() }
}

async function nextOf<T>(stream: AsyncIterator<T, unknown, void>): Promise<T> {
  const result = await stream.next()
  if (result.done) throw new Error('expected another value, got the end of the stream')
  return result.value
}

async function failureOf(call: Promise<unknown>): Promise<RmaError> {
  const error = fromContractError(
    await call.then(
      () => undefined,
      thrown => thrown,
    ),
  )
  if (!(error instanceof RmaError)) throw new Error(`expected an RmaError, got ${String(error)}`)
  return error
}

describe.each([
  ['a WebSocket', overWebSocket],
  ['a MessagePort', overMessagePort],
])('RPC over %s', (_, connect) => {
  it('answers with the present state', async () => {
    const parts = setUp()
    const { rpc } = await connect(parts)
    expect(await rpc.status.get()).toEqual(sampleStatus)
    expect((await rpc.network.get()).counts).toEqual({ connected: 0, known: 0, donating: 0 })
    expect((await rpc.settings.get()).network.name).toBe('local')
  })

  it('streams the present value at once and each change after it', async () => {
    const parts = setUp()
    const { rpc } = await connect(parts)
    const stream = await rpc.status.watch()
    expect((await nextOf(stream)).donating).toBe(false)
    await rpc.donation.set({ donating: true, consent: true })
    expect((await nextOf(stream)).donating).toBe(true)
    await stream.return?.()
  })

  it('ends the watcher when the reader stops', async () => {
    const parts = setUp()
    const { rpc } = await connect(parts)
    const stream = await rpc.jobs.watch()
    await stream.next()
    expect(parts.node.jobs.watchers).toBe(1)
    await stream.return?.()
    await vi.waitFor(() => expect(parts.node.jobs.watchers).toBe(0))
  })

  it('ends the watcher when the reader aborts', async () => {
    const parts = setUp()
    const { rpc } = await connect(parts)
    const controller = new AbortController()
    const stream = await rpc.status.watch(undefined, { signal: controller.signal })
    await stream.next()
    controller.abort()
    await vi.waitFor(() => expect(parts.node.status.watchers).toBe(0))
  })

  it('ends every watcher when the client disconnects', async () => {
    const parts = setUp()
    const { rpc, hangUp } = await connect(parts)
    const streams = await Promise.all([rpc.status.watch(), rpc.network.watch(), rpc.jobs.watch()])
    await Promise.all(streams.map(stream => stream.next()))
    const { status, topology, jobs } = parts.node
    expect([status.watchers, topology.watchers, jobs.watchers]).toEqual([1, 1, 1])
    hangUp()
    await vi.waitFor(() => expect([status.watchers, topology.watchers, jobs.watchers]).toEqual([0, 0, 0]))
  })

  it('streams the log from its kept entries on', async () => {
    const parts = setUp()
    const write = (msg: string) => parts.node.logs.write(JSON.stringify({ level: 30, time: 1, msg }))
    write('first')
    const { rpc } = await connect(parts)
    const stream = await rpc.logs.watch()
    expect((await nextOf(stream)).map(entry => entry.message)).toEqual(['first'])
    write('second')
    expect((await nextOf(stream)).map(entry => entry.message)).toEqual(['second'])
    await stream.return?.()
  })

  it('passes an error of the catalogue with its code, message and details', async () => {
    const { rpc } = await connect(setUp())
    const error = await failureOf(rpc.donation.set({ donating: true }))
    expect(error).toMatchObject({
      code: 'CONSENT_REQUIRED',
      status: 409,
      message: 'expected consent before the first donation',
      details: { needs: 'consent' },
    })
    expect((await failureOf(rpc.jobs.cancel({ id: 'no-such-job' }))).code).toBe('NOT_FOUND')
  })

  it('says of a node without a window that it has none, and refuses what only the app can do', async () => {
    const { rpc } = await connect(setUp())
    expect(await rpc.desktop.get()).toEqual({ kind: 'none' })
    expect((await failureOf(rpc.desktop.set({ autostart: true }))).code).toBe('NOT_ON_DESKTOP')
    expect((await failureOf(rpc.desktop.installUpdate())).code).toBe('NOT_ON_DESKTOP')
  })

  it('says INTERNAL and nothing of the inside for an unexpected failure, and logs it', async () => {
    const parts = setUp()
    const { rpc } = await connect(parts)
    parts.node.failure = new TypeError('secret-path /home/someone is not a function')
    const thrown = await rpc.services.set({ type: 'ocr', enabled: true }).catch(error => error)
    expect(thrown).toBeInstanceOf(ORPCError)
    expect(thrown).toMatchObject({ code: 'INTERNAL', status: 500, data: {} })
    expect(JSON.stringify(thrown.toJSON())).not.toContain('secret-path')
    const entry = (await logged(parts.logBuffer)).find(({ level }) => level === 'error')
    expect(entry?.details.procedure).toBe('services.set')
    expect(JSON.stringify(entry?.details)).toContain('secret-path')
  })

  it('says INTERNAL when a stream breaks or carries what the contract does not allow', async () => {
    const parts = setUp()
    const { rpc } = await connect(parts)
    const stream = await rpc.status.watch()
    await stream.next()
    parts.node.status.set({ ...sampleStatus, donating: 'perhaps' as unknown as boolean })
    expect((await failureOf(stream.next())).code).toBe('INTERNAL')
    await vi.waitFor(() => expect(parts.node.status.watchers).toBe(0))
  })

  it('refuses bad input and says where it is bad', async () => {
    const parts = setUp()
    const { rpc } = await connect(parts)
    const error = await failureOf(rpc.services.set({ type: '../ocr', enabled: true }))
    expect(error.code).toBe('BAD_REQUEST')
    expect(error.message).toContain('type')
    expect(error.details.issues).toHaveLength(1)
    const strict = await failureOf(rpc.settings.update({ donating: true } as never))
    expect(strict.code).toBe('BAD_REQUEST')
    expect(parts.node.settings.get().donating).toBe(false)
  })
})

describe('a WebSocket client that misbehaves', () => {
  async function connectRaw(parts: SetUp, init: { maxBufferedBytes?: number } = {}) {
    const { url, sockets } = await listen(parts, init)
    const socket = new WebSocket(url)
    cleanUps.push(() => socket.terminate())
    await once(socket, 'open')
    return { socket, sockets }
  }

  it.each([
    ['no JSON', 'hello'],
    ['no request', '{"i":"1"}'],
    ['a number', '7'],
    ['null', 'null'],
  ])('is hung up on for %s', async (_, message) => {
    const parts = setUp()
    const { socket } = await connectRaw(parts)
    socket.send(message)
    const [code] = await once(socket, 'close')
    expect(code).toBe(1007)
    expect((await logged(parts.logBuffer)).map(entry => entry.message)).toContain('hung up on an RPC client')
  })

  it('is hung up on for a message past the limit', async () => {
    const { socket } = await connectRaw(setUp())
    socket.send('x'.repeat(maxMessageBytes + 1))
    expect((await once(socket, 'close'))[0]).toBe(1007)
  })

  it('gets an answer for a procedure that does not exist, and keeps its connection', async () => {
    const { socket } = await connectRaw(setUp())
    socket.send(JSON.stringify({ i: '1', p: { u: '/status/steal' } }))
    const [data] = await once(socket, 'message')
    expect(JSON.parse(String(data))).toMatchObject({ i: '1', p: { s: 404 } })
    expect(socket.readyState).toBe(WebSocket.OPEN)
  })

  it('is dropped when it does not answer a ping', async () => {
    const parts = setUp()
    const { url } = await listen(parts)
    const socket = new WebSocket(url, { autoPong: false })
    cleanUps.push(() => socket.terminate())
    await once(socket, 'open')
    const closed = once(socket, 'close')
    parts.clock.turn(20_000)
    await once(socket, 'ping')
    parts.clock.turn(20_000)
    expect((await closed)[0]).toBe(1006)
  })

  it('stays when it answers pings', async () => {
    const parts = setUp()
    const { socket, sockets } = await connectRaw(parts)
    for (const _ of [1, 2, 3]) {
      const ponged = once(sockets[0] as WebSocket, 'pong')
      parts.clock.turn(20_000)
      await ponged
    }
    expect(socket.readyState).toBe(WebSocket.OPEN)
  })

  it('that does not read gets the newest snapshot once it does, not every one it missed', async () => {
    const parts = setUp()
    const { socket, sockets } = await connectRaw(parts)
    const received: string[] = []
    socket.on('message', data => received.push(String(data)))
    socket.send(JSON.stringify({ i: '1', p: { u: '/status/watch' } }))
    await vi.waitFor(() => expect(received.length).toBeGreaterThan(1))
    socket.pause()
    // Large snapshots, more than the system's socket buffers hold.
    const updates = 200
    const model = 'x'.repeat(200_000)
    for (let index = 0; index < updates; index++) {
      parts.node.status.set({ ...sampleStatus, cpuModel: `${index} ${model}` })
      await new Promise(setImmediate)
    }
    expect((sockets[0] as WebSocket).bufferedAmount).toBeLessThan(1_000_000)
    const before = received.length
    socket.resume()
    await vi.waitFor(() => expect(received.at(-1)).toContain(`${updates - 1} x`))
    expect(received.length - before).toBeLessThan(updates)
  })

  it('is dropped when it leaves too much unread', async () => {
    const parts = setUp()
    const { socket } = await connectRaw(parts, { maxBufferedBytes: 1_000_000 })
    parts.node.status.set({ ...sampleStatus, cpuModel: 'x'.repeat(200_000) })
    socket.pause()
    for (let id = 0; id < 120; id++) socket.send(JSON.stringify({ i: String(id), p: { u: '/status/get' } }))
    await vi.waitFor(async () => {
      const messages = (await logged(parts.logBuffer)).map(entry => entry.message)
      expect(messages).toContain('dropped an RPC client that does not read')
    })
  })
})

describe('a MessagePort client that misbehaves', () => {
  it.each([
    ['no JSON', 'hello'],
    ['an object', { i: '1', p: { u: '/status/get' } }],
    ['a number', 7],
  ])('is hung up on for %s', async (_, message) => {
    const { handler, log } = setUp()
    const { port1, port2 } = new MessageChannel()
    serveMessagePort(port1, handler, log)
    const closed = once(port2, 'close')
    port2.postMessage(message)
    await closed
  })
})

describe('connecting to a node', () => {
  it('says NODE_NOT_RUNNING where nobody listens', async () => {
    const http = createServer()
    http.listen(0, '127.0.0.1')
    await once(http, 'listening')
    const { port } = http.address() as AddressInfo
    await new Promise(resolve => http.close(resolve))
    await expect(connectToNode(`ws://127.0.0.1:${port}`, 'token')).rejects.toMatchObject({ code: 'NODE_NOT_RUNNING' })
  })

  it('says NODE_NOT_RUNNING where something else listens', async () => {
    const http = createServer((_, response) => response.end('hello'))
    http.listen(0, '127.0.0.1')
    await once(http, 'listening')
    cleanUps.push(() => new Promise(resolve => http.close(resolve)))
    const { port } = http.address() as AddressInfo
    await expect(connectToNode(`ws://127.0.0.1:${port}`, 'token')).rejects.toMatchObject({ code: 'NODE_NOT_RUNNING' })
  })
})
