import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { WebSocket } from 'ws'
import { sampleStatus } from '../../shared/testing/samples.ts'
import { systemClock } from '../clock.ts'
import { createLog, LogBuffer } from '../log.ts'
import { connectToNode } from '../rpc/client.ts'
import { createRpcHandler } from '../rpc/handler.ts'
import { maxMessageBytes } from '../rpc/session.ts'
import { StandInNode } from '../rpc/testing/stand-in-node.ts'
import { DashboardServer } from './dashboard-server.ts'

const token = 'T'.repeat(43)
const log = createLog({ level: 'error', buffer: new LogBuffer() })

let folder: string
let node: StandInNode
let server: DashboardServer
let base: URL

function createDashboard(port = { port: 0, explicit: true }) {
  return new DashboardServer(
    { rpc: createRpcHandler(node, log), clock: systemClock, log },
    { port, token, pagesFolder: join(folder, 'pages') },
  )
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rma-dashboard-'))
  await mkdir(join(folder, 'pages', 'assets'), { recursive: true })
  await writeFile(join(folder, 'pages', 'index.html'), '<!doctype html><title>pages</title>')
  await writeFile(join(folder, 'pages', 'assets', 'index-Ab3dE_9-.js'), 'export {}')
  await writeFile(join(folder, 'pages', 'notes.exe'), 'no type of ours')
  await writeFile(join(folder, 'secret.txt'), 'beside the pages')
  node = new StandInNode()
  server = createDashboard()
  await server.start()
  base = new URL(server.url)
})

afterEach(async () => {
  await server.stop()
  await rm(folder, { recursive: true, force: true })
})

interface Answer {
  status: number
  headers: IncomingHttpHeaders
  body: string
}

async function ask(
  path: string,
  { method = 'GET', headers = {} as Record<string, string>, body = '' } = {},
): Promise<Answer> {
  const request = httpRequest({ host: '127.0.0.1', port: base.port, path, method, headers, agent: false })
  request.end(body === '' ? undefined : body)
  const [response] = await once(request, 'response')
  return { status: response.statusCode, headers: response.headers, body: await text(response) }
}

/** Sends bytes as they stand and returns everything that comes back. */
async function askRaw(bytes: string): Promise<string> {
  const socket = connect(Number(base.port), '127.0.0.1')
  socket.write(bytes)
  return await text(socket)
}

async function cookie(): Promise<string> {
  const answer = await ask(`/?token=${token}`)
  return String(answer.headers['set-cookie']?.[0]).split(';')[0] ?? ''
}

async function pageProtocols(): Promise<string[]> {
  const { location } = (await ask(`/?token=${token}`)).headers
  return ['rma-donor', `key.${location?.split('=')[1]}`]
}

function upgrade(headers: Record<string, string>, path = '/rpc', protocols: string[] = []): Promise<number> {
  return new Promise(resolve => {
    const socket = new WebSocket(new URL(path, server.rpcUrl), protocols, { headers })
    socket.on('open', () => {
      socket.terminate()
      resolve(101)
    })
    socket.on('unexpected-response', (_, response) => resolve(response.statusCode ?? 0))
    socket.on('error', () => undefined)
  })
}

describe('the dashboard', () => {
  it('turns the access link into a cookie, takes the token out of the address, and shows the pages', async () => {
    const entered = await ask(`/?token=${token}`)
    expect(entered.status).toBe(303)
    expect(entered.headers.location).toMatch(/^\/#key=[\w-]{43}$/)
    expect(entered.headers.location).not.toContain(token)
    expect(entered.headers['referrer-policy']).toBe('no-referrer')
    expect(entered.headers['cache-control']).toBe('no-store')
    const page = await ask('/', { headers: { cookie: await cookie() } })
    expect(page).toMatchObject({ status: 200, body: '<!doctype html><title>pages</title>' })
    expect(page.headers['content-type']).toBe('text/html; charset=utf-8')
  })

  it.each([
    ['/'],
    ['/no-access'],
    ['/index.html'],
    ['/assets/index-Ab3dE_9-.js'],
    ['/?token='],
    [`/?token=${'U'.repeat(43)}`],
  ])('tells how to get the access link where %s is asked for without it', async path => {
    const answer = await ask(path)
    expect(answer.status).toBe(401)
    expect(answer.body).toContain('rma-donor token')
    expect(answer.headers['set-cookie']).toBeUndefined()
  })

  it('lets nothing in with the token on another path', async () => {
    expect((await ask(`/index.html?token=${token}`)).status).toBe(401)
  })

  it('sends strict headers with every answer and none that opens it to other sites', async () => {
    for (const answer of [
      await ask('/'),
      await ask('/', { headers: { cookie: await cookie() } }),
      await ask('/none'),
    ]) {
      expect(answer.headers['content-security-policy']).toBe(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
          "connect-src 'self'; worker-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
      )
      expect(answer.headers['x-content-type-options']).toBe('nosniff')
      expect(Object.keys(answer.headers).filter(name => name.startsWith('access-control'))).toEqual([])
    }
  })

  it('lets browsers keep hashed files for ever and ask again for the rest', async () => {
    const headers = { cookie: await cookie() }
    const script = await ask('/assets/index-Ab3dE_9-.js', { headers })
    expect(script.headers['cache-control']).toContain('immutable')
    expect(script.headers['content-type']).toBe('text/javascript; charset=utf-8')
    const page = await ask('/', { headers })
    expect(page.headers['cache-control']).toBe('no-cache')
    const again = await ask('/', { headers: { ...headers, 'if-none-match': String(page.headers.etag) } })
    expect(again).toMatchObject({ status: 304, body: '' })
  })

  it('answers HEAD without a body', async () => {
    expect(await ask('/', { method: 'HEAD', headers: { cookie: await cookie() } })).toMatchObject({
      status: 200,
      body: '',
    })
  })

  it.each([
    ['/../secret.txt'],
    ['/assets/../../secret.txt'],
    ['/%2e%2e/secret.txt'],
    ['/..%2fsecret.txt'],
    ['/..\\secret.txt'],
    ['//127.0.0.1/secret.txt'],
    ['/assets'],
    ['/notes.exe'],
    ['/__proto__'],
    ['/constructor'],
    ['/index.html/'],
  ])('finds nothing at %s', async path => {
    const line = `GET ${path} HTTP/1.1\r\nHost: ${base.host}\r\nCookie: ${await cookie()}\r\nConnection: close\r\n\r\n`
    const answer = await askRaw(line)
    expect(answer).toMatch(/^HTTP\/1\.1 404 /)
    expect(answer).not.toContain('beside the pages')
  })

  it.each([
    ['another host', 'GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n', 421],
    ['another port', 'GET / HTTP/1.1\r\nHost: 127.0.0.1:1\r\nConnection: close\r\n\r\n', 421],
    ['no host in HTTP/1.0', 'GET / HTTP/1.0\r\n\r\n', 421],
    ['no host', 'GET / HTTP/1.1\r\nConnection: close\r\n\r\n', 400],
    ['an oversized header', `GET / HTTP/1.1\r\nX-Large: ${'x'.repeat(9_000)}\r\n\r\n`, 431],
  ])('refuses a request with %s', async (_, bytes, status) => {
    expect(await askRaw(bytes)).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
  })

  it('refuses the access link under a rebound name', async () => {
    const answer = await ask(`/?token=${token}`, { headers: { host: `evil.example:${base.port}` } })
    expect(answer.status).toBe(421)
    expect(answer.headers['set-cookie']).toBeUndefined()
  })

  it('refuses other methods, and reads no body', async () => {
    const headers = { cookie: await cookie() }
    const answer = await ask('/', { method: 'POST', headers, body: 'x'.repeat(1_000) })
    expect(answer.status).toBe(405)
    expect(answer.headers.connection).toBe('close')
    expect((await ask('/', { method: 'OPTIONS', headers })).headers['access-control-allow-origin']).toBeUndefined()
  })

  it('says so where the pages are not built', async () => {
    await rm(join(folder, 'pages'), { recursive: true })
    const other = createDashboard()
    await other.start()
    try {
      const answer = await fetch(other.accessUrl, { redirect: 'manual' })
      const entered = String(answer.headers.get('set-cookie')).split(';')[0] ?? ''
      const page = await fetch(other.url, { headers: { cookie: entered } })
      expect(page.status).toBe(503)
      expect(await page.text()).toContain('npm run build')
    } finally {
      await other.stop()
    }
  })
})

describe('the dashboard’s RPC', () => {
  it('answers a program with the token', async () => {
    const client = await connectToNode(server.rpcUrl, token)
    expect(await client.rpc.status.get()).toEqual(sampleStatus)
    client.close()
  })

  it('says UNAUTHORIZED to a program with another', async () => {
    await expect(connectToNode(server.rpcUrl, 'U'.repeat(43))).rejects.toMatchObject({ code: 'UNAUTHORIZED' })
  })

  it('lets in its own page, and no other site', async () => {
    const own = `http://${base.host}`
    const shown = await pageProtocols()
    const from = (headers: Record<string, string>) => upgrade(headers, '/rpc', shown)
    expect(await from({ origin: own, cookie: await cookie() })).toBe(101)
    expect(await from({ origin: 'https://evil.example', cookie: await cookie() })).toBe(403)
    expect(await from({ cookie: await cookie() })).toBe(401)
    expect(await from({ origin: own })).toBe(401)
    expect(await from({ origin: own, cookie: await cookie(), host: 'evil.example' })).toBe(421)
  })

  it('lets nobody in with the cookie alone, which browsers show to every port of this machine', async () => {
    expect(await upgrade({ origin: `http://${base.host}`, cookie: await cookie() })).toBe(401)
  })

  it('does not say the key of a page back', async () => {
    const headers = { origin: `http://${base.host}`, cookie: await cookie() }
    const socket = new WebSocket(server.rpcUrl, await pageProtocols(), { headers })
    await once(socket, 'open')
    expect(socket.protocol).toBe('rma-donor')
    socket.terminate()
  })

  it('is at one path only, and takes no token in the address', async () => {
    expect(await upgrade({ authorization: `Bearer ${token}` }, '/')).toBe(404)
    expect(await upgrade({ authorization: `Bearer ${token}` }, '/rpc/../rpc2')).toBe(404)
    expect(await upgrade({}, `/rpc?token=${token}`)).toBe(401)
  })

  it('cuts off a client that sends too large a message', async () => {
    const socket = new WebSocket(server.rpcUrl, { headers: { authorization: `Bearer ${token}` } })
    await once(socket, 'open')
    socket.send('x'.repeat(maxMessageBytes + 1))
    expect((await once(socket, 'close'))[0]).toBe(1009)
  })

  it('takes 32 clients at a time', async () => {
    const headers = { authorization: `Bearer ${token}` }
    const sockets = Array.from({ length: 32 }, () => new WebSocket(server.rpcUrl, { headers }))
    await Promise.all(sockets.map(socket => once(socket, 'open')))
    expect(await upgrade(headers)).toBe(503)
    sockets[0]?.close()
    await vi.waitFor(async () => expect(await upgrade(headers)).toBe(101))
    for (const socket of sockets) socket.terminate()
  })
})

describe('starting and stopping', () => {
  it('hangs up on its clients, ends their streams, and frees the port', async () => {
    const client = await connectToNode(server.rpcUrl, token)
    const stream = await client.rpc.status.watch()
    await stream.next()
    const { port } = base
    await server.stop()
    await vi.waitFor(() => expect(node.status.watchers).toBe(0))
    await expect(stream.next()).rejects.toThrow()
    const next = createDashboard({ port: Number(port), explicit: true })
    await next.start()
    expect(next.url).toBe(base.href)
    await next.stop()
  })

  it('stops although a client never hangs up', async () => {
    const socket = new WebSocket(server.rpcUrl, { headers: { authorization: `Bearer ${token}` } })
    await once(socket, 'open')
    socket.pause()
    await server.stop()
    socket.terminate()
  })

  it('hangs up on whom it refuses, who may not: nothing is held open, and it stops', async () => {
    const { hostname, port } = new URL(server.url)
    const refused = connect({ host: hostname, port: Number(port), allowHalfOpen: true })
    await once(refused, 'connect')
    refused.write(
      `GET /rpc HTTP/1.1\r\nHost: ${hostname}:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${'A'.repeat(22)}==\r\n\r\n`,
    )
    const [answer] = await once(refused, 'data')
    expect(String(answer)).toMatch(/^HTTP\/1\.1 401 /)
    await server.stop()
    refused.destroy()
  })

  it('starts again after it has stopped', async () => {
    await server.stop()
    await server.start()
    expect((await fetch(server.url)).status).toBe(401)
  })

  it('says PORT_IN_USE for a port that was asked for, and takes the next for a default', async () => {
    const other = createServer()
    other.listen(0, '127.0.0.1')
    await once(other, 'listening')
    const address = other.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    await expect(createDashboard({ port, explicit: true }).start()).rejects.toMatchObject({ code: 'PORT_IN_USE' })
    const next = createDashboard({ port, explicit: false })
    await next.start()
    expect(Number(new URL(next.url).port)).toBeGreaterThan(port)
    await next.stop()
    other.close()
  })
})
