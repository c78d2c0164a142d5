import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { upstreamSettingsSchema } from '../../../shared/schema/service-settings.ts'
import { defaultSettings, settingsSchema } from '../../../shared/schema/settings.ts'
import { KiB, MiB, minute } from '../../../shared/units.ts'
import type { ServiceRequest } from '../../service-request.ts'
import type { ServiceHost } from '../service-host.ts'
import { chunksOf, failureOf, piecesOf, requestFor, testHost, textOf } from '../testing/test-host.ts'
import { upstream } from './upstream.ts'

const servers: Server[] = []
const hosts: ServiceHost[] = []
afterEach(async () => {
  await Promise.all(hosts.splice(0).map(host => host.stop()))
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})

async function listen(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  servers.push(server)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

type Serve = (request: IncomingMessage, response: ServerResponse) => void

/** A host with the service `notes`, done by a server that is well and answers as told. */
async function setUp(serve: Serve, settings: Record<string, unknown> = {}) {
  const state = { healthy: true }
  const url = await listen((request, response) => {
    if (request.url === '/health') response.writeHead(state.healthy ? 200 : 503).end()
    else serve(request, response)
  })
  const parsed = upstreamSettingsSchema.parse({ url: `${url}/v1/notes?kind=coa`, ...settings })
  const host = testHost({
    definitions: [upstream('notes', parsed, { vramMiB: () => 4_096 })],
    services: { notes: { enabled: true, slots: 2 } },
  })
  hosts.push(host)
  return { host, state, url }
}

async function ready(host: ServiceHost): Promise<ServiceHost> {
  await vi.waitFor(() => expect(host.offers('notes')).toBe(true))
  return host
}

const ask = (host: ServiceHost, body: Uint8Array | string, fields: Partial<ServiceRequest> = {}) =>
  host.run(requestFor(body, { service: 'notes', contentType: 'application/json; charset=utf-8', ...fields }))

const echo: Serve = (request, response) => {
  response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8', 'set-cookie': 'a=b' })
  request.pipe(response)
}

describe('an upstream service', () => {
  it('passes body, type and Accept to the one address of the settings, and nothing else', async () => {
    const seen: { url?: string | undefined; headers: IncomingMessage['headers'] }[] = []
    const { host } = await setUp((request, response) => {
      seen.push({ url: request.url, headers: request.headers })
      echo(request, response)
    })
    const answer = await ask(await ready(host), '{"note": 1}', { accept: 'text/plain', id: '../../admin' })
    expect(await textOf(answer)).toBe('{"note": 1}')
    expect(answer.contentType).toBe('text/plain; charset=utf-8')
    expect(seen[0]?.url).toBe('/v1/notes?kind=coa')
    expect(Object.keys(seen[0]?.headers ?? {}).sort()).toEqual([
      'accept',
      'connection',
      'content-type',
      'host',
      'transfer-encoding',
      'x-rma-deadline-ms',
    ])
  })

  it('tells the server how much time is left to the one who waits longest', async () => {
    const left: number[] = []
    const { host } = await setUp((request, response) => {
      left.push(Number(request.headers['x-rma-deadline-ms']))
      echo(request, response)
    })
    await ready(host)
    const now = Date.now()
    await textOf(await ask(host, '{}', { deadlineAt: now + 30 * minute, waitedForUntil: () => now + 2 * minute }))
    await textOf(await ask(host, '{}', { deadlineAt: now + 3 * minute }))
    expect(left.map(ms => Math.ceil(ms / minute))).toEqual([2, 3])
  })

  it('streams both ways: the answer begins while the request goes on', async () => {
    const { host } = await setUp(echo)
    const rest = Promise.withResolvers<void>()
    async function* halting() {
      yield Buffer.from('first ')
      await rest.promise
      yield Buffer.from('second')
    }
    const pieces = piecesOf(await ask(await ready(host), '', { body: halting() }))
    expect((await pieces.next()).value).toBe('first ')
    rest.resolve()
    expect((await pieces.next()).value).toBe('second')
  })

  it('carries 128 MiB each way without holding them', async () => {
    const { host } = await setUp(echo, { maxBytes: 128 * MiB })
    await ready(host)
    const piece = new Uint8Array(64 * KiB)
    let sent = 0
    async function* large() {
      for (; sent < 128 * MiB; sent += piece.length) yield piece
    }
    const { body } = await ask(host, '', { body: large() })
    let received = 0
    let mostUnderWay = 0
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      mostUnderWay = Math.max(mostUnderWay, sent - received)
      received += chunk.byteLength
    }
    expect(received).toBe(128 * MiB)
    expect(mostUnderWay).toBeLessThan(16 * MiB)
  })

  it('is offered only while its server is well, and says what is wrong', async () => {
    const { host, state } = await setUp((_, response) => response.writeHead(500).end())
    expect(host.status.get()[0]?.unavailable).toMatchObject({ kind: 'unhealthy' })
    await ready(host)
    state.healthy = false
    await failureOf(ask(host, '{}'))
    await vi.waitFor(() =>
      expect(host.status.get()[0]?.unavailable).toMatchObject({
        kind: 'unhealthy',
        message: '/health answered with HTTP status 503',
      }),
    )
    expect(await failureOf(ask(host, '{}'))).toMatchObject({ code: 'PAUSED' })
  })

  it('is not offered where the machine has not what it needs', async () => {
    const { host } = await setUp(echo, { needs: { vramMiB: 16_384 } })
    expect(host.status.get()[0]?.unavailable).toEqual({ kind: 'needs-gpu', neededVramMiB: 16_384, foundVramMiB: 4_096 })
  })

  it('lets its server know when the requester has gone', async () => {
    const closed = Promise.withResolvers<void>()
    const { host } = await setUp((_, response) => {
      response.on('close', () => closed.resolve())
      response.writeHead(200).write('some')
    })
    const pieces = piecesOf(await ask(await ready(host), '{}'))
    await pieces.next()
    await pieces.return()
    await closed.promise
    expect(host.status.get()[0]?.running).toBe(0)
  })
})

describe('an upstream that misbehaves', () => {
  it('is not followed to where it redirects, in jobs or in health', async () => {
    let reached = 0
    const secret = await listen((_, response) => {
      reached++
      response.end('secret')
    })
    const { host } = await setUp((_, response) => response.writeHead(307, { location: secret }).end())
    const error = await failureOf(ask(await ready(host), '{}'))
    expect(error).toMatchObject({ code: 'ENGINE_FAILED', message: expect.stringContaining('redirect') })

    const moved = await listen((_, response) => response.writeHead(302, { location: secret }).end())
    const settings = upstreamSettingsSchema.parse({ url: `${moved}/x` })
    const other = testHost({
      definitions: [upstream('notes', settings, { vramMiB: () => 0 })],
      services: { notes: { enabled: true } },
    })
    hosts.push(other)
    await vi.waitFor(() =>
      expect(other.status.get()[0]?.unavailable).toMatchObject({ message: expect.stringContaining('302') }),
    )
    expect(reached).toBe(0)
  })

  it.each<[string, Serve, string]>([
    ['says nothing', () => undefined, 'ENGINE_FAILED'],
    ['breaks off', (_, response) => response.destroy(), 'ENGINE_FAILED'],
    ['answers garbage', request => request.socket.end('garbage\r\n\r\n'), 'ENGINE_FAILED'],
    ['answers 500 and tells secrets', (_, response) => response.writeHead(500).end('/home/donor'), 'ENGINE_FAILED'],
    ['is busy', (_, response) => response.writeHead(429, { 'retry-after': '7' }).end(), 'BUSY'],
    ['refuses', (_, response) => response.writeHead(422).end('/home/donor'), 'BAD_INPUT'],
  ])('and %s fails the job with words of our own', async (_, serve, code) => {
    const { host } = await setUp(serve, { stallSeconds: 1 })
    const error = await failureOf(ask(await ready(host), '{}'))
    expect(error).toMatchObject({ code })
    expect(JSON.stringify(error.toBody())).not.toContain('/home/donor')
    if (code === 'BUSY') expect(error.details.retryAfterMs).toBe(7_000)
    await vi.waitFor(() => expect(host.status.get()[0]?.running).toBe(0))
  })

  it('and answers without end is cut off', async () => {
    const { host } = await setUp(
      (_, response) => {
        response.writeHead(200)
        const pour = () => {
          while (!response.destroyed && response.write(Buffer.alloc(64 * KiB)));
        }
        response.on('drain', pour)
        pour()
      },
      { maxAnswerBytes: 4 * MiB },
    )
    expect(await failureOf(textOf(await ask(await ready(host), '{}')))).toMatchObject({ code: 'ENGINE_FAILED' })
  })

  it('gets no more of a body than it may', async () => {
    const { host } = await setUp(echo, { maxBytes: 100 * KiB })
    const body = chunksOf(new Uint8Array(MiB), 10_000)
    const outcome = await ask(await ready(host), '', { body })
      .then(textOf)
      .catch(error => error)
    expect(outcome).toMatchObject({ code: 'TOO_LARGE' })
  })

  it('holds up nobody beyond its slots and its deadline', async () => {
    const { host } = await setUp(() => undefined)
    await ready(host)
    const outcomes = [1, 2, 3].map(() => failureOf(ask(host, '{}', { deadlineAt: Date.now() + 400 })))
    for (const outcome of outcomes) expect(await outcome).toMatchObject({ code: 'DEADLINE' })
    expect(host.status.get()[0]).toMatchObject({ running: 0, waiting: 0 })
  })
})

describe('the settings of an upstream', () => {
  const parse = (upstreamOf: unknown) =>
    settingsSchema.safeParse({ ...defaultSettings, services: { notes: { enabled: true, upstream: upstreamOf } } })
      .success

  it.each(['http://127.0.0.1:9000/x', 'http://localhost:9000/', 'https://[::1]:9000/run'])('take %s', url => {
    expect(parse({ url })).toBe(true)
  })

  it('take another host only where it is listed', () => {
    expect(parse({ url: 'http://gpu-box.lan:9000/x', hosts: ['gpu-box.lan'] })).toBe(true)
    expect(parse({ url: 'http://gpu-box.lan:9000/x', hosts: ['other.lan'] })).toBe(false)
  })

  it.each([
    'http://192.168.1.1/admin',
    'http://[::ffff:127.0.0.1]/',
    'http://127.0.0.1.example.org/',
    'http://user:pass@127.0.0.1/',
    'file:///etc/passwd',
    'ftp://127.0.0.1/',
    'notes',
  ])('refuse %s', url => {
    expect(parse({ url })).toBe(false)
  })

  it.each(['http://169.254.169.254/latest', 'http://[fe80::1]/', 'http://[::ffff:169.254.169.254]/'])(
    'refuse %s even where it is listed',
    url => {
      expect(parse({ url, hosts: [new URL(url).hostname] })).toBe(false)
    },
  )

  it('refuse limits beyond 128 MiB', () => {
    expect(parse({ url: 'http://127.0.0.1/', maxBytes: 129 * MiB })).toBe(false)
  })
})
