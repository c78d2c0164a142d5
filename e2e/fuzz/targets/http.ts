import { mkdir, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { getRequestListener } from '@hono/node-server'
import { pino } from 'pino'
import { createEdgeApp } from '../../../src/edge-router/edge-app.ts'
import { memoryTable, storeOf } from '../../../src/edge-router/testing/memory-table.ts'
import { makeRegistration, makeSigner, networkName } from '../../../src/edge-router/testing/test-coordinator.ts'
import { systemClock, TurnedClock } from '../../../src/main/clock.ts'
import { ApiAccess } from '../../../src/main/coordinator/api-access.ts'
import { ApiKeys } from '../../../src/main/coordinator/api-keys.ts'
import { startAuthority, TestPeer } from '../../../src/main/coordinator/ca/test-authority.ts'
import { quotaAddress } from '../../../src/main/coordinator/client-address.ts'
import { type CoordinatorFacts, createCoordinatorApp } from '../../../src/main/coordinator/coordinator-app.ts'
import { Drain } from '../../../src/main/coordinator/drain.ts'
import { ServiceRoute } from '../../../src/main/coordinator/service-route.ts'
import { sealProof } from '../../../src/main/coordinator/worker-proof.ts'
import { WorkerRegistry } from '../../../src/main/coordinator/worker-registry.ts'
import { replyTo } from '../../../src/main/headless/dashboard-reply.ts'
import { DashboardServer } from '../../../src/main/headless/dashboard-server.ts'
import { RequestGate } from '../../../src/main/headless/request-gate.ts'
import { SocketOrigins } from '../../../src/main/http/origin.ts'
import { createServiceApp } from '../../../src/main/http/service-app.ts'
import { ServiceServer } from '../../../src/main/http/service-server.ts'
import { TicketGate } from '../../../src/main/http/ticket-gate.ts'
import { JobLog } from '../../../src/main/ledger/job-log.ts'
import { Forwarder } from '../../../src/main/routing/forwarder.ts'
import { parseRequestHeaders, parseResponseHeaders } from '../../../src/main/routing/headers.ts'
import { LocalWorker } from '../../../src/main/routing/local-worker.ts'
import { createRpcHandler } from '../../../src/main/rpc/handler.ts'
import { RpcSession } from '../../../src/main/rpc/session.ts'
import { StandInNode } from '../../../src/main/rpc/testing/stand-in-node.ts'
import { agree } from '../../../src/shared/agreement.ts'
import { RmaError } from '../../../src/shared/errors.ts'
import { generateCaKey } from '../../../src/shared/membership/ca-key.ts'
import { networkId } from '../../../src/shared/membership/network-id.ts'
import { sealTicket } from '../../../src/shared/membership/service-ticket.ts'
import { jsonForm, variablesForm, variablesOf } from '../forms.ts'
import { bytesOf, type FuzzTarget, textOf } from '../fuzz-target.ts'
import { exchangeInMemory, exchangeOverTcp } from '../http-exchange.ts'
import { memoryFolder } from '../memory-folder.ts'

const log = pino({ level: 'silent' })
const now = 1_700_000_000_000
const network = '0123456789abcdef'
const token = 'T'.repeat(43)
const words = [
  ...['\r\n', '\r\n\r\n', ': ', 'HTTP/1.1', 'Transfer-Encoding: chunked\r\n', 'Content-Length: 0\r\n', '0\r\n\r\n'],
  ...['Expect: 100-continue\r\n', 'Connection: upgrade\r\nUpgrade: websocket\r\n', 'x-rma-hops: 9\r\n', '%2e%2e%2f'],
  ...['Authorization: Bearer ', `Authorization: Bearer ${token}\r\n`, 'Host: 127.0.0.1\r\n', '%00', '%ff', '?', '//'],
]

const request = (method: string, path: string, headers: Record<string, string> = {}, body = '') =>
  bytesOf(
    [
      `${method} ${path} HTTP/1.1`,
      ...Object.entries({ host: '127.0.0.1', connection: 'close', ...headers }).map(
        ([name, value]) => `${name}: ${value}`,
      ),
      ...(body === '' ? [] : [`content-length: ${Buffer.byteLength(body)}`]),
      '',
      body,
    ].join('\r\n'),
  )

/** What comes over HTTP: at a node, at a coordinator, at the dashboard, at the edge router, and in workers' answers. */
export async function httpTargets(): Promise<FuzzTarget[]> {
  return [
    ...(await serviceTargets()),
    ...headerTargets(),
    await coordinatorTarget(),
    ...(await dashboardTargets()),
    await edgeTarget(),
  ]
}

async function serviceTargets(): Promise<FuzzTarget[]> {
  const signer = await makeSigner()
  const selfId = signer.peerId
  const origins = new SocketOrigins()
  const clock = new TurnedClock(now)
  const queue = { running: 0, waiting: 0, slots: 2, bound: 8 }
  const services = {
    offers: (service: string) => service === 'echo',
    isIdempotent: () => true,
    maxBytes: () => 10_000,
    capacity: () => ({ load: 0, queue }),
    run: async ({ body }: { body: AsyncIterable<Uint8Array> }) => {
      const chunks: Uint8Array[] = []
      for await (const chunk of body) chunks.push(chunk)
      return { contentType: 'text/plain', body: Buffer.concat(chunks) }
    },
  }
  const local = new LocalWorker({ services, jobs: new JobLog({ clock }), clock, selfId })
  const app = createServiceApp(
    {
      local,
      router: { route: asked => local.run(asked, 'local') },
      origins,
      receipts: { take: async () => undefined },
      tickets: new TicketGate({ clock, isCoordinator: () => true }, { networkId: network, selfId }),
      clock,
      log,
    },
    {
      selfId,
      version: '0',
      accessToken: token,
      services: () => [],
      donating: () => true,
      metrics: () => 'up 1\n',
    },
  )
  const server = new ServiceServer({ app, origins }, { port: { port: 0, explicit: true } })
  const { ticket } = await sealTicket({ networkId: network, worker: selfId, service: 'echo', now }, signer)
  const headers = { 'content-type': 'text/plain', 'x-rma-request-id': 'request-1', 'x-rma-deadline-ms': '1000' }
  const seeds = (authorization: Record<string, string>) => [
    request('POST', '/service/echo', { ...headers, 'x-rma-hops': '1', ...authorization }, 'hello'),
    Buffer.concat([
      request('POST', '/service/echo', { ...authorization, 'transfer-encoding': 'chunked' }),
      bytesOf('5\r\nhello\r\n0\r\n\r\n'),
    ]),
    request('POST', '/receipts/request-1', authorization, 'receipt'),
    // No URL can be made of this host.
    request('POST', '/receipts/request-1', { ...authorization, host: '1127.0.0.1' }, 'receipt'),
    request('GET', '/services', authorization),
    request('GET', '/health'),
    request('GET', '/metrics', authorization),
    request('OPTIONS', '/service/echo', { origin: 'https://app.example.org' }),
  ]
  const covers = [
    'src/main/http/service-app.ts',
    'src/main/http/receipt-route.ts',
    'src/main/http/ticket-gate.ts',
    'src/main/routing/headers.ts',
  ]
  const from = (
    name: string,
    origin: Parameters<ServiceServer['serve']>[1],
    authorization: Record<string, string>,
  ) => ({
    name,
    covers,
    seeds: seeds(authorization),
    words,
    parse: (input: Uint8Array) => exchangeInMemory(input, socket => server.serve(socket, origin)),
  })
  return [
    from('HTTP of a peer', { kind: 'peer', peerId: selfId, path: 'direct' }, {}),
    from('HTTP of a program', { kind: 'loopback' }, { authorization: `Bearer ${token}` }),
    from('HTTP through the public listener', { kind: 'public' }, { authorization: `Bearer ${ticket}` }),
  ]
}

function headerTargets(): FuzzTarget[] {
  const lines = (values: Record<string, string>) =>
    bytesOf(
      Object.entries(values)
        .map(([name, value]) => `${name}=${value}`)
        .join('\n'),
    )
  const answer = {
    'x-rma-worker': '12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp',
    'x-rma-load': '0.5',
    'x-rma-queue': '3',
  }
  return [
    {
      name: 'headers of a request',
      covers: ['src/main/routing/headers.ts'],
      seeds: [
        lines({
          'x-rma-request-id': 'request-1',
          'x-rma-deadline-ms': '5000',
          'x-rma-hops': '1',
          'x-rma-trusted': '1',
          'content-type': 'image/png',
          accept: 'application/json',
          'content-length': '5',
        }),
      ],
      form: variablesForm,
      parse: input => parseRequestHeaders(variablesOf(input)),
    },
    {
      name: 'answer of a worker',
      covers: ['src/main/routing/forwarder.ts', 'src/main/routing/headers.ts'],
      seeds: [
        bytesOf(JSON.stringify({ status: 200, headers: answer, body: 'text' })),
        bytesOf(
          JSON.stringify({
            status: 429,
            headers: answer,
            body: JSON.stringify(new RmaError('BUSY', 'the queue is full', { retryAfterMs: 250 }).toBody()),
          }),
        ),
      ],
      form: jsonForm,
      async parse(input) {
        const { status = 200, headers = {}, body = '' } = (safeJson(input) ?? {}) as Record<string, unknown>
        const said = Object.fromEntries(
          Object.entries(Object(headers) as object).map(([name, value]) => [name, text(value)]),
        )
        parseResponseHeaders(said)
        const forwarder = new Forwarder({
          peerHttp: {
            request: async () => ({
              status: typeof status === 'number' ? status : 200,
              headers: said,
              body: Readable.from([Buffer.from(text(body))]),
              path: 'direct',
            }),
          },
          peers: {
            watch: () => ({ signal: new AbortController().signal, stop: () => undefined }),
            probe: async () => undefined,
            heard: () => undefined,
          },
        })
        const outcome = await forwarder.send({
          service: 'ocr',
          to: { peerId: answer['x-rma-worker'], addresses: [] },
          headers: parseRequestHeaders({}),
          body: { held: new Uint8Array(), length: 0 } as unknown as Parameters<Forwarder['send']>[0]['body'],
          requester: answer['x-rma-worker'],
          signal: new AbortController().signal,
        })
        if (outcome.kind !== 'answered' && outcome.error.code === 'INTERNAL' && outcome.kind === 'lost')
          throw outcome.error
      },
    },
    {
      name: 'answers that are compared',
      covers: ['src/shared/agreement.ts'],
      seeds: [
        bytesOf(JSON.stringify({ text: 'Leeds', confidence: 1, pages: [], milliseconds: 1 })),
        bytesOf(
          JSON.stringify({
            entities: [{ type: 'place', text: 'Leeds', start: 0, end: 5, value: 'Leeds', confidence: 1 }],
          }),
        ),
      ],
      form: jsonForm,
      parse(input) {
        const answer = { contentType: 'application/json', text: textOf(input) }
        return ['ocr', 'ner-extraction'].map(service => agree(service, answer, { ...answer, text: '{"text":"x"}' }))
      },
    },
    {
      name: 'address that a quota counts by',
      covers: ['src/main/coordinator/client-address.ts'],
      seeds: ['::1', '2001:db8:1:2:3:4:5:6', 'fe80::1%eth0', '::ffff:192.0.2.1', '192.0.2.1', '1::'].map(bytesOf),
      words: ['::', '%', ':', '.', '[', ']', '0000'],
      parse(input) {
        const address = textOf(input)
        return [
          quotaAddress({ socketAddress: address, headers: {}, behindTunnel: false }),
          quotaAddress({ socketAddress: '127.0.0.1', headers: { 'cf-connecting-ip': address }, behindTunnel: true }),
        ]
      },
    },
  ]
}

async function coordinatorTarget(): Promise<FuzzTarget> {
  const clock = new TurnedClock(now)
  const folder = await memoryFolder()
  const ca = await startAuthority(clock, folder.path)
  const keys = await ApiKeys.load(folder.path)
  const { secret } = await keys.create('fuzz', now)
  const access = new ApiAccess({ keys, clock }, { open: true, operatorToken: token, behindTunnel: false })
  const workers = new WorkerRegistry({ clock, mayServe: () => true }, { ttlMs: 60_000 })
  const worker = await makeSigner()
  const nothing = () => ({}) as never
  const facts: CoordinatorFacts = {
    health: async () => nothing(),
    bootstrap: nothing,
    topology: nothing,
    stats: nothing,
    adminMetrics: nothing,
    metrics: () => 'up 1\n',
  }
  const drain = new Drain({ clock }, { limitMs: 1_000 })
  const router = { route: () => Promise.reject(new RmaError('NO_WORKER', 'nobody is here')) }
  const app = createCoordinatorApp(
    {
      facts,
      access,
      keys,
      workers,
      service: new ServiceRoute({ router, access, drain, clock }, { selfId: worker.peerId }),
      tickets: { issue: () => Promise.reject(new RmaError('NO_WORKER', 'nobody is here')) },
      authority: ca.authority,
      inviteSeeds: () => ['https://coordinator.example.org'],
      accepted: nothing,
      clock,
      log,
    },
    { networkId: network, version: '0', corsOrigins: ['https://app.example.org'] },
  )
  const server = createServer(
    { maxHeaderSize: 8_192, headersTimeout: 5_000, requestTimeout: 0 },
    getRequestListener(app.fetch, { overrideGlobalObjects: false, autoCleanupIncoming: false }),
  )
  const peer = await TestPeer.make()
  const enrol = await peer.request({ networkId: ca.authority.networkId }, now, { label: 'desk' })
  const registration = JSON.stringify({
    worker_id: worker.peerId,
    services: ['ocr'],
    capabilities: { has_gpu: false, gpu_type: null, worker_type: 'headless' },
    load: 0.5,
    tunnel_url: 'https://a-b-c.trycloudflare.com',
    vpn_ip: null,
  })
  const proof = (path: string, body: string) =>
    sealProof({ networkId: network, path, body: bytesOf(body), at: now }, worker)
  const json = { 'content-type': 'application/json' }
  const operator = { authorization: `Bearer ${token}` }
  return {
    name: 'HTTP API of a coordinator',
    covers: [
      'src/main/coordinator/coordinator-app.ts',
      'src/main/coordinator/read-json.ts',
      'src/main/coordinator/service-route.ts',
      'src/main/coordinator/ca/membership-handlers.ts',
      'src/main/coordinator/ca/authority.ts',
      'src/main/coordinator/ca/membership-store.ts',
    ],
    seeds: [
      request('POST', '/api/service/ocr', { 'content-type': 'image/png', authorization: `Bearer ${secret}` }, 'png'),
      request('POST', '/api/service/ocr/ticket'),
      request('POST', '/api/enrol', json, JSON.stringify(enrol)),
      request(
        'POST',
        '/api/worker/register',
        { ...json, 'x-rma-proof': await proof('/api/worker/register', registration) },
        registration,
      ),
      request(
        'POST',
        '/api/worker/heartbeat',
        { ...json, 'x-rma-proof': await proof('/api/worker/heartbeat', registration) },
        registration,
      ),
      request('POST', '/api/admin/keys', { ...json, ...operator }, '{"name":"a key"}'),
      request('DELETE', '/api/admin/keys/0123456789ab', operator),
      request(
        'POST',
        '/api/admin/invites',
        { ...json, ...operator },
        '{"roles":["donor"],"uses":3,"expires_in_seconds":60,"note":"x"}',
      ),
      request('PUT', '/api/admin/policy', { ...json, ...operator }, '{"policy":"approval"}'),
      request('DELETE', `/api/admin/members/${peer.peerId}`, operator),
      request('POST', `/api/admin/approvals/${peer.peerId}`, { ...json, ...operator }, '{"roles":["donor"]}'),
      request('GET', '/api/dht/bootstrap'),
      request('GET', '/openapi.json'),
      request('OPTIONS', '/api/service/ocr', { origin: 'https://app.example.org' }),
    ],
    words: [...words, worker.peerId, peer.peerId],
    parse: input => exchangeInMemory(input, socket => server.emit('connection', socket)),
    async end() {
      server.closeAllConnections()
      await ca.stop()
      await folder.remove()
    },
  }
}

async function dashboardTargets(): Promise<FuzzTarget[]> {
  const folder = await memoryFolder()
  await mkdir(join(folder.path, 'pages'))
  await writeFile(join(folder.path, 'pages', 'index.html'), '<!doctype html><title>pages</title>')
  const node = new StandInNode()
  const rpc = createRpcHandler(node, log)
  const server = new DashboardServer(
    { rpc, clock: systemClock, log },
    { port: { port: 0, explicit: true }, token, pagesFolder: join(folder.path, 'pages') },
  )
  await server.start()
  const { port, host } = new URL(server.url)
  const upgrade = {
    host,
    connection: 'upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
    authorization: `Bearer ${token}`,
  }
  const gate = new RequestGate({ port: Number(port), token })
  const files = new Map()
  return [
    {
      name: 'HTTP of the dashboard',
      covers: [
        'src/main/headless/dashboard-server.ts',
        'src/main/headless/request-gate.ts',
        'src/main/headless/dashboard-reply.ts',
      ],
      seeds: [
        request('GET', `/?token=${token}`, { host }),
        request('GET', '/', { host, cookie: gate.sessionCookie() }),
        Buffer.concat([request('GET', '/rpc', upgrade), Buffer.from([0x82, 0x83, 1, 2, 3, 4, 5, 6, 7])]),
      ],
      words: [...words, `Host: ${host}\r\n`, `Origin: http://${host}\r\n`],
      parse: input => exchangeOverTcp(input, Number(port)),
      async end() {
        await server.stop()
        await folder.remove()
      },
    },
    {
      name: 'request at the dashboard’s gate',
      covers: ['src/main/headless/request-gate.ts', 'src/main/headless/dashboard-reply.ts'],
      seeds: [
        bytesOf(
          JSON.stringify({
            method: 'GET',
            target: `/?token=${token}`,
            hosts: [host],
            origins: [],
            cookie: gate.sessionCookie(),
            protocols: `rma-donor, key.${gate.pageKey}`,
          }),
        ),
      ],
      form: jsonForm,
      parse(input) {
        const asked = (safeJson(input) ?? {}) as Record<string, unknown>
        const list = (value: unknown) => (Array.isArray(value) ? value.map(text) : [])
        const gateRequest = {
          hosts: list(asked.hosts),
          origins: list(asked.origins),
          cookie: text(asked.cookie),
          protocols: text(asked.protocols),
          ...(asked.authorization === undefined ? {} : { authorization: text(asked.authorization) }),
        }
        gate.judgeUpgrade(gateRequest)
        return replyTo({ ...gateRequest, method: text(asked.method), target: text(asked.target) }, gate, files)
      },
    },
    {
      name: 'message of the RPC',
      covers: ['src/main/rpc/session.ts', 'src/main/rpc/handler.ts', 'src/main/rpc/router.ts'],
      seeds: [
        { i: '1', p: { u: '/status/get', b: { json: null } } },
        { i: '2', p: { u: '/donation/pause', b: { json: { forMs: 1000 }, meta: [] } } },
        { i: '3', p: { u: '/settings/update', b: { json: { limits: { programs: ['x'] } } } } },
        { i: '4', t: 3, p: { u: '/logs/watch' } },
        { i: '2', t: 2 },
      ].map(message => bytesOf(JSON.stringify(message))),
      form: jsonForm,
      words: ['"t":2', '"t":3', '__proto__', '"meta":[[0,["a"]]]', '/settings/get', '/network/look'],
      async parse(input) {
        const sent: unknown[] = []
        const session = new RpcSession({
          handler: rpc,
          log,
          channel: { send: message => void sent.push(message), hangUp: () => undefined },
        })
        // A stream ends when its client goes.
        const received = session.receive(input[0] === 0x7b ? textOf(input) : input)
        await new Promise(setImmediate)
        session.end()
        await received
        if (sent.some(message => typeof message === 'string' && message.includes('"INTERNAL"')))
          throw new Error(`the RPC failed: ${String(sent[0]).slice(0, 300)}`)
      },
    },
  ]
}

async function edgeTarget(): Promise<FuzzTarget> {
  const ca = await generateCaKey()
  const origin = 'https://edge.example.org'
  const { registration } = await makeRegistration({ ca, signer: await makeSigner(), edgeUrl: origin, now })
  const app = createEdgeApp(
    {
      store: storeOf(memoryTable(), () => now),
      copy: { read: async () => undefined, write: async () => undefined },
      clock: { now: () => now, delay: async () => undefined },
      report: () => undefined,
    },
    { networkId: networkId(networkName, ca.publicKey), caPublicKey: ca.publicKey, operatorToken: token },
  )
  const context = { waitUntil: () => undefined, passThroughOnException: () => undefined, props: {} }
  let asked = 0
  return {
    name: 'HTTP of the edge router',
    covers: ['src/edge-router/edge-app.ts', 'src/edge-router/asker.ts', 'src/edge-router/registration-desk.ts'],
    seeds: [
      { method: 'POST', path: '/api/coordinator/register', body: JSON.stringify({ registration }) },
      { method: 'GET', path: '/api/dht/bootstrap', cf: { latitude: '51.5', longitude: '-0.1', continent: 'EU' } },
      { method: 'GET', path: '/api/admin/metrics', headers: { authorization: `Bearer ${token}` } },
    ].map(each => bytesOf(JSON.stringify(each))),
    form: jsonForm,
    async parse(input) {
      const wanted = (safeJson(input) ?? {}) as Record<string, unknown>
      const made = makeRequest(origin, wanted, ++asked)
      if (made === undefined) return undefined
      Object.assign(made, { cf: wanted.cf })
      const response = await app.fetch(made, {}, context)
      if (response.status === 500) throw new Error(`the edge router failed: ${await response.text()}`)
      return `HTTP ${response.status}`
    },
  }
}

/** Undefined for what no client can put on the wire. */
function makeRequest(origin: string, wanted: Record<string, unknown>, number: number): Request | undefined {
  try {
    const method = text(wanted.method)
    const headers = new Headers(Object(wanted.headers) as Record<string, string>)
    // Cloudflare sets it; each client its own, or the limit for one would soon refuse them all.
    headers.set('cf-connecting-ip', `192.0.2.${number}`)
    return new Request(`${origin}${text(wanted.path)}`, {
      method,
      headers,
      ...(method === 'GET' || method === 'HEAD' ? {} : { body: text(wanted.body) }),
    })
  } catch {
    return undefined
  }
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
}

function safeJson(input: Uint8Array): unknown {
  try {
    return JSON.parse(textOf(input))
  } catch {
    return undefined
  }
}
