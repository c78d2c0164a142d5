import { request as httpRequest } from 'undici'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { RmaError } from '../../shared/errors.ts'
import { KiB, MiB } from '../../shared/units.ts'
import { systemClock } from '../clock.ts'
import { createLog, LogBuffer } from '../log.ts'
import type { ServiceDefinition } from '../services/service-definition.ts'
import { ServiceHost } from '../services/service-host.ts'
import { TaskPool } from '../services/task-pool.ts'
import { accessToken, echoServices, startTestNode, type TestNode } from './test-node.ts'

/** What the engine was given, in the order in which it began. */
let began: { requester: string; text: string }[]
/** While it is set, jobs that begin wait for it. */
let gate: Promise<void> | undefined
let host: ServiceHost
let worker: TestNode
let nodes: TestNode[]

/** A service with every limit there is, done in this process. */
const definition: ServiceDefinition = {
  type: 'echo',
  accepts: ['text/plain'],
  maxBytes: 64 * KiB,
  maxHeldBytes: MiB,
  idempotent: true,
  engine: (_components, { size }) => {
    const tasks = new TaskPool(size)
    return {
      size,
      pids: [],
      get running() {
        return tasks.running
      },
      get free() {
        return tasks.free
      },
      resize: () => undefined,
      stop: error => tasks.stop(error),
      run: async ({ bytes }, signal, onFree) =>
        tasks.run(
          async function* (both) {
            const [requester = '', text = ''] = Buffer.from(bytes).toString().split(':')
            began.push({ requester, text })
            const ended = new Promise((_resolve, reject) => both.addEventListener('abort', () => reject(both.reason)))
            await Promise.race([gate, ended])
            yield { kind: 'result', value: bytes }
          },
          signal,
          onFree,
        ),
    }
  },
  memoryMiB: 1,
  stallMs: 60_000,
  slots: () => 1,
  bound: () => 8,
  inspect({ bytes }) {
    if (bytes[0] === 0) throw new RmaError('BAD_INPUT', 'expected text, got a zero byte')
  },
  async answer(output) {
    for await (const { value } of output) return { contentType: 'text/plain', body: value as Uint8Array }
    throw new RmaError('ENGINE_FAILED', 'no result')
  },
}

beforeEach(async () => {
  began = []
  gate = undefined
  const log = createLog({ level: 'error', buffer: new LogBuffer() })
  const launch = () => {
    throw new Error('expected no engine process')
  }
  host = new ServiceHost(
    { launch, clock: systemClock, log },
    {
      machine: { cpuThreads: 4, memoryMiB: 8_192 },
      services: { echo: { enabled: true } },
      definitions: [definition],
    },
  )
  host.start()
  host.setAccepting('everybody')
  worker = await startTestNode(host)
  nodes = [worker]
})

afterEach(async () => {
  await host.stop()
  await Promise.all(nodes.map(node => node.stop()))
})

async function startRequester(): Promise<TestNode> {
  const node = await startTestNode(echoServices())
  nodes.push(node)
  return node
}

interface Answer {
  status: number
  headers: Record<string, unknown>
  body: string
}

type Ask = (init: { body?: string; service?: string; headers?: Record<string, string> }) => Promise<Answer>

/** The two ways to a worker. */
const ways: [string, () => Promise<Ask>][] = [
  [
    'from a peer, over libp2p',
    async () => {
      const requester = await startRequester()
      return peerAsk(requester)
    },
  ],
  [
    'from a program, over the loopback listener',
    async () =>
      async ({ body = 'x', service = 'echo', headers = {} }) => {
        const response = await httpRequest(`${worker.url}/service/${service}`, {
          method: 'POST',
          // Two nodes have passed it on: it is run here or refused.
          headers: {
            authorization: `Bearer ${accessToken}`,
            'content-type': 'text/plain',
            'x-rma-hops': '2',
            ...headers,
          },
          body,
        })
        return { status: response.statusCode, headers: response.headers, body: await response.body.text() }
      },
  ],
]

function peerAsk(requester: TestNode): Ask {
  return async ({ body = 'x', service = 'echo', headers = {} }) => {
    const response = await requester.peerHttp.request(
      { peerId: worker.host.peerId.toString(), addresses: worker.host.addresses() },
      {
        method: 'POST',
        path: `/service/${service}`,
        headers: { 'content-type': 'text/plain', ...headers },
        body: Buffer.from(body),
        onBehalfOf: 'me',
        signal: new AbortController().signal,
      },
    )
    const chunks: Uint8Array[] = []
    for await (const chunk of response.body) chunks.push(chunk)
    return { status: response.status, headers: response.headers, body: Buffer.concat(chunks).toString() }
  }
}

function codeOf({ body }: Answer): string {
  return JSON.parse(body).error.code
}

describe.each(ways)('what a worker answers %s', (_way, open) => {
  let ask: Ask
  beforeEach(async () => {
    ask = await open()
  })

  it('says which of its limits a request does not fit', async () => {
    expect(await ask({ body: 'hello' })).toMatchObject({ status: 200, body: 'hello' })
    const refusals = [
      [{ service: 'fortune-telling' }, 404, 'UNKNOWN_SERVICE'],
      [{ body: 'x'.repeat(65 * KiB) }, 413, 'TOO_LARGE'],
      [{ headers: { 'content-type': 'image/gif' } }, 415, 'UNSUPPORTED_TYPE'],
      [{ body: '\0' }, 422, 'BAD_INPUT'],
      [{ headers: { 'x-rma-deadline-ms': 'soon' } }, 422, 'BAD_HEADER'],
      [{ headers: { 'x-rma-hops': '3' } }, 508, 'TOO_MANY_HOPS'],
    ] as const
    for (const [init, status, code] of refusals) {
      const answer = await ask(init)
      expect([answer.status, codeOf(answer)]).toEqual([status, code])
    }
  })

  it('says when it takes too long, is paused, or is full and when to come again', async () => {
    const opened = Promise.withResolvers<void>()
    gate = opened.promise
    const late = await ask({ headers: { 'x-rma-deadline-ms': '100' } })
    expect([late.status, codeOf(late)]).toEqual([504, 'DEADLINE'])
    await vi.waitFor(() => expect(host.capacity().queue.running).toBe(0))

    const pending = [ask({ body: 'me:0' })]
    await vi.waitFor(() => expect(host.capacity().queue.running).toBe(1))
    for (let index = 1; index <= 8; index++) pending.push(ask({ body: `me:${index}` }))
    await vi.waitFor(() => expect(host.capacity().queue).toMatchObject({ running: 1, waiting: 8 }))
    const full = await ask({ body: 'one more' })
    expect([full.status, codeOf(full)]).toEqual([429, 'BUSY'])
    expect(Number(full.headers['retry-after'])).toBeGreaterThanOrEqual(1)

    host.setAccepting('nobody')
    const paused = await ask({ body: 'one more' })
    expect([paused.status, codeOf(paused)]).toEqual([503, 'PAUSED'])
    opened.resolve()
    expect((await Promise.all(pending)).map(({ status }) => status)).toEqual(pending.map(() => 200))
  })
})

describe('a worker that many ask at once', () => {
  it('lets requesters take turns: a hundred requests of one peer do not hold up another', async () => {
    const opened = Promise.withResolvers<void>()
    gate = opened.promise
    const [greedy, modest] = [await startRequester(), await startRequester()]
    const many = [peerAsk(greedy)({ body: 'greedy:0' })]
    await vi.waitFor(() => expect(host.capacity().queue.running).toBe(1))
    for (let index = 1; index < 100; index++) many.push(peerAsk(greedy)({ body: `greedy:${index}` }))
    await vi.waitFor(() => expect(host.capacity().queue.waiting).toBe(8))
    const few = Array.from({ length: 3 }, (_, index) => peerAsk(modest)({ body: `modest:${index}` }))
    // One of the greedy one's runs and 8 wait; the newest of these make room, and all others are told to come later.
    await vi.waitFor(async () => expect(await answeredOf(many)).toBe(100 - 1 - 8 + 3))
    opened.resolve()
    expect((await Promise.all(few)).map(({ status }) => status)).toEqual([200, 200, 200])
    const statuses = (await Promise.all(many)).map(({ status }) => status)
    expect(new Set(statuses)).toEqual(new Set([200, 429]))
    const order = began.map(({ requester }) => requester)
    expect(order.lastIndexOf('modest')).toBeLessThanOrEqual(6)
  })
})

/** How many have been answered by now. */
async function answeredOf(pending: Promise<unknown>[]): Promise<number> {
  let answered = 0
  await Promise.all(pending.map(each => Promise.race([each.then(() => answered++), new Promise(setImmediate)])))
  return answered
}
