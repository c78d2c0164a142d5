import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { request } from 'undici'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { MiB } from '../../../src/shared/units.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { obedient } from './connector.ts'
import { CloudflareEdge } from './edge.ts'

const waiting: (() => void)[] = []
const origin = createServer((incoming, outgoing) => {
  if (incoming.url === '/wait') waiting.push(() => outgoing.end('waited'))
  else if (incoming.url === '/echo') incoming.pipe(outgoing)
  else if (incoming.url === '/events') {
    outgoing.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n')
    waiting.push(() => outgoing.end('data: 2\n\n'))
  } else outgoing.end(`${incoming.headers.host} ${incoming.headers['cf-connecting-ip']}`)
})
new WebSocketServer({ server: origin }).on('connection', socket => {
  socket.on('message', data => socket.send(`back ${data}`))
})

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let edge: CloudflareEdge
let program: string
let outOfReach: () => void
let started: { child: ChildProcess; said: string[] }[] = []

beforeAll(async () => {
  folder = await temporaryFolder()
  edge = await CloudflareEdge.start(folder.path)
  program = await edge.cloudflared()
  outOfReach = edge.comeIntoReach()
  origin.listen(0, '127.0.0.1')
  await once(origin, 'listening')
})
beforeEach(() => {
  edge.conduct = obedient
})
afterEach(async () => {
  for (const { child } of started) child.kill('SIGKILL')
  started = []
  await vi.waitFor(() => expect(edge.connectors).toEqual([]))
})
afterAll(async () => {
  outOfReach()
  await edge.stop()
  origin.closeAllConnections()
  origin.close()
  await folder.remove()
})

function originUrl(): string {
  return `http://127.0.0.1:${(origin.address() as AddressInfo).port}`
}

function start(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const child = spawn(program, args, {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, HOME: folder.path, ...env },
  })
  const run = { child, said: [] as string[] }
  started.push(run)
  let rest = ''
  child.stderr.on('data', (chunk: Buffer) => {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    run.said.push(...lines)
  })
  return run
}

function quick(output: readonly string[] = []) {
  return start(['tunnel', '--no-autoupdate', '--metrics', '127.0.0.1:0', ...output, '--url', originUrl()])
}

async function exitOf({ child }: { child: ChildProcess }): Promise<number | null> {
  const [code] = await once(child, 'close')
  return code as number | null
}

async function urlFrom(run: { said: string[] }): Promise<string> {
  return await vi.waitFor(() => {
    const url = /https:\/\/[a-z0-9-]+\.trycloudflare\.com/.exec(run.said.join('\n'))?.[0]
    expect(url).toBeDefined()
    return url as string
  })
}

async function metricsOf(run: { said: string[] }): Promise<string> {
  return await vi.waitFor(() => {
    const at = /Starting metrics server on ([\d.:]+)\/metrics/.exec(run.said.join('\n'))?.[1]
    expect(at).toBeDefined()
    return `http://${at}`
  })
}

const statusOf = async (url: string) => {
  const { statusCode, body } = await request(url)
  await body.dump()
  return statusCode
}

describe('a quick tunnel', () => {
  it('prints its URL before it works, and proxies requests and sockets once it is ready', async () => {
    edge.conduct = { ...obedient, connects: 'when told' }
    const run = quick()
    const [url, metrics] = [await urlFrom(run), await metricsOf(run)]
    expect([await statusOf(`${metrics}/ready`), await statusOf(url)]).toEqual([503, 530])

    edge.connectors[0]?.connect()
    await vi.waitFor(async () => expect(await statusOf(`${metrics}/ready`)).toBe(200))
    expect(run.said.join('\n')).toMatch(/INF Registered tunnel connection connIndex=0 .*location=lhr01 protocol=quic/)
    expect(await (await request(`${metrics}/quicktunnel`)).body.json()).toEqual({ hostname: new URL(url).host })
    const answer = await request(`${url}/`, { headers: { 'cf-connecting-ip': '203.0.113.9' } })
    expect(await answer.body.text()).toBe(`${new URL(url).host} 198.51.100.1`)

    const socket = new WebSocket(url.replace('https:', 'wss:'))
    await once(socket, 'open')
    socket.send('hello')
    const [data] = await once(socket, 'message')
    expect(String(data)).toBe('back hello')
    socket.close()
    await vi.waitFor(() => expect(edge.connectors[0]?.inFlight).toBe(0))

    edge.connectors[0]?.disconnect()
    await vi.waitFor(async () => expect(await statusOf(`${metrics}/ready`)).toBe(503))
  })

  it('says the same as JSON, has 200 requests in flight and no more, and keeps events back', async () => {
    const run = quick(['--output', 'json'])
    const url = await urlFrom(run)
    await vi.waitFor(() => expect(run.said.some(line => line.includes('Registered'))).toBe(true))
    for (const line of run.said)
      expect(Object.keys(JSON.parse(line))).toEqual(expect.arrayContaining(['level', 'time', 'message']))

    const events = request(`${url}/events`).then(({ body }) => body.text())
    const held = Array.from({ length: 199 }, () => request(`${url}/wait`))
    await vi.waitFor(() => expect(waiting).toHaveLength(200))
    expect(await statusOf(`${url}/wait`)).toBe(429)
    const first = await Promise.race([events, statusOf(`${url}/x`)])
    expect(first).toBe(429)
    for (const end of waiting.splice(0)) end()
    expect(await events).toBe('data: 1\n\ndata: 2\n\n')
    for (const { body } of await Promise.all(held)) expect(await body.text()).toBe('waited')
  })

  it('carries large bodies both ways, and answers 502 where its service is not there', async () => {
    const run = quick()
    const url = await urlFrom(run)
    await vi.waitFor(() => expect(edge.connectors[0]?.isConnected).toBe(true))
    const body = randomBytes(4 * MiB)
    const { body: back } = await request(`${url}/echo`, { method: 'POST', body })
    expect(Buffer.from(await back.arrayBuffer()).equals(body)).toBe(true)

    const astray = start(['tunnel', '--metrics', '127.0.0.1:0', '--url', 'http://127.0.0.1:1'])
    const astrayUrl = await urlFrom(astray)
    await vi.waitFor(async () => expect(await statusOf(astrayUrl)).toBe(502))
    const socket = new WebSocket(astrayUrl.replace('https:', 'wss:'))
    const [error] = await once(socket, 'error')
    expect(String(error)).toContain('502')
  })

  it('ends with 1 when it is rate limited, and never beside a configuration', async () => {
    edge.conduct = { ...obedient, rateLimited: true }
    const limited = quick()
    expect(await exitOf(limited)).toBe(1)
    expect(limited.said.join('\n')).toMatch(/error code: 1015 .*status_code="429 Too Many Requests"/)

    const home = join(folder.path, 'home')
    await mkdir(join(home, '.cloudflared'), { recursive: true })
    await writeFile(join(home, '.cloudflared', 'config.yaml'), 'tunnel: x\n')
    expect(await exitOf(start(['tunnel', '--url', originUrl()], { HOME: home }))).toBe(1)
  })

  it('ends as it is told: 0 after SIGTERM, by a crash, with another URL the next time', async () => {
    const one = quick()
    const url = await urlFrom(one)
    one.child.kill('SIGTERM')
    expect(await exitOf(one)).toBe(0)
    const other = quick()
    expect(await urlFrom(other)).not.toBe(url)
    edge.connectors[0]?.crash(3)
    expect(await exitOf(other)).toBe(3)
    expect(await exitOf(start(['tunnel', 'run', '--token', 'secret']))).toBe(255)
  })

  it('answers 502 to what a killed one has not read', async () => {
    const run = quick()
    const url = await urlFrom(run)
    await vi.waitFor(() => expect(edge.connectors[0]?.isConnected).toBe(true))
    run.child.kill('SIGSTOP')
    const unread = statusOf(`${url}/unread`)
    await vi.waitFor(() => expect(edge.connectors[0]?.inFlight).toBe(1))
    run.child.kill('SIGKILL')
    expect(await unread).toBe(502)
  })
})

describe('a named tunnel', () => {
  it('takes its token from a file of its owner alone, and prints its configuration', async () => {
    const file = join(folder.path, 'token')
    await writeFile(file, 'good token\n', { mode: 0o644 })
    const args = ['tunnel', '--no-autoupdate', '--metrics', '127.0.0.1:0', 'run', '--token-file', file]
    expect(await exitOf(start(args))).toBe(1)

    await chmod(file, 0o600)
    edge.named.set('good token', { hostname: 'w1.example.org', service: originUrl() })
    const run = start(args)
    const metrics = await metricsOf(run)
    await vi.waitFor(async () => expect(await statusOf(`${metrics}/ready`)).toBe(200))
    expect(run.said.join('\n')).toContain('Updated to new configuration config="{\\"ingress\\":[{\\"hostname\\":\\"w1.')
    const { config } = (await (await request(`${metrics}/config`)).body.json()) as { config: { ingress: unknown[] } }
    expect(config.ingress[0]).toEqual({ hostname: 'w1.example.org', service: originUrl() })
    expect(await (await request('https://w1.example.org/')).body.text()).toBe('w1.example.org 198.51.100.1')
    expect(edge.connectors[0]?.args.join(' ')).not.toContain('good token')
  })
})
