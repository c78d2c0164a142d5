import { Readable } from 'node:stream'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { request as httpRequest } from 'undici'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { RmaError } from '../../shared/errors.ts'
import type { WorkerView } from '../../shared/schema/worker.ts'
import { systemClock } from '../clock.ts'
import { createHost, type Host } from '../dht/host.ts'
import { JobLog } from '../ledger/job-log.ts'
import { createLog, LogBuffer } from '../log.ts'
import { PeerHttp } from '../paths/peer-http.ts'
import { PingWatch } from '../paths/peer-watch.ts'
import { Forwarder } from '../routing/forwarder.ts'
import { LocalWorker } from '../routing/local-worker.ts'
import { Router } from '../routing/router.ts'
import { RoutingCounters } from '../routing/statistics.ts'
import { WorkerExperience } from '../routing/worker-experience.ts'
import type { LocalServices, ServiceAnswer, ServiceRequest } from '../service-request.ts'
import { SocketOrigins } from './origin.ts'
import { createServiceApp } from './service-app.ts'
import { ServiceServer } from './service-server.ts'

type Run = (request: ServiceRequest) => Promise<ServiceAnswer>

/** A node's HTTP and routing over a real libp2p host, with a service `echo` of the test's own. */
interface TestNode {
  host: Host
  jobs: JobLog
  experience: WorkerExperience
  url: string
  /** Workers its router is told of. */
  known: WorkerView[]
  stop: () => Promise<void>
}

const running: TestNode[] = []
const queue = { running: 0, waiting: 0, slots: 2, bound: 8 }

async function startNode(run?: Run): Promise<TestNode> {
  const log = createLog({ level: 'error', buffer: new LogBuffer() })
  const clock = systemClock
  const host = await createHost(
    { privateKey: await generateKeyPair('Ed25519'), log },
    {
      networkId: 'feedfeedfeedfeed',
      port: { port: 0, explicit: true },
      listen: ['127.0.0.1'],
      mdns: false,
      relaxedLimits: true,
    },
  )
  const selfId = host.peerId.toString()
  const services: LocalServices = {
    offers: service => run !== undefined && service === 'echo',
    isIdempotent: () => true,
    maxBytes: () => undefined,
    capacity: () => ({ load: 0.25, queue: { ...queue, waiting: 3 } }),
    run: request => run?.(request) ?? Promise.reject(new RmaError('UNKNOWN_SERVICE', 'nothing here')),
  }
  const known: WorkerView[] = []
  const jobs = new JobLog({ clock })
  const experience = new WorkerExperience({ clock })
  const origins = new SocketOrigins()
  const local = new LocalWorker({ services, jobs, clock, selfId })
  const peers = new PingWatch({
    libp2p: host.libp2p,
    ping: (peer, options) => host.libp2p.services.ping.ping(peer, options),
    clock,
  })
  const peerHttp: PeerHttp = new PeerHttp(
    { libp2p: host.libp2p, log },
    {
      protocol: '/rma/feedfeedfeedfeed/http/1.0.0',
      onSocket: (socket, from) => server.serve(socket, { kind: 'peer', ...from }),
    },
  )
  const router = new Router({
    local,
    services,
    workers: {
      lookup: async () => ({ workers: known, source: 'cache' }),
      remove: peerId => known.splice(0, known.length, ...known.filter(view => view.peerId !== peerId)),
      heard: () => undefined,
    },
    forwarder: new Forwarder({ peerHttp, peers }),
    experience,
    counters: new RoutingCounters(),
    jobs,
    clock,
    log,
  })
  const app = createServiceApp(
    { local, router, origins, clock, log },
    { selfId, version: '0', accessToken: 'secret', services: () => [], donating: () => run !== undefined },
  )
  const server = new ServiceServer({ app, origins }, { port: { port: 0, explicit: true } })
  await host.start()
  await peerHttp.start()
  await server.start()
  const node: TestNode = {
    host,
    jobs,
    experience,
    known,
    url: `http://127.0.0.1:${server.port}`,
    async stop() {
      await server.stop()
      await peerHttp.stop()
      await host.stop()
    },
  }
  running.push(node)
  return node
}

function viewOf({ host }: TestNode): WorkerView {
  const soon = Date.now() + 60_000
  const capabilities = { workerType: 'headless' as const, cpuThreads: 1, memoryMiB: 1, gpus: [] }
  const record = {
    seq: 1,
    issuedAt: 0,
    expiresAt: soon,
    services: ['echo'],
    capabilities,
    load: 0,
    queue,
    state: 'donating' as const,
    addresses: host.addresses(),
  }
  return { peerId: host.peerId.toString(), record, load: 0, queue, state: 'donating', updatedAt: 0, expiresAt: soon }
}

const authorised = { authorization: 'Bearer secret' }

const echo: Run = async request => {
  request.onStarted?.()
  return { contentType: request.contentType, body: request.body }
}

afterEach(async () => {
  await Promise.all(running.splice(0).map(node => node.stop()))
})

describe('a request sent through a node to a peer', () => {
  it('comes back with the worker’s answer, and both ends keep the job', async () => {
    const [worker, requester] = [await startNode(echo), await startNode()]
    requester.known.push(viewOf(worker))
    const response = await httpRequest(`${requester.url}/service/echo`, {
      method: 'POST',
      headers: { ...authorised, 'content-type': 'text/plain', 'x-rma-request-id': 'request-0001' },
      body: 'hello there',
    })
    expect(await response.body.text()).toBe('hello there')
    expect(response.statusCode).toBe(200)
    expect(response.headers).toMatchObject({
      'content-type': 'text/plain',
      'x-rma-worker': worker.host.peerId.toString(),
      'x-rma-load': '0.250',
      'x-rma-queue': '3',
      'x-rma-path': 'direct',
    })
    const common = { id: 'request-0001', requester: requester.host.peerId.toString(), state: 'done', bytesIn: 11 }
    await vi.waitFor(() => {
      expect(worker.jobs.jobs.get().jobs).toMatchObject([{ ...common, role: 'served', path: 'direct' }])
      expect(requester.jobs.jobs.get().jobs).toMatchObject([{ ...common, role: 'requested', bytesOut: 11 }])
    })
  })

  it('streams both ways without being held whole', async () => {
    const [worker, requester] = [await startNode(echo), await startNode()]
    requester.known.push(viewOf(worker))
    const chunk = Buffer.alloc(1 << 20, 7)
    async function* upload() {
      for (let index = 0; index < 40; index++) yield chunk
    }
    const response = await httpRequest(`${requester.url}/service/echo`, {
      method: 'POST',
      headers: authorised,
      body: Readable.from(upload()),
    })
    let bytes = 0
    for await (const part of response.body) bytes += part.length
    expect(bytes).toBe(40 << 20)
  })

  it('asks for a large body only once a worker takes it, and loses none of it to those that refuse', async () => {
    let refused = 0
    const busy = await startNode(() => {
      refused++
      return Promise.reject(new RmaError('BUSY', 'full'))
    })
    const [able, requester] = [await startNode(echo), await startNode()]
    const large = Buffer.alloc(9 << 20, 7)
    // Which of the two is asked first is drawn by lot.
    while (refused === 0) {
      requester.known.splice(0, 2, viewOf(busy), viewOf(able))
      const response = await httpRequest(`${requester.url}/service/echo`, {
        method: 'POST',
        headers: authorised,
        body: large,
      })
      expect(response.headers['x-rma-worker']).toBe(able.host.peerId.toString())
      expect(Buffer.from(await response.body.arrayBuffer()).equals(large)).toBe(true)
    }
  })

  it('says WORKER_LOST when a worker goes away in the middle of a large body, which nobody holds', async () => {
    const taken = Promise.withResolvers<void>()
    const doomed = await startNode(async ({ body }) => {
      for await (const _ of body) taken.resolve()
      return { contentType: '', body: Buffer.from('never') }
    })
    const [able, requester] = [await startNode(echo), await startNode()]
    requester.known.push(viewOf(doomed))
    const more = Promise.withResolvers<void>()
    async function* upload() {
      for (let part = 0; part < 10; part++) yield Buffer.alloc(1 << 20)
      await more.promise
      yield Buffer.alloc(1)
    }
    const pending = httpRequest(`${requester.url}/service/echo`, {
      method: 'POST',
      headers: authorised,
      body: Readable.from(upload()),
    })
    await taken.promise
    requester.known.push(viewOf(able))
    running.splice(running.indexOf(doomed), 1)
    const [response] = await Promise.all([pending, doomed.stop()])
    more.resolve()
    expect(response.statusCode).toBe(502)
    expect(await response.body.json()).toMatchObject({ error: { code: 'WORKER_LOST' } })
  })

  it('is cancelled on the worker when the requester goes away', async () => {
    let cancelled: unknown
    const worker = await startNode(async ({ signal, onStarted }) => {
      onStarted?.()
      return new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          cancelled = signal.reason
          reject(signal.reason)
        })
      })
    })
    const requester = await startNode()
    requester.known.push(viewOf(worker))
    const controller = new AbortController()
    const pending = httpRequest(`${requester.url}/service/echo`, {
      method: 'POST',
      headers: authorised,
      body: 'x',
      signal: controller.signal,
    })
    await vi.waitFor(() => expect(worker.jobs.jobs.get().jobs[0]?.state).toBe('running'))
    controller.abort()
    await expect(pending).rejects.toThrow()
    await vi.waitFor(() => expect(cancelled).toMatchObject({ code: 'CANCELLED' }))
    await vi.waitFor(() => expect(requester.jobs.jobs.get().jobs[0]?.state).toBe('cancelled'))
  })

  it('ends with DEADLINE when the worker takes too long', async () => {
    const worker = await startNode(
      ({ signal }) =>
        new Promise((_resolve, reject) =>
          signal.addEventListener('abort', () => reject(signal.reason), { once: true }),
        ),
    )
    const requester = await startNode()
    requester.known.push(viewOf(worker))
    const response = await httpRequest(`${requester.url}/service/echo`, {
      method: 'POST',
      headers: { ...authorised, 'x-rma-deadline-ms': '150' },
      body: 'x',
    })
    expect(response.statusCode).toBe(504)
    expect(await response.body.json()).toMatchObject({ error: { code: 'DEADLINE' } })
  })

  it('goes to another worker when the first is busy or gone', async () => {
    const busy = await startNode(() => Promise.reject(new RmaError('BUSY', 'full', { retryAfterMs: 2_000 })))
    const gone = await startNode(echo)
    const able = await startNode(echo)
    const requester = await startNode()
    requester.known.push(viewOf(busy), viewOf(gone), viewOf(able))
    await gone.stop()
    running.splice(running.indexOf(gone), 1)
    for (let round = 0; round < 5; round++) {
      const response = await httpRequest(`${requester.url}/service/echo`, {
        method: 'POST',
        headers: authorised,
        body: 'again',
      })
      expect(response.statusCode).toBe(200)
      expect(await response.body.text()).toBe('again')
      expect(response.headers['x-rma-worker']).toBe(able.host.peerId.toString())
    }
  })

  it('answers NO_WORKER or UNKNOWN_SERVICE with what was tried', async () => {
    const busy = await startNode(() => Promise.reject(new RmaError('BUSY', 'full')))
    const requester = await startNode()
    requester.known.push(viewOf(busy))
    const ask = async (service: string) => {
      const options = { method: 'POST', headers: authorised, body: 'x' } as const
      const response = await httpRequest(`${requester.url}/service/${service}`, options)
      return { status: response.statusCode, body: await response.body.json() }
    }
    expect(await ask('echo')).toMatchObject({
      status: 503,
      body: {
        error: {
          code: 'NO_WORKER',
          details: { tried: [{ worker: busy.host.peerId.toString(), code: 'BUSY' }, { worker: 'coordinator' }] },
        },
      },
    })
    requester.known.splice(0)
    expect(await ask('ocr')).toMatchObject({ status: 503, body: { error: { code: 'NO_WORKER' } } })
    expect(await ask('nothing')).toMatchObject({ status: 404, body: { error: { code: 'UNKNOWN_SERVICE' } } })
    expect(await ask('..%2Fetc')).toMatchObject({ status: 404, body: { error: { code: 'UNKNOWN_SERVICE' } } })
  })

  it('passes the worker’s own refusal of bad input on, and asks nobody else', async () => {
    let asked = 0
    const refuse: Run = () => {
      asked++
      return Promise.reject(new RmaError('BAD_INPUT', 'expected a picture, got a poem'))
    }
    const workers = [await startNode(refuse), await startNode(refuse)]
    const requester = await startNode()
    requester.known.push(...workers.map(viewOf))
    const response = await httpRequest(`${requester.url}/service/echo`, {
      method: 'POST',
      headers: authorised,
      body: 'roses are red',
    })
    expect(response.statusCode).toBe(422)
    expect(await response.body.json()).toMatchObject({
      error: { code: 'BAD_INPUT', message: 'expected a picture, got a poem' },
    })
    expect(asked).toBe(1)
  })
})

describe('the loopback listener', () => {
  it('asks for the token before it looks at anything else', async () => {
    const node = await startNode(echo)
    for (const headers of [{}, { authorization: 'Bearer wrong' }, { authorization: 'secret' }]) {
      const response = await httpRequest(`${node.url}/service/echo`, { method: 'POST', headers, body: 'x' })
      expect(response.statusCode).toBe(401)
      expect(await response.body.json()).toMatchObject({ error: { code: 'UNAUTHORIZED' } })
    }
    const health = await httpRequest(`${node.url}/health`)
    expect(await health.body.json()).toMatchObject({ status: 'ok', donating: true })
  })

  it('serves a request here when the node offers the service itself', async () => {
    const node = await startNode(echo)
    const response = await httpRequest(`${node.url}/service/echo`, { method: 'POST', headers: authorised, body: 'me' })
    expect(await response.body.text()).toBe('me')
    expect(response.headers['x-rma-path']).toBe('local')
    expect(node.jobs.jobs.get().jobs).toMatchObject([{ role: 'served', state: 'done', path: 'local' }])
  })

  it.each([
    ['x-rma-deadline-ms', 'soon', 'x-rma-deadline-ms: expected a number of milliseconds, got "soon"'],
    ['x-rma-hops', 'x', 'x-rma-hops: expected a digit, got "x"'],
    ['x-rma-trusted', 'yes', 'x-rma-trusted: expected 0 or 1, got "yes"'],
    ['x-rma-request-id', 'a b', 'x-rma-request-id: expected 8 to 64 letters, digits, - or _, got "a b"'],
  ])('refuses a bad %s header by name', async (header, value, message) => {
    const node = await startNode(echo)
    const response = await httpRequest(`${node.url}/service/echo`, {
      method: 'POST',
      headers: { ...authorised, [header]: value },
      body: 'x',
    })
    expect(response.statusCode).toBe(422)
    expect(await response.body.json()).toMatchObject({ error: { code: 'BAD_HEADER', message, details: { header } } })
  })

  it('lets whoever sends a body that is refused at once read why, however slowly it is sent', async () => {
    const node = await startNode(echo)
    async function* slowly() {
      for (let part = 0; part < 12; part++) {
        yield Buffer.alloc(1 << 20)
        await new Promise(resolve => setTimeout(resolve, 100))
      }
    }
    const response = await httpRequest(`${node.url}/service/echo`, {
      method: 'POST',
      headers: { authorization: 'Bearer wrong' },
      body: Readable.from(slowly()),
    })
    expect(response.statusCode).toBe(401)
    expect(await response.body.json()).toMatchObject({ error: { code: 'UNAUTHORIZED' } })
  })

  it('answers an unknown path with what it expects', async () => {
    const node = await startNode(echo)
    const response = await httpRequest(`${node.url}/nowhere`, { headers: authorised })
    expect(response.statusCode).toBe(404)
    expect(await response.body.json()).toMatchObject({ error: { code: 'NOT_FOUND' } })
  })
})
