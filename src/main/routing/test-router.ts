import { RmaError } from '../../shared/errors.ts'
import { lacking } from '../../shared/particulars.ts'
import type { WorkerView } from '../../shared/schema/worker.ts'
import { TurnedClock } from '../clock.ts'
import { JobLog } from '../ledger/job-log.ts'
import { createLog, LogBuffer } from '../log.ts'
import type { LocalServices, ServiceAnswer, ServiceRequest } from '../service-request.ts'
import type { CoordinatorGateway } from './coordinator-gateway.ts'
import type { Forward, ForwardOutcome } from './forwarder.ts'
import { LocalWorker } from './local-worker.ts'
import { Router } from './router.ts'
import { RoutingCounters } from './statistics.ts'
import { WorkerExperience } from './worker-experience.ts'

export const clock = new TurnedClock()
export const llm = 'llm-inference'
const me = '12D3KooWQYhTNQdmr3ArTeUHRYzFg94BKyTkoWBDWez9kSCVe2Xo'

export interface Scene {
  coordinator?: CoordinatorGateway
  hedging?: boolean

  /** What each worker does with a request, by id. */
  workers?: Record<string, (forward: Forward) => ForwardOutcome | Promise<ForwardOutcome>>
  /** Models that workers announce. */
  models?: Record<string, string[]>
  /** Workers that only a fresh lookup names. */
  onlyFresh?: string[]
  idempotent?: boolean
  here?: (request: ServiceRequest) => Promise<ServiceAnswer>
}

export function setUp({
  workers = {},
  onlyFresh = [],
  models = {},
  idempotent = true,
  here,
  coordinator,
  hedging = false,
}: Scene) {
  const asked: string[] = []
  const removed: string[] = []
  const jobs = new JobLog({ clock })
  const counters = new RoutingCounters()
  const services: LocalServices = {
    offers: () => here !== undefined,
    isIdempotent: () => idempotent,
    maxBytes: () => undefined,
    capacity: () => ({ load: 0, queue: { running: 0, waiting: 0, slots: 1, bound: 1 } }),
    run: request => here?.(request) ?? Promise.reject(new RmaError('PAUSED', 'nothing here')),
  }
  const router = new Router(
    {
      local: new LocalWorker({ services, jobs, clock, selfId: me }),
      services,
      workers: {
        lookup: async (service, { fresh = false, particulars = {} }) => ({
          workers: Object.keys(workers)
            .filter(id => fresh || !onlyFresh.includes(id))
            .map(id => view(id, models[id]))
            .filter(({ record }) => lacking(record.choices, service, particulars) === undefined),
          source: fresh ? 'dht' : 'cache',
        }),
        remove: peerId => removed.push(peerId),
        heard: () => undefined,
      },
      forwarder: {
        send: async forward => {
          asked.push(forward.to.peerId)
          const answer = workers[forward.to.peerId]
          if (answer === undefined) throw new Error('nobody of that name')
          return answer(forward)
        },
      },
      experience: new WorkerExperience({ clock }),
      counters,
      jobs,
      clock,
      ...(coordinator === undefined ? {} : { coordinator }),
      log: createLog({ level: 'error', buffer: new LogBuffer() }),
    },
    { hedging: () => hedging },
  )
  const route = (body: Uint8Array = Buffer.from('a page'), service = 'ocr', fields: Partial<ServiceRequest> = {}) =>
    router.route({
      id: 'request-0001',
      service,
      requester: me,
      contentType: '',
      accept: '',
      body: chunks(body),
      deadlineAt: clock.now() + 60_000,
      signal: new AbortController().signal,
      ...fields,
    })
  return { route, asked, removed, jobs, counters }
}

async function* chunks(body: Uint8Array) {
  for (let at = 0; at < body.length; at += 1 << 20) yield body.subarray(at, at + (1 << 20))
}

function view(peerId: string, models?: string[]): WorkerView {
  const queue = { running: 0, waiting: 0, slots: 4, bound: 4 }
  const expiresAt = clock.now() + 60_000
  const capabilities = { workerType: 'headless' as const, cpuThreads: 1, memoryMiB: 1, gpus: [] }
  const state = 'donating' as const
  const common = { load: 0, queue, state, expiresAt }
  const record = { ...common, seq: 1, issuedAt: 0, services: ['ocr', 'mind-reading', llm], capabilities, addresses: [] }
  const choices = models === undefined ? {} : { choices: [{ service: llm, models }] }
  return { peerId, record: { ...record, ...choices }, ...common, updatedAt: 0 }
}

export const answers = ({ to, body }: Forward): ForwardOutcome => ({
  kind: 'answered',
  answer: { worker: to.peerId, path: 'direct', contentType: 'text/plain', body: body.read(), load: 0, queue: 0 },
})
export const refuses = (code: 'BUSY' | 'BAD_INPUT' | 'ENGINE_FAILED') => (): ForwardOutcome => ({
  kind: 'refused',
  error: new RmaError(code, code.toLowerCase()),
})
export const isLost =
  (sent: boolean, more = {}) =>
  (): ForwardOutcome => ({ kind: 'lost', error: new RmaError('WORKER_LOST', 'gone', { sent, ...more }) })

export async function text(answer: { body: Uint8Array | AsyncIterable<Uint8Array> }): Promise<string> {
  const parts: Uint8Array[] = []
  if (answer.body instanceof Uint8Array) parts.push(answer.body)
  else for await (const part of answer.body) parts.push(part)
  return Buffer.concat(parts).toString()
}
