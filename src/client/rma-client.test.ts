import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { RmaClient, RmaClientError } from './index.ts'

const answering = new Set<TestServer>()
afterEach(async () => {
  for (const server of answering) await server.stop()
})

type Answer = (incoming: IncomingMessage, outgoing: ServerResponse, body: string) => void

/** A server that answers what it is told to, and keeps what it was asked. */
class TestServer {
  readonly asked: { method: string; url: string; headers: IncomingMessage['headers']; body: string }[] = []
  readonly #server = createServer()

  static async start(answers: Record<string, Answer>): Promise<TestServer> {
    const server = new TestServer(answers)
    await new Promise<void>(resolve => server.#server.listen(0, '127.0.0.1', resolve))
    answering.add(server)
    return server
  }

  private constructor(answers: Record<string, Answer>) {
    this.#server.on('request', async (incoming: IncomingMessage, outgoing: ServerResponse) => {
      let body = ''
      for await (const chunk of incoming) body += chunk
      const { method = '', url = '', headers } = incoming
      this.asked.push({ method, url, headers, body })
      const answer = answers[`${method} ${url}`]
      if (answer === undefined)
        json({ error: { code: 'NOT_FOUND', message: url, details: {} } }, 404)(incoming, outgoing, '')
      else answer(incoming, outgoing, body)
    })
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async stop(): Promise<void> {
    answering.delete(this)
    this.#server.closeAllConnections()
    await new Promise(resolve => this.#server.close(resolve))
  }
}

function json(value: unknown, status = 200, headers: Record<string, string> = {}): Answer {
  return (_incoming, outgoing) => {
    outgoing.writeHead(status, { 'content-type': 'application/json', ...headers })
    outgoing.end(JSON.stringify(value))
  }
}

const refusal = (code: string, status: number, headers = {}) =>
  json({ error: { code, message: `refused with ${code}`, details: { tried: [] } } }, status, headers)

const seeds = (...urls: (string | null)[]) =>
  json({ seeds: urls.map((tunnel_url, index) => ({ node_id: `node-${index}`, tunnel_url })), ttl: 300 })

const letter: Answer = (_incoming, outgoing, body) => {
  outgoing.writeHead(200, { 'x-rma-worker': 'worker-1', 'x-rma-load': '0.25', 'x-rma-path': 'direct' })
  outgoing.end(JSON.stringify({ text: body.toUpperCase() }))
}

async function failure(asking: Promise<unknown>): Promise<RmaClientError> {
  const error = await asking.catch(thrown => thrown)
  expect(error).toBeInstanceOf(RmaClientError)
  return error as RmaClientError
}

test('finds a coordinator, has it send the document on, and gives back what the worker said', async () => {
  const coordinator = await TestServer.start({ 'POST /api/service/ocr': letter })
  const edge = await TestServer.start({ 'GET /api/dht/bootstrap': seeds(null, coordinator.url) })
  const client = new RmaClient({ bootstrap: [edge.url], apiKey: 'key-1' })
  const answer = await client.request('ocr', new Blob(['dear sir'], { type: 'image/png' }))
  expect({ ...answer, response: 0 }).toEqual({ worker: 'worker-1', load: 0.25, path: 'direct', response: 0 })
  expect(await answer.json()).toEqual({ text: 'DEAR SIR' })
  expect(coordinator.asked[0]).toMatchObject({
    body: 'dear sir',
    headers: {
      authorization: 'Bearer key-1',
      'content-type': 'image/png',
      'x-rma-request-id': expect.stringMatching(/^[0-9a-f]{32}$/),
      'x-rma-deadline-ms': expect.stringMatching(/^1\d{5}$/),
    },
  })
  await client.request('ocr', 'again', { trusted: true, model: 'llava:7b', languages: ['deu', 'eng'] })
  expect(coordinator.asked[1]?.headers).toMatchObject({
    'x-rma-trusted': '1',
    'x-rma-model': 'llava:7b',
    'x-rma-languages': 'deu,eng',
  })
  expect(edge.asked).toHaveLength(1)
})

describe('where a coordinator cannot help', () => {
  for (const [code, status] of [
    // Each coordinator has keys of its own.
    ['KEY_REFUSED', 401],
    ['DRAINING', 503],
    ['NO_WORKER', 503],
    ['BUSY', 429],
  ] as const) {
    test(`asks the next one after ${code}, with the same id, and that one first from then on`, async () => {
      const first = await TestServer.start({ 'POST /api/service/ocr': refusal(code, status) })
      const second = await TestServer.start({ 'POST /api/service/ocr': letter })
      const client = new RmaClient({ coordinators: [first.url, second.url] })
      expect(await (await client.request('ocr', 'a')).text()).toBe('{"text":"A"}')
      const id = (server: TestServer) => server.asked[0]?.headers['x-rma-request-id']
      expect(id(first)).toBe(id(second))
      await client.request('ocr', 'b')
      expect([first.asked.length, second.asked.length]).toEqual([1, 2])
    })
  }

  test('asks the next one where nobody answers at all', async () => {
    const gone = await TestServer.start({})
    const { url } = gone
    await gone.stop()
    const second = await TestServer.start({ 'POST /api/service/ocr': letter })
    const client = new RmaClient({ coordinators: [url, second.url] })
    expect(await (await client.request('ocr', 'a')).text()).toBe('{"text":"A"}')
  })

  test('asks nobody else where the fault is the document’s, or the work must not be done twice', async () => {
    const answers = {
      'POST /api/service/ocr': refusal('BAD_INPUT', 422),
      'POST /api/service/chat': refusal('BUSY', 429),
    }
    const first = await TestServer.start(answers)
    const second = await TestServer.start(answers)
    const client = new RmaClient({ coordinators: [first.url, second.url] })
    expect((await failure(client.request('ocr', 'a'))).code).toBe('BAD_INPUT')
    expect((await failure(client.request('chat', 'a', { repeatable: false }))).code).toBe('BUSY')
    expect([first.asked.length, second.asked.length]).toEqual([2, 0])
  })
})

describe('errors', () => {
  test('carry the code, status, details and waiting time of the server', async () => {
    const server = await TestServer.start({
      'POST /api/service/ocr': refusal('QUOTA_EXCEEDED', 429, { 'retry-after': '7' }),
    })
    const error = await failure(new RmaClient({ coordinators: [server.url] }).request('ocr', 'a'))
    expect(error).toMatchObject({ code: 'QUOTA_EXCEEDED', status: 429, details: { tried: [] }, retryAfterMs: 7_000 })
    expect(error.message).toBe('refused with QUOTA_EXCEEDED')
  })

  test('are UNREACHABLE where the answer is not one of these servers’', async () => {
    const page: Answer = (_incoming, outgoing) =>
      outgoing.writeHead(502, { 'content-type': 'text/html' }).end('<h1>Bad</h1>')
    const server = await TestServer.start({
      'POST /api/service/ocr': page,
      'GET /api/dht/topology': json({ nodes: 1 }),
    })
    const client = new RmaClient({ coordinators: [server.url] })
    expect(await failure(client.request('ocr', 'a'))).toMatchObject({ code: 'UNREACHABLE', status: 502 })
    expect(await failure(client.topology())).toMatchObject({ code: 'UNREACHABLE' })
  })

  test('say NO_COORDINATOR where none has an address', async () => {
    const edge = await TestServer.start({ 'GET /api/dht/bootstrap': seeds(null) })
    expect((await failure(new RmaClient({ bootstrap: [edge.url] }).request('ocr', 'a'))).code).toBe('NO_COORDINATOR')
    expect((await failure(new RmaClient({}).topology())).code).toBe('NO_COORDINATOR')
  })

  test('say DEADLINE after the time allowed, and CANCELLED when the caller gives up', async () => {
    const server = await TestServer.start({ 'POST /api/service/ocr': () => undefined })
    const client = new RmaClient({ coordinators: [server.url] })
    expect((await failure(client.request('ocr', 'a', { deadlineMs: 50 }))).code).toBe('DEADLINE')
    const control = new AbortController()
    const asking = failure(client.request('ocr', 'a', { signal: control.signal }))
    control.abort()
    expect((await asking).code).toBe('CANCELLED')
  })
})

describe('the way into the network', () => {
  test('leads past an edge router that fails', async () => {
    const coordinator = await TestServer.start({ 'POST /api/service/ocr': letter })
    const broken = await TestServer.start({ 'GET /api/dht/bootstrap': refusal('STORAGE_UNAVAILABLE', 503) })
    const edge = await TestServer.start({ 'GET /api/dht/bootstrap': seeds(coordinator.url) })
    const client = new RmaClient({ bootstrap: [broken.url, edge.url] })
    expect(await (await client.request('ocr', 'a')).text()).toBe('{"text":"A"}')
  })

  test('tells why, where it fails altogether', async () => {
    const broken = await TestServer.start({ 'GET /api/dht/bootstrap': refusal('STORAGE_UNAVAILABLE', 503) })
    const error = await failure(new RmaClient({ bootstrap: [broken.url] }).request('ocr', 'a'))
    expect(error.code).toBe('STORAGE_UNAVAILABLE')
  })

  test('is not looked for while a coordinator that is known beforehand answers', async () => {
    const coordinator = await TestServer.start({ 'POST /api/service/ocr': letter })
    const silent = await TestServer.start({ 'GET /api/dht/bootstrap': () => undefined })
    const client = new RmaClient({ bootstrap: [silent.url], coordinators: [coordinator.url] })
    expect(await (await client.request('ocr', 'a', { deadlineMs: 2_000 })).text()).toBe('{"text":"A"}')
  })

  test('is not looked for again with each request while nobody tells it', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    onTestFinished(() => void vi.useRealTimers())
    let answer = seeds()
    const coordinator = await TestServer.start({ 'POST /api/service/ocr': letter })
    const edge = await TestServer.start({ 'GET /api/dht/bootstrap': (...asked) => answer(...asked) })
    answer = seeds(coordinator.url)
    const client = new RmaClient({ bootstrap: [edge.url] })
    await client.request('ocr', 'a')
    vi.setSystemTime(Date.now() + 6 * 60_000)
    answer = refusal('STORAGE_UNAVAILABLE', 503)
    for (const letter of ['b', 'c', 'd']) await client.request('ocr', letter)
    expect(edge.asked).toHaveLength(2)
    answer = seeds(coordinator.url)
    vi.setSystemTime(Date.now() + 60_000)
    await client.request('ocr', 'e')
    expect(edge.asked).toHaveLength(3)
  })

  test('never leads from the web to plain HTTP', async () => {
    const asked: string[] = []
    const fetch: typeof globalThis.fetch = async url => {
      asked.push(String(url))
      return Response.json({ seeds: [{ node_id: 'a', tunnel_url: 'http://127.0.0.1:8080' }] })
    }
    const client = new RmaClient({ bootstrap: ['https://edge.example.org'], fetch })
    expect((await failure(client.request('ocr', 'a'))).code).toBe('NO_COORDINATOR')
    expect(asked).toEqual(['https://edge.example.org/api/dht/bootstrap'])
  })
})

test('sends a document straight to the worker that a ticket names', async () => {
  const worker = await TestServer.start({ 'POST /service/ocr': letter })
  const ticket = json({ tunnel_url: worker.url, ticket: 'ticket-1', expires_at: Date.now() + 60_000 })
  const coordinator = await TestServer.start({ 'POST /api/service/ocr/ticket': ticket })
  const client = new RmaClient({ coordinators: [coordinator.url], apiKey: 'key-1' })
  const answer = await client.requestDirect('ocr', new Blob(['secret'], { type: 'image/png' }))
  expect(await answer.json()).toEqual({ text: 'SECRET' })
  expect(coordinator.asked.map(({ body }) => body)).toEqual([''])
  // The key is the coordinators' business, the ticket the worker's.
  expect(coordinator.asked[0]?.headers.authorization).toBe('Bearer key-1')
  expect(worker.asked[0]).toMatchObject({ body: 'secret', headers: { authorization: 'Bearer ticket-1' } })
  // What a worker must be and have decides which one the ticket is for.
  await client.requestDirect('ocr', 'secret', { trusted: true, model: 'llava:7b', languages: ['deu'] })
  const demands = { 'x-rma-trusted': '1', 'x-rma-model': 'llava:7b', 'x-rma-languages': 'deu' }
  expect([coordinator.asked[1]?.headers, worker.asked[1]?.headers]).toMatchObject([demands, demands])
})

test('gives pages out as they come', async () => {
  let send: (line: string) => void = () => undefined
  const pages: Answer = (_incoming, outgoing) => {
    outgoing.writeHead(200, { 'content-type': 'application/x-ndjson' })
    send = line => outgoing.write(line)
    send('{"page":1}\n{"pa')
  }
  const server = await TestServer.start({ 'POST /api/service/ocr': pages })
  const answer = await new RmaClient({ coordinators: [server.url] }).request('ocr', 'a')
  const lines = answer.lines<{ page: number }>()
  expect((await lines.next()).value).toEqual({ page: 1 })
  send('ge":2}\n')
  expect((await lines.next()).value).toEqual({ page: 2 })
  await lines.return(undefined)
})

test('tells a cut answer from a whole one', async () => {
  const cut: Answer = (_incoming, outgoing) => {
    outgoing.writeHead(200, { 'content-length': '1000' })
    outgoing.write('{"text":', () => outgoing.destroy())
  }
  const server = await TestServer.start({ 'POST /api/service/ocr': cut })
  const answer = await new RmaClient({ coordinators: [server.url] }).request('ocr', 'a')
  expect((await failure(answer.json())).code).toBe('UNREACHABLE')
})

test('reads the topology', async () => {
  const topology = { nodes: [], edges: [], dht_ring: [] }
  const server = await TestServer.start({ 'GET /api/dht/topology': json(topology) })
  expect(await new RmaClient({ coordinators: [server.url] }).topology()).toEqual(topology)
})
