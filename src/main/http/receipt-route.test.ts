import { once } from 'node:events'
import type { Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { second } from '../../shared/units.ts'
import { SocketOrigins } from './origin.ts'
import { mountReceipts } from './receipt-route.ts'
import type { ServiceApp } from './service-app.ts'

const peerId = '12D3KooWQYhTNQdmr3ArTeUHRYzFg94BKyTkoWBDWez9kSCVe2Xo'
let server: Server

/** Takes receipts from a peer, whoever connects. */
async function startTaking(take: (envelope: Uint8Array) => void): Promise<number> {
  const app: ServiceApp = new Hono()
  app.onError(() => new Response(null, { status: 500 }))
  const origins = new SocketOrigins()
  mountReceipts(app, { receipts: { take: async (_id, envelope) => take(envelope) }, origins })
  server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }) as Server
  server.on('connection', socket => origins.set(socket, { kind: 'peer', peerId, path: 'direct' }))
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

afterEach(() => {
  vi.useRealTimers()
  server.closeAllConnections()
  server.close()
})

describe('a receipt that is handed in', () => {
  it('is taken when it comes in pieces', async () => {
    const taken: string[] = []
    const port = await startTaking(envelope => taken.push(Buffer.from(envelope).toString()))
    const socket = connect(port, '127.0.0.1')
    socket.write('POST /receipts/request-0001 HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello')
    await once(server, 'request')
    socket.write('there')
    expect(String((await once(socket, 'data'))[0])).toMatch(/^HTTP\/1\.1 204 /)
    expect(taken).toEqual(['hellothere'])
    socket.destroy()
  })

  it('has ten seconds in all, however steadily its bytes come', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const take = vi.fn()
    const port = await startTaking(take)
    const socket = connect(port, '127.0.0.1')
    const closed = once(socket, 'close')
    socket.on('error', () => undefined).resume()
    socket.write('POST /receipts/request-0001 HTTP/1.1\r\nHost: a\r\nContent-Length: 1024\r\n\r\nx')
    const [request] = await once(server, 'request')
    for (let sent = 0; sent < 11 && !socket.destroyed; sent++) {
      const arrived = once(request, 'data').catch(() => undefined)
      socket.write('x')
      await Promise.race([arrived, closed])
      vi.advanceTimersByTime(1 * second)
    }
    await closed
    expect(take).not.toHaveBeenCalled()
  })
})
