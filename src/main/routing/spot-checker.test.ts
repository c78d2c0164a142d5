import { pino } from 'pino'
import { describe, expect, it, vi } from 'vitest'
import { RmaError } from '../../shared/errors.ts'
import type { WorkerView } from '../../shared/schema/worker.ts'
import { TurnedClock } from '../clock.ts'
import { JobLog } from '../ledger/job-log.ts'
import type { LocalServices, ServiceRequest } from '../service-request.ts'
import type { Forward } from './forwarder.ts'
import { LocalWorker } from './local-worker.ts'
import { ReputationBook } from './reputation-book.ts'
import { Router } from './router.ts'
import { RoutingCounters } from './statistics.ts'
import { WorkerExperience } from './worker-experience.ts'

const me = '12D3KooWQYhTNQdmr3ArTeUHRYzFg94BKyTkoWBDWez9kSCVe2Xo'
const log = pino({ level: 'silent' })
const truth = 'Dear Ms Whitfield, your appointment at the Leeds office is on Tuesday.'

/** What a worker reads in the one document there is. */
type Reads = (worker: string) => string

interface Scene {
  workers: readonly string[]
  reads: Reads
  random?: () => number
  enabled?: boolean
  trusted?: readonly string[]
  languages?: Record<string, string[]>
}

/** A node's real router, among workers that are functions. */
function setUp({ workers, reads, random = Math.random, enabled = true, trusted = [], languages = {} }: Scene) {
  const clock = new TurnedClock(1_000_000)
  const asked: Forward[] = []
  const jobs = new JobLog({ clock })
  const services: LocalServices = {
    offers: () => false,
    isIdempotent: service => service !== 'once-only',
    maxBytes: () => undefined,
    capacity: () => ({ load: 0, queue: { running: 0, waiting: 0, slots: 1, bound: 1 } }),
    run: () => Promise.reject(new RmaError('PAUSED', 'nothing here')),
  }
  const reputation = new ReputationBook({ clock, log }, { networkId: 'test' })
  const known = workers.map(id => view(id, clock.now(), languages[id]))
  const router = new Router(
    {
      local: new LocalWorker({ services, jobs, clock, selfId: me }),
      services,
      workers: {
        lookup: async () => ({ workers: known, source: 'cache' }),
        remove: () => undefined,
        heard: () => undefined,
      },
      forwarder: {
        send: async forward => {
          asked.push(forward)
          const worker = forward.to.peerId
          const body = Buffer.from(reads(worker))
          const answer = { worker, path: 'direct' as const, contentType: 'text/plain', body, load: 0, queue: 0 }
          return { kind: 'answered', answer }
        },
      },
      experience: new WorkerExperience({ clock }),
      reputation,
      counters: new RoutingCounters(),
      jobs,
      clock,
      log,
    },
    { spotChecks: () => enabled, random, isTrusted: id => trusted.includes(id) },
  )
  /** One request, and all that it leads to. Who answered it. */
  const request = async (fields: Partial<ServiceRequest> = {}): Promise<string> => {
    const answer = await router.route({
      id: 'request-0001',
      service: 'ocr',
      requester: me,
      contentType: 'image/png',
      accept: 'text/plain',
      body: singly(Buffer.from('a page')),
      deadlineAt: clock.now() + 60_000,
      signal: new AbortController().signal,
      ...fields,
    })
    for await (const _ of answer.body as AsyncIterable<Uint8Array>);
    await new Promise(setImmediate)
    return answer.worker
  }
  return { request, asked, reputation, clock, workersAsked: () => asked.map(({ to }) => to.peerId) }
}

async function* singly(bytes: Uint8Array) {
  yield bytes
}

function view(peerId: string, now: number, languages?: string[]): WorkerView {
  const queue = { running: 0, waiting: 0, slots: 4, bound: 4 }
  const expiresAt = now + 1_000_000_000
  const capabilities = { workerType: 'headless' as const, cpuThreads: 1, memoryMiB: 1, gpus: [] }
  const common = { load: 0, queue, state: 'donating' as const, expiresAt }
  const record = {
    ...common,
    seq: 1,
    issuedAt: 0,
    services: ['ocr', 'once-only', 'chat'],
    capabilities,
    addresses: [],
    ...(languages === undefined ? {} : { choices: [{ service: 'ocr', languages }] }),
  }
  return { peerId, record, ...common, updatedAt: 0 }
}

/** Mulberry32: the same numbers for the same seed. */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** Checks each answer there is, and takes workers in their order where they are equal. */
const always = () => 0

describe('a spot check', () => {
  it('has a second worker read what the first has read, as the first was asked', async () => {
    const { request, asked, reputation } = setUp({ workers: ['a', 'b'], reads: () => truth, random: always })
    await request()
    expect(asked).toHaveLength(2)
    const [first, second] = asked
    expect(second?.to.peerId).not.toBe(first?.to.peerId)
    expect(second?.body.held).toEqual(first?.body.held)
    const { id: _, deadlineMs: __, ...headers } = first?.headers ?? { id: '', deadlineMs: 0 }
    expect(second?.headers).toMatchObject(headers)
    for (const _ of [1, 2]) await request()
    expect([reputation.trustIn('a'), reputation.trustIn('b')]).toEqual(['proven', 'proven'])
  })

  it('lets a third decide where two differ', async () => {
    const reads: Reads = worker => (worker === 'liar' ? 'Nothing of the kind.' : truth)
    const { request, workersAsked, reputation } = setUp({ workers: ['liar', 'b', 'c'], reads, random: seeded(1) })
    await vi.waitFor(async () => {
      await request()
      expect(reputation.trustIn('liar')).not.toBe('new')
    })
    expect(new Set(workersAsked())).toEqual(new Set(['liar', 'b', 'c']))
    expect([reputation.trustIn('b'), reputation.trustIn('c')]).not.toContain('doubted')
  })

  it('judges nobody where all three differ, or where there is nobody to ask', async () => {
    const three = setUp({
      workers: ['a', 'b', 'c'],
      reads: worker => `only ${worker}${worker} says ${worker}`,
      random: always,
    })
    await three.request()
    expect(three.asked).toHaveLength(3)
    const one = setUp({ workers: ['a'], reads: () => truth, random: always })
    await one.request()
    expect(one.asked).toHaveLength(1)
    for (const worker of ['a', 'b', 'c']) expect(three.reputation.trustIn(worker)).toBe('new')
  })

  it('is made of no request that may run only once, is not compared, or where the owner wants none', async () => {
    const scene = { workers: ['a', 'b'], reads: () => truth, random: always }
    const { request, asked } = setUp(scene)
    await request({ service: 'once-only' })
    await request({ service: 'chat' })
    expect(asked).toHaveLength(2)
    const off = setUp({ ...scene, enabled: false })
    await off.request()
    expect(off.asked).toHaveLength(1)
  })

  it('shows what is for trusted members alone to nobody else', async () => {
    const workers = ['a', 'b', 'c', 'd']
    const { request, asked } = setUp({ workers, reads: () => truth, random: always, trusted: ['b', 'd'] })
    for (const _ of [1, 2, 3]) await request({ trustedOnly: true })
    expect(new Set(asked.map(({ to }) => to.peerId))).toEqual(new Set(['b', 'd']))
    expect(asked.every(({ headers }) => headers.trustedOnly)).toBe(true)
  })

  it('holds nobody to what a worker with other languages reads', async () => {
    const languages = { a: ['deu'], b: ['eng', 'deu'] }
    const { request, asked } = setUp({ workers: ['a', 'b'], reads: () => truth, random: always, languages })
    await request()
    expect(asked).toHaveLength(1)
  })

  it('is paid for by requests: in the long run there is one for ten at most', async () => {
    const { request, asked } = setUp({ workers: ['a', 'b'], reads: () => truth, random: always })
    const requests = 1_000
    for (let sent = 0; sent < requests; sent++) await request()
    expect(asked.length - requests).toBeLessThanOrEqual(requests / 10 + 30)
    expect(asked.length - requests).toBeGreaterThan(requests / 20)
  })
})

describe('among a hundred workers', () => {
  const workers = Array.from({ length: 100 }, (_, index) => `w${index}`)
  const requests = 4_000
  const counted = 1_000
  const ownLie: Reads = worker => `${worker} `.repeat(9)
  const sharedLie: Reads = () => 'Nothing of the kind was ever written there.'

  it.each([
    [10, 'each its own', ownLie],
    [10, 'all the same', sharedLie],
    [30, 'each its own', ownLie],
    [30, 'all the same', sharedLie],
  ] as const)(
    '%i liars who tell lies, %s, end with one request in a hundred at most, and others go on being asked',
    async (count, _, lie: Reads) => {
      const isLiar = (worker: string) => Number(worker.slice(1)) < count
      const reads: Reads = worker => (isLiar(worker) ? lie(worker) : truth)
      const { request, reputation } = setUp({ workers, reads, random: seeded(count) })
      let lied = 0
      for (let sent = 0; sent < requests; sent++) {
        const worker = await request()
        if (sent >= requests - counted && isLiar(worker)) lied++
      }
      expect(lied / counted).toBeLessThanOrEqual(0.01)
      const shunned = workers.filter(worker => ['doubted', 'distrusted'].includes(reputation.trustIn(worker)))
      expect(shunned.filter(worker => !isLiar(worker)).length).toBeLessThanOrEqual((100 - count) / 10)
    },
    60_000,
  )
})
