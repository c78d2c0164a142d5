import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { shareConnections } from './connection-share.ts'

let server: Server
let served: Socket[]
const opened: Socket[] = []

beforeEach(async () => {
  served = []
  server = createServer(socket => {
    if (!socket.destroyed) served.push(socket)
    socket.on('error', () => undefined)
  })
  shareConnections(server, 2)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
})

afterEach(() => {
  for (const socket of [...opened.splice(0), ...served]) socket.destroy()
  server.close()
})

/** Each address of loopback is a machine of its own here, but for the one where this machine's own tunnel comes from. */
async function from(localAddress: string): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port: (server.address() as { port: number }).port, localAddress })
  opened.push(socket)
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  return socket
}

it('closes what one address opens beyond its share, and lets others in', async () => {
  const [, , third] = [await from('127.0.0.2'), await from('127.0.0.2'), await from('127.0.0.2')]
  third.resume()
  await once(third, 'close')
  await from('127.0.0.3')
  await vi.waitFor(() =>
    expect(served.map(({ remoteAddress }) => remoteAddress)).toEqual(['127.0.0.2', '127.0.0.2', '127.0.0.3']),
  )
})

it('gives a place back once a connection is closed', async () => {
  const first = await from('127.0.0.2')
  await from('127.0.0.2')
  await vi.waitFor(() => expect(served).toHaveLength(2))
  const [, seen] = [first.destroy(), served[0]]
  if (seen !== undefined && !seen.destroyed) await once(seen, 'close')
  await from('127.0.0.2')
  await vi.waitFor(() => expect(served).toHaveLength(3))
})

it('leaves a tunnel or proxy of this machine alone, where many come through', async () => {
  for (let count = 0; count < 5; count++) await from('127.0.0.1')
  await vi.waitFor(() => expect(served).toHaveLength(5))
})
